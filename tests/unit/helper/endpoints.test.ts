import { describe, expect, it } from 'vitest';
import {
  endpointText,
  type LookUp,
  newEndpoints,
  resolveEndpoints,
} from '../../../helper/tunnel/endpoints.ts';
import { CONF, configOf, ManualClock, until } from './fake-world.ts';

const unknown = { endpoints: [], holds: false };
const never = new AbortController().signal;

function configWithHost(host: string) {
  return configOf(CONF.replace('192.0.2.1:51820', host));
}

function dnsError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('endpoints', () => {
  it('leaves literal addresses alone, zone and all, and asks nobody', async () => {
    const lookUp: LookUp = () => Promise.reject(new Error('asked'));
    const clock = new ManualClock();
    const resolve = (host: string) => resolveEndpoints(configWithHost(host), unknown, lookUp, clock, never);
    expect(await resolve('192.0.2.7:7')).toEqual([{ address: '192.0.2.7', port: 7, host: '192.0.2.7' }]);
    expect(await resolve('[fe80::1%eth0]:7')).toEqual([
      { address: 'fe80::1%eth0', port: 7, host: 'fe80::1%eth0' },
    ]);
  });

  it('takes the first of the addresses a name has', async () => {
    const lookUp: LookUp = async (host) => (host === 'vpn.example' ? ['2001:db8::1', '192.0.2.1'] : []);
    const endpoints = await resolveEndpoints(
      configWithHost('vpn.example:7'),
      unknown,
      lookUp,
      new ManualClock(),
      never,
    );
    expect(endpoints).toEqual([{ address: '2001:db8::1', port: 7, host: 'vpn.example' }]);
  });

  it('retries a failure that may pass, ever more slowly', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const lookUp: LookUp = async () => {
      asked += 1;
      if (asked < 4) throw dnsError('EAI_AGAIN');
      return ['192.0.2.1'];
    };
    const endpoints = resolveEndpoints(configWithHost('vpn.example:7'), unknown, lookUp, clock, never);
    for (const [i, wait] of [250, 500, 1_000].entries()) {
      await until(() => clock.sleeperCount === 1);
      expect(asked).toBe(i + 1);
      clock.advance(wait - 1);
      expect(clock.sleeperCount).toBe(1);
      clock.advance(1);
    }
    expect(await endpoints).toEqual([{ address: '192.0.2.1', port: 7, host: 'vpn.example' }]);
  });

  it('gives up at once on a name that does not exist', async () => {
    const lookUp: LookUp = () => Promise.reject(dnsError('ENOTFOUND'));
    await expect(
      resolveEndpoints(configWithHost('typo.example:7'), unknown, lookUp, new ManualClock(), never),
    ).rejects.toThrow('the name of an endpoint does not exist, at typo.example, check its spelling');
  });

  it('takes what it knew where no question for a name gets out, and only then', async () => {
    const last = { endpoints: [{ address: '192.0.2.9', port: 7, host: 'vpn.example' }], holds: false };
    const refused: LookUp = () => Promise.reject(dnsError('EAI_AGAIN'));
    const clock = new ManualClock();
    const config = configWithHost('vpn.example:7');
    expect(await resolveEndpoints(config, last, refused, clock, never)).toEqual(last.endpoints);
    const answered: LookUp = async () => ['192.0.2.1'];
    expect(await resolveEndpoints(config, last, answered, clock, never)).toEqual([
      { address: '192.0.2.1', port: 7, host: 'vpn.example' },
    ]);
    // Of another config.
    const other = configWithHost('vpn.example:8');
    void resolveEndpoints(other, last, refused, clock, never);
    await until(() => clock.sleeperCount === 1);
  });

  it('asks nobody for a name whose last address holds', async () => {
    const last = { endpoints: [{ address: '192.0.2.9', port: 7, host: 'vpn.example' }], holds: true };
    const lookUp: LookUp = () => Promise.reject(new Error('asked'));
    const resolve = (host: string) =>
      resolveEndpoints(configWithHost(host), last, lookUp, new ManualClock(), never);
    expect(await resolve('vpn.example:7')).toEqual(last.endpoints);
    // What is written as an address is where it says.
    expect(await resolve('192.0.2.7:7')).toEqual([{ address: '192.0.2.7', port: 7, host: '192.0.2.7' }]);
  });

  it('takes no address for a name that is not its own, wherever it stands', async () => {
    const at = (address: string, host: string) => ({ address, port: 7, host });
    const old = [at('192.0.2.1', 'a.example'), at('192.0.2.2', 'b.example')];
    const lookUp: LookUp = async (host) => [host === 'c.example' ? '192.0.2.3' : '192.0.2.99'];
    const peers = ['b', 'c', 'a'].map((name, i) => {
      const key = Buffer.alloc(32, i + 1).toString('base64');
      return `[Peer]\nPublicKey = ${key}\nEndpoint = ${name}.example:7\n`;
    });
    const swapped = configOf(`[Interface]\n${peers.join('')}`);
    const last = { endpoints: old, holds: true };
    expect(await resolveEndpoints(swapped, last, lookUp, new ManualClock(), never)).toEqual([
      at('192.0.2.2', 'b.example'),
      at('192.0.2.3', 'c.example'),
      at('192.0.2.1', 'a.example'),
    ]);
  });

  it('takes what a helper wrote down that knew no names by its place', async () => {
    const last = { endpoints: [{ address: '192.0.2.9', port: 7 }], holds: true };
    const lookUp: LookUp = () => Promise.reject(new Error('asked'));
    const config = configWithHost('vpn.example:7');
    expect(await resolveEndpoints(config, last, lookUp, new ManualClock(), never)).toEqual([
      { address: '192.0.2.9', port: 7, host: 'vpn.example' },
    ]);
  });

  it('stops in the middle of a look-up when it is cancelled', async () => {
    const stop = new AbortController();
    const lookUp: LookUp = () => new Promise(() => {});
    const endpoints = resolveEndpoints(
      configWithHost('slow.example:7'),
      unknown,
      lookUp,
      new ManualClock(),
      stop.signal,
    );
    stop.abort(new Error('cancelled'));
    await expect(endpoints).rejects.toThrow('cancelled');
  });

  it('are none that are new where a look-up never answers, after 5 seconds', async () => {
    const clock = new ManualClock();
    const lookUp: LookUp = () => new Promise(() => {});
    const found = newEndpoints(configWithHost('slow.example:7'), [], lookUp, clock);
    clock.advance(4_999);
    expect(clock.sleeperCount).toBe(1);
    clock.advance(1);
    expect(await found).toEqual([]);
  });

  it('are new where they are not known, and nothing waits any more once they are found', async () => {
    const clock = new ManualClock();
    const lookUp: LookUp = async () => ['192.0.2.1'];
    const at = (address: string) => ({ address, port: 7, host: 'vpn.example' });
    const find = (known: string) => newEndpoints(configWithHost('vpn.example:7'), [at(known)], lookUp, clock);
    expect(await find('192.0.2.9')).toEqual([at('192.0.2.1')]);
    expect(await find('192.0.2.1')).toEqual([]);
    expect(clock.sleeperCount).toBe(0);
  });

  it('writes IPv6 in brackets', () => {
    expect(endpointText('::1', 7)).toBe('[::1]:7');
    expect(endpointText('vpn.example', 7)).toBe('vpn.example:7');
  });
});
