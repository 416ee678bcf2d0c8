import { describe, expect, test } from 'vitest';
import { inspect } from '../../../electron/app/inspect.ts';
import { VERBS } from '../../../electron/ipc/contract.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const PEER = '3p7bfXt9wbTTW2HC7OQ1Pz+DQ8hbeGdNrfx+FG+IK08=';

function inspected(text: string | Uint8Array, fileName = 'home.conf') {
  const inspection = inspect(fileName, Buffer.from(text));
  expect(VERBS.inspect.result.parse(inspection)).toEqual(inspection);
  return inspection;
}

describe('an inspection', () => {
  test('tells what a tunnel is made of, and no secret', () => {
    const inspection = inspected(
      `[Interface]\nPrivateKey = ${KEY}\nAddress = 10.0.0.2\nDNS = 10.0.0.1\nPostUp = true\n[Peer]\nPublicKey = ${PEER}\nAllowedIPs = 0.0.0.0/0\nEndpoint = a.example:1\n`,
    );
    expect(inspection.summary).toMatchObject({
      addresses: ['10.0.0.2/32'],
      dns: ['10.0.0.1'],
      isFullTunnel: true,
      hooks: [{ key: 'PostUp', text: 'true' }],
      peers: [{ publicKey: PEER, endpoint: 'a.example:1', allowedIps: ['0.0.0.0/0'] }],
    });
    expect(inspection.summary?.publicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(JSON.stringify(inspection)).not.toContain(KEY);
  });

  test('names the line of an error apart from its words', () => {
    const { summary, diagnostics } = inspected('[Interface]\nMTU = many\n');
    expect(summary).toBeNull();
    expect(diagnostics).toMatchObject([{ severity: 'error', line: 2 }]);
    expect(diagnostics[0]?.message).not.toMatch(/^line/);
  });

  test('names the lines of warnings', () => {
    const { diagnostics } = inspected(
      `[Interface]\nPrivateKey = ${KEY}\nSaveConfig = true\nMTU = 1400\nMTU = 1420\n`,
    );
    expect(diagnostics.map(({ severity, line }) => [severity, line])).toEqual([
      ['warning', 3],
      ['warning', 5],
    ]);
  });

  test('says the name that it would get', () => {
    expect(inspected('', 'Büro Zürich.conf')).toMatchObject({ name: 'Buro-Zurich' });
  });

  test.each([
    ['nothing', ''],
    ['no config', 'https://example.net/'],
    ['zeros', new Uint8Array(100)],
    ['random bytes', Uint8Array.from({ length: 1_000 }, (_, i) => (i * 7_919) % 256)],
    ['a long line', 'A'.repeat(1_000_000)],
    ['more than a megabyte', 'A'.repeat(1_100_000)],
  ])('of %s says so and does not fail', (_, text) => {
    const { summary, diagnostics } = inspected(text);
    expect(summary).toBeNull();
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]!.message.length).toBeLessThan(400);
  });
});
