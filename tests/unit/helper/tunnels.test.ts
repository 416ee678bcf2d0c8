import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestOf, ResultOf, TunnelsEvent } from '../../../helper/ipc/contract.ts';
import { openMachineSettings } from '../../../helper/machine-settings.ts';
import { guardOf } from '../../../helper/tunnel/bring-up.ts';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';
import { Tunnels } from '../../../helper/tunnel/tunnels.ts';
import { CONF, configOf, FakeWorld, PEER_KEY, PRIVATE_KEY, staying, until } from './fake-world.ts';

let stateDir = '';
let fake = new FakeWorld();
let tunnels: Tunnels;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-tunnels-'));
  fake = new FakeWorld();
  tunnels = new Tunnels(await openTunnelStore(stateDir), await openMachineSettings(stateDir), fake.world);
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function importing(
  text: string,
  fileName = 'home.conf',
  name: string | null = null,
): Promise<ResultOf<'import'>> {
  const request: RequestOf<'import'> = { fileName, name, content: Buffer.from(text).toString('base64') };
  return tunnels.handlers.import(request, staying);
}

async function names(): Promise<string[]> {
  return (await tunnels.handlers.list({}, staying)).tunnels.map(({ name }) => name);
}

const up = (name: string) =>
  tunnels.handlers.up({ name, timeoutSeconds: 30, replace: false, detached: false }, staying);

describe('import', () => {
  it('tells what it found, and keeps hooks as text', async () => {
    const summary = await importing(CONF.replace('[Peer]', 'PostUp = touch /tmp/owned # %i\n[Peer]'));
    expect(summary).toMatchObject({
      name: 'home',
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
      dns: ['10.7.0.1', 'home.example'],
      peers: [
        { publicKey: PEER_KEY, endpoint: '192.0.2.1:51820', allowedIps: ['10.7.0.0/24', '10.8.0.0/16'] },
      ],
      hooks: [{ key: 'PostUp', text: 'touch /tmp/owned # %i' }],
    });
    expect(summary.warnings.map(({ kind }) => kind)).toContain('hooks-not-run');
    expect(JSON.stringify(summary)).not.toContain(PRIVATE_KEY);
  });

  it('gives back by export what was imported', async () => {
    await importing(CONF);
    const { config } = await tunnels.handlers.export({ name: 'home' }, staying);
    expect(JSON.stringify(configOf(config))).toBe(JSON.stringify(configOf(CONF)));
    expect(config).toContain(PRIVATE_KEY);
  });

  it('stores nothing of a broken file, and names file and line', async () => {
    await expect(importing(`${CONF}Endpont = x\n`, 'odd.conf')).rejects.toThrow(/line 11: .*, in odd\.conf$/);
    expect(readdirSync(join(stateDir, 'tunnels'))).toEqual([]);
  });

  it('refuses a name that exists, given or taken from the file', async () => {
    await importing(CONF);
    await expect(importing(CONF)).rejects.toThrow(
      'a tunnel of this name exists, named home, choose another with --name, or remove it first',
    );
    await expect(importing(CONF, 'other.conf', 'home')).rejects.toThrow('a tunnel of this name exists');
    expect(await names()).toEqual(['home']);
    expect((await importing(CONF, 'home.conf', 'home2')).name).toBe('home2');
  });

  it('makes a valid name of a file that has none, with a suffix where that is taken', async () => {
    expect((await importing(CONF, 'Büro Köln.conf')).name).toBe('Buro-Koln');
    expect((await importing(CONF, 'Büro Köln.conf')).name).toBe('Buro-Koln-2');
  });
});

describe('a file that cannot be stored', () => {
  it('is refused where it would be too long to be read again', async () => {
    const bare = Array.from({ length: 75_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join(
      ',',
    );
    await expect(importing(CONF.replace('10.7.0.0/24, 10.8.0.0/16', bare))).rejects.toThrow(
      /^written out in full the tunnel takes \d+ bytes, and 1048576 are the most, in home\.conf, join its allowed IPs/,
    );
    expect(readdirSync(join(stateDir, 'tunnels'))).toEqual([]);
  });

  it('is refused where it says nothing', async () => {
    for (const text of ['', '\n', '# nothing'])
      await expect(importing(text)).rejects.toThrow(
        "line 1: there is no [Interface] and no [Peer]; check that this is a tunnel's file, in home.conf",
      );
  });
});

describe('a tunnel whose file is gone', () => {
  it('is shown and taken down while it is alive', async () => {
    await importing(CONF);
    await up('home');
    rmSync(join(stateDir, 'tunnels', 'home.conf'));
    for (const name of ['home', null])
      expect((await tunnels.handlers.status({ name }, staying)).tunnels).toMatchObject([
        { name: 'home', state: 'connected', error: null, mtu: 1_420 },
      ]);
    expect(await tunnels.handlers.down({ name: 'home' }, staying)).toMatchObject({ names: ['home'] });
    expect(await names()).toEqual([]);
  });
});

describe('the verbs', () => {
  it('know no tunnel that is not stored', async () => {
    const { handlers } = tunnels;
    const name = 'nowhere';
    for (const attempt of [
      () => handlers.export({ name }, staying),
      () => handlers.remove({ name }, staying),
      () => up(name),
      () => handlers.down({ name }, staying),
      () => handlers.status({ name }, staying),
    ])
      await expect(attempt()).rejects.toThrow("there is no such tunnel, named nowhere, see 'wayfare list'");
  });

  it('do not remove a tunnel that is up', async () => {
    await importing(CONF);
    await up('home');
    await expect(tunnels.handlers.remove({ name: 'home' }, staying)).rejects.toThrow(
      'the tunnel is connected, named home, take it down first: wayfare down home',
    );
    await tunnels.handlers.down({ name: 'home' }, staying);
    await tunnels.handlers.remove({ name: 'home' }, staying);
    expect(await names()).toEqual([]);
  });

  it('take down one, or all, and say which were up', async () => {
    for (const [i, name] of ['a', 'b', 'c'].entries())
      await importing(CONF.replace(/AllowedIPs.*/, `AllowedIPs = 10.${i}.0.0/16`), 'x.conf', name);
    for (const name of ['a', 'b', 'c']) await up(name);
    const nothing = { names: [], leftovers: [], hasOpened: false };
    expect(await tunnels.handlers.down({ name: 'a' }, staying)).toEqual({ ...nothing, names: ['a'] });
    expect(await tunnels.handlers.down({ name: 'a' }, staying)).toEqual(nothing);
    expect(await tunnels.handlers.down({ name: null }, staying)).toEqual({ ...nothing, names: ['b', 'c'] });
  });

  const full = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');

  it('say that a failure leaves the machine closed, and that down has opened it', async () => {
    await importing(full, 'x.conf', 'a');
    fake.failing = 'open';
    await expect(up('a')).rejects.toThrow(
      'open failed, tunnel a, mend it; the kill switch stays closed until: wayfare down a',
    );
    const outcome = { names: ['a'], leftovers: [], hasOpened: true };
    expect(await tunnels.handlers.down({ name: 'a' }, staying)).toEqual(outcome);
    fake.failing = '';
    await up('a');
    await tunnels.handlers.lockdown({ isOn: true }, staying);
    expect(await tunnels.handlers.down({ name: null }, staying)).toEqual({ ...outcome, hasOpened: false });
  });

  it.each([true, false])(
    'take last addresses for names where the kill switch is closed: %s',
    async (isOn) => {
      const named = full.replace('192.0.2.1:51820', 'vpn.example:51820');
      await importing(named, 'x.conf', 'a');
      await tunnels.handlers.set({ name: 'a', killSwitch: isOn ? 'on' : 'off', allowLan: null }, staying);
      fake.lookUp = () => Promise.resolve(['192.0.2.7']);
      fake.failing = 'open';
      await expect(up('a')).rejects.toThrow('open failed');
      fake.failing = '';
      let asked = 0;
      fake.lookUp = () => {
        asked += 1;
        return Promise.resolve(['192.0.2.8']);
      };
      await up('a');
      expect(asked).toBe(isOn ? 0 : 1);
      expect(fake.world.protection.of('a')?.endpoints).toEqual([
        { address: isOn ? '192.0.2.7' : '192.0.2.8', port: 51_820, host: 'vpn.example' },
      ]);
    },
  );

  it.each([true, false])(
    'are resumed by their last addresses, without a question, with a kill switch: %s',
    async (killSwitch) => {
      await importing(full.replace('192.0.2.1:51820', 'vpn.example:51820'), 'x.conf', 'a');
      await tunnels.handlers.set(
        { name: 'a', killSwitch: killSwitch ? 'on' : 'off', allowLan: null },
        staying,
      );
      fake.lookUp = () => Promise.resolve(['192.0.2.8']);
      const endpoints = [{ address: '192.0.2.7', port: 51_820, host: 'vpn.example' }];
      const guard = { ...guardOf(configOf(full), DEFAULT_TUNNEL_SETTINGS), killSwitch, endpoints };
      await fake.world.protection.resume(new Map([['a', guard]]));
      await tunnels.resume(['a']);
      await until(() => fake.done.includes('setDns a 10.7.0.1'));
      expect(fake.world.protection.of('a')?.endpoints).toEqual(endpoints);
    },
  );

  const upBy = (name: string, replace: boolean) =>
    tunnels.handlers.up({ name, timeoutSeconds: 30, replace, detached: false }, staying);

  it('bring up no two tunnels that claim one address', async () => {
    await importing(CONF, 'x.conf', 'a');
    await importing(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24'), 'x.conf', 'b');
    await up('a');
    await expect(up('b')).rejects.toThrow(
      'its allowed IPs meet those of a, which is up, tunnel b at 10.8.4.0/24, take that down first: wayfare down a; ' +
        'or let this one take its place: wayfare up b --replace',
    );
    await tunnels.handlers.down({ name: 'a' }, staying);
    expect(await up('b')).toEqual({ outcome: 'connected' });
  });

  it('bring up no two tunnels that take all traffic, though of different families', async () => {
    await importing(full, 'x.conf', 'a');
    await importing(full.replace('0.0.0.0/0', '::/0'), 'x.conf', 'b');
    await up('a');
    await expect(up('b')).rejects.toThrow(
      'only one tunnel at a time can take all traffic, and a is up, tunnel b, take that down first: ' +
        'wayfare down a; or let this one take its place: wayfare up b --replace',
    );
    await upBy('b', true);
    expect((await tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'a', state: 'disconnected' },
      { name: 'b', state: 'connected' },
    ]);
  });

  it('say that a name was not asked for anew, where nobody answers at its last address', async () => {
    await importing(full.replace('192.0.2.1:51820', 'vpn.example:51820'), 'x.conf', 'a');
    fake.lookUp = () => Promise.resolve(['192.0.2.7']);
    fake.peerAnswers = false;
    const outcome = async () => {
      const attempt = up('a').catch((error: Error) => error.message);
      await until(() => fake.clock.sleeperCount === 2);
      fake.clock.advance(30_000);
      return attempt;
    };
    expect(await outcome()).toContain('check the endpoint, the keys');
    expect(await outcome()).toContain(
      'its name was not asked for anew while the kill switch is closed: give the endpoint as an address, ' +
        'or take the tunnel down first',
    );
  });

  it('leave the machine as it was where whoever asked has gone before it begins', async () => {
    await importing(full, 'x.conf', 'a');
    await importing(full, 'x.conf', 'b');
    await tunnels.handlers.set({ name: 'a', killSwitch: 'off', allowLan: null }, staying);
    await up('a');
    const gone = new AbortController();
    const attempt = tunnels.handlers.up(
      { name: 'b', timeoutSeconds: 30, replace: true, detached: false },
      gone.signal,
    );
    const outcome = attempt.catch((error: Error) => error.message);
    await until(() => fake.done.at(-1)?.startsWith('guard') === true && fake.world.protection.isClosed);
    gone.abort();
    expect(await outcome).toBe('it was cancelled, tunnel b');
    expect(fake.world.protection.of('b')).toBeNull();
    expect(fake.world.protection.isClosed).toBe(false);
  });

  it('leave no guard where what it would take from another cannot be held', async () => {
    await importing(CONF, 'x.conf', 'a');
    await importing(CONF, 'x.conf', 'b');
    await up('a');
    fake.failing = 'hold';
    await expect(upBy('b', true)).rejects.toThrow('hold failed');
    expect(fake.world.protection.of('b')).toBeNull();
  });

  it('let one tunnel take the place of another without a moment unguarded', async () => {
    await importing(full, 'x.conf', 'a');
    await importing(full, 'x.conf', 'b');
    await up('a');
    fake.done.length = 0;
    expect(await upBy('b', true)).toEqual({ outcome: 'connected' });
    const guards = fake.done.filter((what) => /guard|open|close/.test(what));
    expect(guards.slice(0, 2)).toEqual(['guard a connecting, null connecting', 'close a']);
    expect(guards).not.toContain('unguard ');
    expect((await tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'a', state: 'disconnected' },
      { name: 'b', state: 'connected' },
    ]);
  });

  it('hold what a tunnel without a kill switch takes from another until its own routes stand', async () => {
    await importing(CONF, 'x.conf', 'a');
    await importing(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24, 10.9.0.0/16'), 'x.conf', 'b');
    await up('a');
    fake.done.length = 0;
    await upBy('b', true);
    expect(fake.done.filter((what) => /hold|release|close|setTunnelRoutes/.test(what))).toEqual([
      'hold b 10.8.4.0/24',
      'close a',
      'setTunnelRoutes 10.8.4.0/24 10.9.0.0/16',
      'release b',
    ]);
    fake.failing = 'open';
    await expect(upBy('a', true)).rejects.toThrow();
    expect(fake.done.at(-1)).toBe('release a');
  });

  it('change what guards a tunnel at once, and keep it', async () => {
    await importing(full, 'x.conf', 'a');
    await up('a');
    fake.done.length = 0;
    await tunnels.handlers.set({ name: 'a', killSwitch: 'off', allowLan: true }, staying);
    expect(fake.done).toEqual(['guard a connecting', 'setAllowLan true']);
    expect(fake.world.protection.of('a')).toMatchObject({ killSwitch: false, allowLan: true });
    await tunnels.handlers.set({ name: 'a', killSwitch: 'automatic', allowLan: null }, staying);
    expect(fake.world.protection.of('a')).toMatchObject({ killSwitch: true, allowLan: true });
    const { tunnels: told } = await tunnels.handlers.status({ name: 'a' }, staying);
    expect(told[0]).toMatchObject({ killSwitch: 'automatic', allowLan: true });
  });

  it('close the machine for good, and open it', async () => {
    const isClosed = async () => (await tunnels.handlers.status({ name: null }, staying)).isClosed;
    await tunnels.handlers.lockdown({ isOn: true }, staying);
    expect([await isClosed(), (await (await openMachineSettings(stateDir)).read()).lockdown]).toEqual([
      true,
      true,
    ]);
    await tunnels.handlers.lockdown({ isOn: false }, staying);
    expect([await isClosed(), (await (await openMachineSettings(stateDir)).read()).lockdown]).toEqual([
      false,
      false,
    ]);
    await tunnels.handlers.lockdown({ isOn: true }, staying);
    await tunnels.handlers.reset({}, staying);
    expect(await isClosed()).toBe(false);
  });

  it('tell what is changed of the machine and of a tunnel that is down', async () => {
    await importing(full, 'x.conf', 'a');
    const heard: TunnelsEvent[] = [];
    await tunnels.events.tunnels.subscribe((event) => heard.push(event), staying);
    const machine = (lockdown: boolean, isClosed: boolean) => ({
      event: 'machine-state',
      lockdown,
      isClosed,
    });
    expect(heard.splice(0)).toMatchObject([machine(false, false), { name: 'a' }]);
    await tunnels.handlers.lockdown({ isOn: true }, staying);
    await tunnels.handlers.lockdown({ isOn: true }, staying);
    await tunnels.handlers.set({ name: 'a', killSwitch: 'on', allowLan: null }, staying);
    await tunnels.handlers.reset({}, staying);
    expect(heard.splice(0)).toMatchObject([machine(true, true), { name: 'a' }, machine(false, false)]);
    fake.failing = 'open';
    await up('a').catch(() => {}); // its kill switch stays closed
    heard.length = 0;
    await tunnels.handlers.down({ name: 'a' }, staying);
    expect(heard.at(-1)).toMatchObject(machine(false, false));
  });

  it('keep closed what was closed when whoever asked for more has gone', async () => {
    await importing(full, 'x.conf', 'a');
    await importing(full, 'x.conf', 'b');
    await up('a');
    fake.peerAnswers = false;
    const gone = new AbortController();
    const attempt = tunnels.handlers
      .up({ name: 'b', timeoutSeconds: 30, replace: true, detached: false }, gone.signal)
      .catch((error: Error) => error.message);
    await until(() => fake.done.at(-1) === 'initiate ' && fake.done.includes('close a'));
    gone.abort();
    expect(await attempt).toContain('it was cancelled, tunnel b');
    expect(fake.world.protection.isClosed).toBe(true);
    expect((await tunnels.handlers.status({ name: 'b' }, staying)).tunnels[0]).toMatchObject({
      state: 'error',
    });
    await tunnels.handlers.down({ name: 'b' }, staying);
    expect(fake.world.protection.isClosed).toBe(false);
  });

  it('bring a tunnel up to the end that its client has left to itself', async () => {
    await importing(CONF, 'x.conf', 'a');
    fake.peerAnswers = false;
    const gone = new AbortController();
    const request = { name: 'a', timeoutSeconds: 30, replace: false, detached: true };
    const attempt = tunnels.handlers.up(request, gone.signal);
    await until(() => fake.done.at(-1) === 'initiate ');
    gone.abort();
    fake.peerAnswers = true;
    fake.clock.advance(1_000);
    expect(await attempt).toEqual({ outcome: 'connected' });
  });

  it('let two that are asked for at once not both take one place', async () => {
    await importing(full, 'x.conf', 'a');
    await importing(full, 'x.conf', 'b');
    const outcomes = await Promise.allSettled([upBy('a', true), upBy('b', true)]);
    expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
    const { tunnels: states } = await tunnels.handlers.list({}, staying);
    expect(states.filter(({ state }) => state === 'connected')).toHaveLength(1);
  });

  it('remove no tunnel that comes up meanwhile', async () => {
    await importing(CONF, 'x.conf', 'a');
    const [removed, upped] = await Promise.allSettled([
      tunnels.handlers.remove({ name: 'a' }, staying),
      upBy('a', false),
    ]);
    expect([removed.status, upped.status]).toEqual(['fulfilled', 'rejected']);
    expect(fake.done).toEqual([]);
  });

  it('bring nothing up once the helper stops', async () => {
    await importing(CONF);
    await up('home');
    const late = up('home');
    await tunnels.close();
    await late.catch(() => {}); // whether it was in time or not, nothing may stand now
    await expect(up('home')).rejects.toThrow('the helper is stopping');
    expect((await tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'home', state: 'disconnected' },
    ]);
  });
});

describe('status', () => {
  const status = async () => (await tunnels.handlers.status({ name: null }, staying)).tunnels[0];

  it('shows the config of a tunnel at rest', async () => {
    await importing(CONF);
    expect(await status()).toEqual({
      name: 'home',
      state: 'disconnected',
      loss: null,
      error: null,
      interface: null,
      publicKey: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=',
      listenPort: null,
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
      dns: ['10.7.0.1', 'home.example'],
      mtu: null,
      isFullTunnel: false,
      killSwitch: 'automatic',
      isGuarded: false,
      allowLan: false,
      connectedSince: null,
      rxBytes: 0,
      txBytes: 0,
      peers: [
        {
          publicKey: PEER_KEY,
          endpoint: '192.0.2.1:51820',
          allowedIps: ['10.7.0.0/24', '10.8.0.0/16'],
          latestHandshake: null,
          rxBytes: 0,
          txBytes: 0,
          persistentKeepalive: 25,
        },
      ],
    });
  });

  it('shows what the engine knows while it is up, and no secret', async () => {
    await importing(CONF);
    await up('home');
    expect(await status()).toMatchObject({
      state: 'connected',
      interface: 'home',
      listenPort: 4_242,
      mtu: 1_420,
      connectedSince: 1_800_000_000,
      rxBytes: 92,
      txBytes: 148,
      peers: [{ publicKey: PEER_KEY, latestHandshake: 1_800_000_000 }],
    });
    expect(JSON.stringify([await status(), fake.logged])).not.toContain(PRIVATE_KEY);
  });

  it('shows why a tunnel failed', async () => {
    await importing(CONF);
    fake.failing = 'open';
    await expect(up('home')).rejects.toThrow('open failed');
    expect(await status()).toMatchObject({
      state: 'error',
      error: { cause: 'open-tun', what: 'open failed', where: 'tunnel home', advice: 'mend it' },
    });
  });

  it('shows a tunnel while it connects', async () => {
    await importing(CONF);
    fake.peerAnswers = false;
    const attempt = up('home').catch(() => {}); // it is cancelled below
    await until(() => fake.clock.sleeperCount === 2);
    expect(await status()).toMatchObject({ state: 'connecting', interface: 'home', connectedSince: null });
    await tunnels.handlers.down({ name: 'home' }, staying);
    await attempt;
  });

  it('names a stored file that somebody broke, and shows the others', async () => {
    await importing(CONF);
    writeFileSync(join(stateDir, 'tunnels', 'odd.conf'), 'garbage', { mode: 0o600 });
    const { tunnels: all } = await tunnels.handlers.status({ name: null }, staying);
    expect(all.map(({ name, error }) => [name, error?.cause ?? null])).toEqual([
      ['home', null],
      ['odd', 'read-config'],
    ]);
    await expect(up('odd')).rejects.toThrow(/line 1: .* in odd\.conf/);
  });
});
