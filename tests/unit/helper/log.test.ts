import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, redactKeys } from '../../../helper/log.ts';
import { PRIVATE_KEY } from './fake-world.ts';

describe('the log', () => {
  it('writes one JSON object a line', () => {
    const lines: string[] = [];
    const log = createLog(
      (line) => lines.push(line),
      () => 0,
    );
    log('warning', 'two\nlines', { tunnel: 'home', count: 3 });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"two\\nlines","tunnel":"home","count":3}\n',
    ]);
  });

  it('shows no key, in base64 or hex, whatever stands around it', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    const around = fc.constantFrom('', ' ', '=', '"', '\n', 'PrivateKey=', 'private_key=', ': ', ',');
    fc.assert(
      fc.property(key, around, around, fc.constantFrom('base64', 'hex'), (bytes, before, after, encoding) => {
        const text = bytes.toString(encoding);
        const lines: string[] = [];
        const log = createLog(
          (line) => lines.push(line),
          () => 0,
        );
        log('info', `${before}${text}${after}`, { reason: `${before}${text}${after}` });
        expect(lines.join()).not.toContain(text);
      }),
    );
  });

  it('leaves ordinary text alone', () => {
    const text = "tunnel home from 192.0.2.1:51820, in 'ip route add 0.0.0.0/1 dev home'";
    expect(redactKeys(text)).toBe(text);
    expect(redactKeys(`key ${PRIVATE_KEY}.`)).toBe('key <redacted>.');
  });

  it('cuts a text without end', () => {
    const lines: string[] = [];
    createLog(
      (line) => lines.push(line),
      () => 0,
    )('info', 'x '.repeat(100_000));
    expect(lines[0]!.length).toBeLessThan(3_000);
  });
});
