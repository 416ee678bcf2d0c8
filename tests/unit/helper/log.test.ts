import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, redactKeys } from '../../../helper/log.ts';
import { PRIVATE_KEY } from './fake-world.ts';

const NOTATIONS = {
  base64: (bytes: Buffer) => bytes.toString('base64'),
  unpadded: (bytes: Buffer) => bytes.toString('base64').slice(0, -1),
  url: (bytes: Buffer) => bytes.toString('base64url'),
  hex: (bytes: Buffer) => bytes.toString('hex'),
  upperCaseHex: (bytes: Buffer) => bytes.toString('hex').toUpperCase(),
};

/** Of a key's length, and as random as one. */
function keyFrom(seed: Uint8Array): Buffer {
  return createHash('sha256').update(seed).digest();
}

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

  it('escapes what a terminal or an editor obeys', () => {
    const lines: string[] = [];
    const log = createLog(
      (line) => lines.push(line),
      () => 0,
    );
    const message = 'a\u001b[2J\u007f\u009b31m\u2028\u202eb';
    log('info', message);
    expect(lines[0]).toContain('"a\\u001b[2J\\u007f\\u009b31m\\u2028\\u202eb"');
    expect(JSON.parse(lines[0]!).message).toBe(message);
  });

  it('shows no key, however it is written and whatever stands around it', () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 32 }).map(keyFrom);
    const around = fc.constantFrom(
      '',
      ' ',
      '=',
      '"',
      '\n',
      '/',
      '+',
      '-',
      '_',
      'a',
      'Z9',
      '0',
      'PrivateKey=',
      ': ',
    );
    const notation = fc.constantFrom(...Object.values(NOTATIONS));
    fc.assert(
      fc.property(key, around, around, notation, (bytes, before, after, write) => {
        const text = write(bytes);
        const lines: string[] = [];
        const log = createLog(
          (line) => lines.push(line),
          () => 0,
        );
        log('info', `${before}${text}${after}`, { reason: `${before}${text}${after}${text}` });
        expect(lines.join()).not.toContain(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves ordinary text alone', () => {
    const text = "tunnel home from 192.0.2.1:51820, in 'ip route add 0.0.0.0/1 dev home'";
    expect(redactKeys(text)).toBe(text);
    const stack = 'at connect (file:///usr/lib/wayfare/versions/0.1.0-0123456789abcdef/wayfare.js:1234:5)';
    expect(redactKeys(stack)).toBe(stack);
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
