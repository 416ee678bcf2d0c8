import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isVerb, MAX_CONFIG_BYTES, replyFrame, requestFrame, VERBS } from '../../../helper/ipc/contract.ts';

const accepts = (verb: keyof typeof VERBS, request: unknown) =>
  VERBS[verb].request.safeParse(request).success;

const UP = { name: 'home', timeoutSeconds: 1, replace: false, detached: false };

describe('the contract', () => {
  it('refuses any JSON that is no request', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(requestFrame.safeParse(value).success).toBe(false);
        expect(replyFrame.safeParse(value).success).toBe(false);
        for (const verb of ['import', 'export', 'remove', 'up', 'down', 'status'] as const)
          expect(accepts(verb, value)).toBe(false);
      }),
    );
  });

  it('refuses what it does not know inside a request', () => {
    expect(accepts('export', { name: 'home' })).toBe(true);
    expect(accepts('export', { name: 'home', as: 'root' })).toBe(false);
    expect(accepts('list', { all: true })).toBe(false);
  });

  it.each(['', '.', '..', '../home', 'home/', 'a b', 'a\n', 'sixteencharacter', 7, null])(
    'refuses the name %j',
    (name) => {
      for (const verb of ['export', 'remove'] as const) expect(accepts(verb, { name })).toBe(false);
      expect(accepts('up', { ...UP, name })).toBe(false);
    },
  );

  it.each([0, 0.05, -1, 3_601, Number.NaN, Number.POSITIVE_INFINITY, '5', null])(
    'refuses the timeout %s',
    (timeoutSeconds) => {
      expect(accepts('up', { ...UP, timeoutSeconds })).toBe(false);
      expect(accepts('up', UP)).toBe(true);
    },
  );

  it('takes a config up to the cap, in base64', () => {
    const content = (length: number) => Buffer.alloc(length).toString('base64');
    const request = (length: number) => ({ fileName: 'a.conf', name: null, content: content(length) });
    expect(accepts('import', request(MAX_CONFIG_BYTES))).toBe(true);
    expect(accepts('import', request(MAX_CONFIG_BYTES + 8))).toBe(false);
    expect(accepts('import', { ...request(4), content: '!' })).toBe(false);
  });

  it('imports under no name that a command line takes for an option', () => {
    const named = (name: string) => accepts('import', { fileName: 'a.conf', name, content: '' });
    expect([named('a-b'), named('-a')]).toEqual([true, false]);
  });

  it('does not take names of Object for verbs', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
      expect(isVerb(name)).toBe(false);
    expect(isVerb('status')).toBe(true);
  });

  const OPEN = { lockdown: false, isClosed: false };
  it('has a status without secrets', () => {
    const status = {
      name: 'home',
      state: 'connected',
      loss: null,
      error: null,
      interface: 'home',
      publicKey: 'k',
      listenPort: 1,
      addresses: [],
      dns: [],
      mtu: 1_420,
      isFullTunnel: true,
      hasRoutes: true,
      killSwitch: 'on',
      isGuarded: true,
      allowLan: false,
      connectedSince: 1,
      rxBytes: 0,
      txBytes: 0,
      peers: [
        {
          publicKey: 'k',
          endpoint: null,
          allowedIps: [],
          latestHandshake: null,
          rxBytes: 0,
          txBytes: 0,
          persistentKeepalive: null,
        },
      ],
    };
    expect(VERBS.status.result.safeParse({ ...OPEN, tunnels: [status] }).success).toBe(true);
    expect(
      VERBS.status.result.safeParse({ ...OPEN, tunnels: [{ ...status, privateKey: 'k' }] }).success,
    ).toBe(false);
    expect(VERBS.status.result.safeParse({ ...OPEN, tunnels: [{ ...status, state: 'up' }] }).success).toBe(
      false,
    );
  });
});

describe('a failure on its way', () => {
  const plain = { what: 'there is no such tunnel', where: 'named home', advice: '' };
  const arrived = (coded: unknown) => {
    const reply = replyFrame.parse({ id: 1, ok: false, error: { ...plain, coded } });
    return reply.ok ? null : reply.error;
  };

  it('has its code and its values with it', () => {
    const coded = { code: 'no-such-tunnel', tunnel: 'home' };
    expect(arrived(coded)).toEqual({ ...plain, coded });
  });

  it.each([
    ['that nobody knows', { code: 'tunnel-on-fire', tunnel: 'home' }],
    ['without its value', { code: 'no-such-tunnel' }],
    ['with a value of another', { code: 'no-such-tunnel', tunnel: 'home', path: '/x' }],
    ['with a value that is no text', { code: 'no-such-tunnel', tunnel: { toString: 'home' } }],
    ['that is none', 'no-such-tunnel'],
  ])('loses a code %s, and keeps its words', (_, coded) => {
    expect(arrived(coded)).toEqual(plain);
  });
});
