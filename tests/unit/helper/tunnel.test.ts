import { describe, expect, it } from 'vitest';
import { Tunnel } from '../../../helper/tunnel/tunnel.ts';
import { CONF, FakeWorld, reading, staying, until } from './fake-world.ts';

const config = reading(CONF);
const configWith = (from: string, to: string) => reading(CONF.replace(from, to));

function setUp(): { fake: FakeWorld; tunnel: Tunnel } {
  const fake = new FakeWorld();
  return { fake, tunnel: new Tunnel('home', fake.world, () => {}) };
}

/** `up` and what became of it, so that nothing is left unhandled while the clock is turned. */
function outcomeOf(attempt: Promise<string>): Promise<string> {
  return attempt.catch((error: Error) => error.message);
}

describe('bring-up', () => {
  it('takes its steps in order and is undone in reverse', async () => {
    const { fake, tunnel } = setUp();
    expect(await tunnel.up(config, 30, staying)).toBe('connected');
    expect(fake.done).toEqual([
      'open home',
      'startEngine home',
      'configure ',
      'setAddresses 10.7.0.2/24 fd07::2/64',
      'setMtu 1420',
      'setUp home',
      'setTunnelRoutes 10.8.0.0/16',
      'setDns home 10.7.0.1',
      'initiate ',
    ]);
    fake.done.length = 0;
    expect(await tunnel.down()).toEqual({ wasUp: true, leftovers: [] });
    expect(fake.done).toEqual(['revertDns home', 'setDown home', 'stopEngine home', 'close home']);
    expect(tunnel.state).toEqual({ kind: 'disconnected' });
    expect(fake.clock.sleeperCount).toBe(0);
  });

  it.each([
    ['open', 'open-tun', []],
    ['startEngine', 'start-engine', ['close home']],
    ['configure', 'configure-engine', ['stopEngine home', 'close home']],
    ['setAddresses', 'set-addresses', ['stopEngine home', 'close home']],
    ['setMtu', 'set-mtu', ['stopEngine home', 'close home']],
    ['setUp', 'set-link-up', ['stopEngine home', 'close home']],
    ['setTunnelRoutes', 'add-routes', ['setDown home', 'stopEngine home', 'close home']],
    ['initiate', 'handshake', ['setDown home', 'stopEngine home', 'close home']],
  ])('undoes what stood when %s fails, and names the cause %s', async (deed, cause, undone) => {
    const { fake, tunnel } = setUp();
    fake.failing = deed;
    const outcome = outcomeOf(tunnel.up(config, 30, staying));
    // A failure waits a moment for the news that the engine has died.
    await until(() => fake.clock.sleeperCount === 2 || tunnel.state.kind === 'error');
    fake.clock.advance(500);
    expect(await outcome).toBe(`${deed} failed, tunnel home, mend it`);
    expect(tunnel.state).toMatchObject({ kind: 'error', failure: { cause } });
    expect(fake.done.filter((what) => /close|stop|setDown/.test(what))).toEqual(undone);
    expect(tunnel.live.device).toBeNull();
  });

  it('is up without a handshake where no peer can be called', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    expect(await tunnel.up(configWith('Endpoint = 192.0.2.1:51820', ''), 30, staying)).toBe('interface-up');
    expect(fake.done).not.toContain('initiate ');
  });

  it('is not connected before an authenticated packet came back', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const outcome = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    fake.clock.advance(100);
    await until(() => fake.clock.sleeperCount === 2);
    expect(tunnel.state).toEqual({ kind: 'connecting', loss: null });
    fake.peerAnswers = true;
    fake.clock.advance(100);
    expect(await outcome).toBe('connected');
    expect(tunnel.state).toEqual({ kind: 'connected', since: 1_800_000_000 });
  });

  it('gives up after its timeout and takes everything down', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const outcome = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    fake.clock.advance(30_000);
    expect(await outcome).toBe(
      'no authenticated packet came back within 30 seconds, tunnel home from 192.0.2.1:51820, ' +
        'check the endpoint, the keys and that UDP gets through',
    );
    expect(fake.done.slice(-3)).toEqual(['setDown home', 'stopEngine home', 'close home']);
    const coded = { code: 'no-answer', endpoints: '192.0.2.1:51820' };
    expect(tunnel.state).toMatchObject({ kind: 'error', failure: { cause: 'handshake', coded } });
    expect(fake.clock.sleeperCount).toBe(0);
  });

  it('calls again where its engine has called nobody, for it did not know yet that its link is up', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    fake.txBytes = 0;
    const outcome = tunnel.up(config, 30, staying);
    await until(() => fake.clock.sleeperCount === 2);
    const called = () => fake.done.filter((what) => what === 'initiate ').length;
    expect(called()).toBe(2);
    fake.txBytes = 148;
    fake.clock.advance(100);
    await until(() => fake.clock.sleeperCount === 2);
    expect(called()).toBe(2);
    fake.peerAnswers = true;
    fake.clock.advance(100);
    expect(await outcome).toBe('connected');
  });

  it('is not up before the peer that takes all traffic has answered', async () => {
    const { fake, tunnel } = setUp();
    const exit = `[Peer]\nPublicKey = ${Buffer.alloc(32, 7).toString('base64')}\nAllowedIPs = 0.0.0.0/0\n`;
    const outcome = outcomeOf(tunnel.up(reading(`${CONF}${exit}Endpoint = 192.0.2.2:7\n`), 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    fake.clock.advance(30_000);
    expect(await outcome).toContain('no authenticated packet came back within 30 seconds');
    // Where that one cannot be called, it is waited for.
    expect(await tunnel.up(reading(CONF + exit), 30, staying)).toBe('interface-up');
  });

  it('needs a private key', async () => {
    const { tunnel } = setUp();
    const keyless = configWith(/PrivateKey.*/.exec(CONF)![0], '');
    expect(await outcomeOf(tunnel.up(keyless, 30, staying))).toBe(
      'its config has no PrivateKey, tunnel home, import one that has',
    );
  });

  it.each([
    ['192.0.0.0/4', ['setTunnelRoutes 192.0.0.0/4']],
    ['192.0.2.0/24', ['setTunnelRoutes 192.0.2.0/24']],
  ])('keeps the endpoint out of the tunnel whose allowed IPs are %s', async (allowedIps, added) => {
    const { fake, tunnel } = setUp();
    await tunnel.up(configWith('10.7.0.0/24, 10.8.0.0/16', allowedIps), 30, staying);
    expect(fake.done.filter((what) => what.includes('Route'))).toEqual([
      'addBearerRoutes 192.0.2.1',
      ...added,
    ]);
    await tunnel.down();
    expect(fake.done.slice(-4)).toEqual([
      'setDown home',
      'removeBearerRoutes 192.0.2.1',
      'stopEngine home',
      'close home',
    ]);
  });

  it.each(['0.0.0.0/0', '::/0', '0.0.0.0/1, 128.0.0.0/1'])(
    'guards before it does anything else, and routes everything, where allowed IPs are %s',
    async (allowedIps) => {
      const { fake, tunnel } = setUp();
      await tunnel.up(configWith('10.7.0.0/24, 10.8.0.0/16', allowedIps), 30, staying);
      const routed = `routeEverything home ${allowedIps.replace(',', '')} 10.7.0.2/24 fd07::2/64 10.7.0.1/32`;
      expect(fake.done.filter((what) => /guard|open|Settings|oute|Dns/.test(what))).toEqual([
        'guard null connecting',
        'open home',
        'guard home connecting',
        'changeSettings net.test',
        routed,
        'setTunnelRoutes ',
        'setDns home 10.7.0.1',
      ]);
      fake.done.length = 0;
      await tunnel.down();
      expect(fake.done).toEqual([
        'revertDns home',
        'removeFullTunnel home',
        'restoreSettings net.test',
        'setDown home',
        'stopEngine home',
        'close home',
        'unguard ',
      ]);
    },
  );

  it('stays guarded when it fails, until a person takes it down', async () => {
    const { fake, tunnel } = setUp();
    fake.failing = 'setDns';
    const outcome = outcomeOf(tunnel.up(configWith('10.7.0.0/24, 10.8.0.0/16', '0.0.0.0/0'), 30, staying));
    await until(() => fake.clock.sleeperCount === 2 || tunnel.state.kind === 'error');
    fake.clock.advance(500);
    expect(await outcome).toContain('setDns failed');
    expect(tunnel.state).toMatchObject({ kind: 'error', failure: { cause: 'set-dns' } });
    expect(fake.done.at(-1)).toBe('guard null error');
    expect(await tunnel.down()).toEqual({ wasUp: true, leftovers: [] });
    expect(fake.done.at(-1)).toBe('unguard ');
  });

  it.each([
    ['off', ['setTunnelRoutes ']],
    ['main', ['setTunnelRoutes 10.8.0.0/16']],
    ['254', ['setTunnelRoutes 10.8.0.0/16']],
    ['unspec', ['setTunnelRoutes 10.8.0.0/16']],
    ['0', ['setTunnelRoutes 10.8.0.0/16']],
    ['51820', ['setTunnelRoutes 10.7.0.0/24 10.8.0.0/16 table 51820']],
  ])('obeys Table = %s', async (table, expected) => {
    const { fake, tunnel } = setUp();
    await tunnel.up(configWith('DNS', `Table = ${table}\nDNS`), 30, staying);
    expect(fake.done.filter((what) => what.includes('Route'))).toEqual(expected);
  });
});

describe('a config that would not work', () => {
  it.each([
    ['Table = 255', "its config has Table = 255, where the kernel keeps this machine's own addresses"],
    ['Table = local', "its config has Table = local, where the kernel keeps this machine's own addresses"],
    ['MTU = 1279', 'IPv6 needs an MTU of at least 1280 bytes, and its config has MTU = 1279'],
  ])('is refused with %s before anything is touched', async (line, reason) => {
    const { fake, tunnel } = setUp();
    expect(await outcomeOf(tunnel.up(configWith('DNS', `${line}\nDNS`), 30, staying))).toMatch(reason);
    expect(fake.done).toEqual([]);
  });

  it('keeps the MTU large enough for IPv6 on a path that is not', async () => {
    const { fake, tunnel } = setUp();
    fake.path = { device: 'ppp0', gateway: null, mtu: 1_300, isLocal: false };
    await tunnel.up(config, 30, staying);
    expect(tunnel.live.mtu).toBe(1_280);
    await tunnel.down();
    await tunnel.up(configWith(', fd07::2/64', ''), 30, staying);
    expect(tunnel.live.mtu).toBe(1_220);
  });
});

describe('a tunnel', () => {
  it('is brought up once by two calls at a time', async () => {
    const { fake, tunnel } = setUp();
    const outcomes = await Promise.all([tunnel.up(config, 30, staying), tunnel.up(config, 30, staying)]);
    expect(outcomes).toEqual(['connected', 'connected']);
    expect(fake.done.filter((what) => what.startsWith('open'))).toEqual(['open home']);
    expect(await tunnel.up(config, 30, staying)).toBe('already-connected');
  });

  it('is cancelled by down while it connects', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const outcome = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    expect(await tunnel.down()).toEqual({ wasUp: true, leftovers: [] });
    expect(await outcome).toBe('it was cancelled, tunnel home');
    expect(tunnel.state).toEqual({ kind: 'disconnected' });
    expect(fake.done.slice(-3)).toEqual(['setDown home', 'stopEngine home', 'close home']);
  });

  it('is cancelled at any moment, and leaves nothing', async () => {
    let outcome = '';
    for (let turns = 0; outcome !== 'connected'; turns++) {
      const { fake, tunnel } = setUp();
      const attempt = outcomeOf(tunnel.up(config, 30, staying));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await tunnel.down();
      outcome = await attempt;
      expect(tunnel.state).toEqual({ kind: 'disconnected' });
      const count = (deed: string) => fake.done.filter((what) => what.startsWith(`${deed} `)).length;
      expect([count('close'), count('stopEngine'), count('setDown')]).toEqual([
        count('open'),
        count('startEngine'),
        count('setUp'),
      ]);
    }
  });

  it('comes up again after an up that waited for its going down', async () => {
    const { fake, tunnel } = setUp();
    await tunnel.up(config, 30, staying);
    const goingDown = tunnel.down();
    expect(await tunnel.up(config, 30, staying)).toBe('connected');
    await goingDown;
    expect(fake.done.filter((what) => /open|close/.test(what))).toEqual([
      'open home',
      'close home',
      'open home',
    ]);
  });

  it('goes to error, with everything removed, when its engine dies', async () => {
    const { fake, tunnel } = setUp();
    await tunnel.up(config, 30, staying);
    fake.killEngine('SIGSEGV');
    await until(() => tunnel.state.kind === 'error');
    expect(tunnel.state).toMatchObject({
      failure: { cause: 'engine-died', what: 'the engine ended (SIGSEGV)', where: 'tunnel home' },
    });
    expect(fake.done.slice(-3)).toEqual(['setDown home', 'stopEngine home', 'close home']);
  });

  it('says that the engine died where it dies while connecting', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const outcome = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    fake.killEngine('exit code 1: no memory');
    fake.clock.advance(100);
    expect(await outcome).toMatch('the engine ended (exit code 1: no memory)');
    expect(tunnel.state).toMatchObject({ kind: 'error', failure: { cause: 'engine-died' } });
  });

  it('goes on undoing where one undo fails', async () => {
    const { fake, tunnel } = setUp();
    await tunnel.up(config, 30, staying);
    fake.failing = 'setDown';
    const { leftovers } = await tunnel.down();
    expect(fake.done.slice(-2)).toEqual(['stopEngine home', 'close home']);
    expect(fake.logged.join()).toContain('could not take the interface down');
    expect(leftovers).toEqual([
      { what: 'could not take the interface down (setDown failed)', where: '', advice: 'mend it' },
    ]);
    expect((await tunnel.down()).leftovers).toEqual([]);
  });

  it('connects anew after an error', async () => {
    const { fake, tunnel } = setUp();
    fake.failing = 'open';
    await outcomeOf(tunnel.up(config, 30, staying));
    fake.failing = '';
    expect(await tunnel.up(config, 30, staying)).toBe('connected');
  });
});

describe('a session', () => {
  const second = async (fake: FakeWorld) => {
    await until(() => fake.clock.sleeperCount === 1);
    fake.clock.advance(1_000);
  };

  it('that nobody answers is no connection any more, until somebody does', async () => {
    const { fake, tunnel } = setUp();
    await tunnel.up(config, 30, staying);
    for (let i = 0; i < 40 && tunnel.state.kind === 'connected'; i++) {
      fake.txBytes += 148;
      await second(fake);
      await until(() => fake.clock.sleeperCount === 1);
    }
    expect(tunnel.state).toEqual({ kind: 'connecting', loss: 'no-answer' });
    const again = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    fake.rxBytes += 92;
    fake.clock.advance(1_000);
    expect(await again).toBe('connected');
    expect(tunnel.state).toMatchObject({ kind: 'connected' });
    await tunnel.down();
    expect(fake.clock.sleeperCount).toBe(0);
  });

  it('is lost with its engine, and the next one gets the same configuration and calls at once', async () => {
    const { fake, tunnel } = setUp();
    await tunnel.up(config, 30, staying);
    fake.done.length = 0;
    await fake.restartEngine();
    expect(fake.done).toEqual(['configure ', 'initiate ']);
    expect(tunnel.state).toEqual({ kind: 'connecting', loss: 'engine-died' });
    const again = outcomeOf(tunnel.up(config, 30, staying));
    await tunnel.down();
    expect(await again).toBe('it was cancelled, tunnel home');
  });
});
