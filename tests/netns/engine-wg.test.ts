/** The engine driven by the real wg(8): everything it can set comes back as it was set. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfDirectory } from '../support/conf-file.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { closeNamespaces, createNamespace, type Namespace } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';
import { generateKeys } from '../support/tunnel-pair.ts';

const files = new ConfDirectory();
const own = generateKeys();
const [alice, bob] = [generateKeys().public, generateKeys().public];
const secret = randomBytes(32).toString('base64');

const CONF = `[Interface]
ListenPort = 40001
FwMark = 0xca6c
PrivateKey = ${own.private}

[Peer]
PublicKey = ${alice}
PresharedKey = ${secret}
AllowedIPs = 10.1.0.0/16, fd01::/64
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25

[Peer]
PublicKey = ${bob}
AllowedIPs = 10.2.0.0/16
Endpoint = [2001:db8::1]:51821
`;

let home: Namespace;
let engine: EngineProcess;
let confPath: string;

beforeAll(async () => {
  home = await createNamespace('home');
  engine = await startEngine('wayfare', home);
  confPath = files.write('full.conf', CONF);
});
beforeEach(() => setconf(confPath));
afterAll(async () => {
  files.close();
  await closeNamespaces(home);
});

const setconf = (path: string) => home.wg('setconf', engine.name, path);
const dump = async () => (await engine.show('dump')).split('\n').map((line) => line.split('\t'));
/** Of one peer, the column of `wg show NAME WHAT`. */
async function shown(what: string, peer: string): Promise<string | undefined> {
  const lines = (await engine.show(what)).split('\n').map((line) => line.split('\t'));
  return lines.find(([key]) => key === peer)?.[1];
}

describe('whole configurations', () => {
  it('dump_shows_what_setconf_set', async () => {
    const [device, ...peers] = await dump();
    expect(device).toEqual([own.private, own.public, '40001', '0xca6c']);
    expect(new Set(peers)).toEqual(
      new Set([
        [alice, secret, '192.0.2.1:51820', '10.1.0.0/16,fd01::/64', '0', '0', '0', '25'],
        [bob, '(none)', '[2001:db8::1]:51821', '10.2.0.0/16', '0', '0', '0', 'off'],
      ]),
    );
  });

  it('show_is_for_people', async () => {
    const text = await home.wg('show', engine.name);
    expect(text).toContain(`interface: ${engine.name}\n  public key: ${own.public}`);
    expect(text).toContain('preshared key: (hidden)');
    expect(text).toContain('persistent keepalive: every 25 seconds');
    expect(await home.wg('show', 'interfaces')).toContain(engine.name);
  });

  it('what_showconf_shows_setconf_takes', async () => {
    const text = await home.wg('showconf', engine.name);
    const other = await startEngine('wayfare', home);
    await home.wg('setconf', other.name, files.write('shown.conf', text.replace('40001', '40002')));
    expect((await home.wg('showconf', other.name)).replace('40002', '40001')).toBe(text);
    await other.stop();
  });

  it('setconf_replaces_everything', async () => {
    const { public: carol } = generateKeys();
    await setconf(files.write('other.conf', `[Peer]\nPublicKey = ${carol}\nAllowedIPs = 10.1.0.0/16\n`));
    const [device, ...peers] = await dump();
    expect(device).toMatchObject(['(none)', '(none)', expect.not.stringMatching(/^40001$/), 'off']);
    expect(peers).toEqual([[carol, '(none)', '(none)', '10.1.0.0/16', '0', '0', '0', 'off']]);
  });

  it('addconf_adds_to_what_there_is', async () => {
    const { public: carol } = generateKeys();
    const text = `[Peer]\nPublicKey = ${carol}\nAllowedIPs = 10.3.0.0/16\n\n[Peer]\nPublicKey = ${bob}\nPersistentKeepalive = 7\n`;
    await home.wg('addconf', engine.name, files.write('more.conf', text));
    expect((await engine.show('peers')).split('\n').sort()).toEqual([alice, bob, carol].sort());
    expect(await shown('persistent-keepalive', bob)).toBe('7');
    expect(await shown('preshared-keys', alice)).toBe(secret);
    expect(await engine.show('listen-port')).toBe('40001');
  });

  it('syncconf_removes_what_is_not_in_it', async () => {
    const withoutBob = CONF.slice(0, CONF.lastIndexOf('[Peer]')).replace('10.1.0.0/16, ', '');
    await home.wg('syncconf', engine.name, files.write('sync.conf', withoutBob));
    expect(await engine.show('peers')).toBe(alice);
    expect(await shown('allowed-ips', alice)).toBe('fd01::/64');
    expect(await shown('endpoints', alice)).toBe('192.0.2.1:51820');
  });
});

describe('allowed ips', () => {
  it('none_clears_them', async () => {
    await home.wg('set', engine.name, 'peer', alice, 'allowed-ips', '');
    expect(await shown('allowed-ips', alice)).toBe('(none)');
    expect(await shown('allowed-ips', bob)).toBe('10.2.0.0/16');
  });

  it('a_prefix_moves_to_the_peer_that_gets_it_and_the_rest_stays', async () => {
    await engine.set(`peer ${bob} allowed-ips 10.1.0.0/16`);
    expect(await shown('allowed-ips', bob)).toBe('10.1.0.0/16');
    expect(await shown('allowed-ips', alice)).toBe('fd01::/64');
  });

  it('a_more_specific_prefix_takes_nothing_away', async () => {
    await engine.set(`peer ${bob} allowed-ips 10.1.1.0/24,0.0.0.0/0,::/0`);
    expect((await shown('allowed-ips', bob))?.split(' ').sort()).toEqual([
      '0.0.0.0/0',
      '10.1.1.0/24',
      '::/0',
    ]);
    expect(await shown('allowed-ips', alice)).toBe('10.1.0.0/16 fd01::/64');
  });

  it('host_bits_are_cleared', async () => {
    await engine.set(`peer ${bob} allowed-ips 10.9.8.7/12,fd02::99/32`);
    expect(await shown('allowed-ips', bob)).toBe('10.0.0.0/12 fd02::/32');
  });
});

describe('single settings', () => {
  it('a_preshared_key_is_set_and_taken_away', async () => {
    await engine.set(`peer ${bob} preshared-key ${files.write('psk', secret)}`);
    expect(await shown('preshared-keys', bob)).toBe(secret);
    await engine.set(`peer ${bob} preshared-key /dev/null`);
    expect(await shown('preshared-keys', bob)).toBe('(none)');
  });

  it('a_peer_is_removed_and_another_stays', async () => {
    await engine.set(`peer ${alice} remove`);
    expect(await engine.show('peers')).toBe(bob);
  });

  it('removing_an_unknown_peer_is_nothing', async () => {
    await engine.set(`peer ${generateKeys().public} remove`);
    expect((await engine.show('peers')).split('\n')).toHaveLength(2);
  });

  it('our_own_key_is_no_peer', async () => {
    await engine.set(`peer ${own.public} allowed-ips 10.1.0.0/16`);
    expect((await engine.show('peers')).split('\n').sort()).toEqual([alice, bob].sort());
    expect(await shown('allowed-ips', alice)).toBe('10.1.0.0/16 fd01::/64');
  });

  it('persistent_keepalive_is_switched_off_and_on', async () => {
    await engine.set(`peer ${alice} persistent-keepalive off`);
    expect(await shown('persistent-keepalive', alice)).toBe('off');
    await engine.set(`peer ${alice} persistent-keepalive 65535`);
    expect(await shown('persistent-keepalive', alice)).toBe('65535');
  });

  it('the_firewall_mark_is_switched_off_and_on', async () => {
    await engine.set('fwmark off');
    expect(await engine.show('fwmark')).toBe('off');
    await engine.set('fwmark 0xffffffff');
    expect(await engine.show('fwmark')).toBe('0xffffffff');
  });

  it('the_private_key_is_taken_away_and_given', async () => {
    await engine.set('private-key /dev/null');
    expect(await engine.show('public-key')).toBe('(none)');
    await engine.set(`private-key ${files.write('private', own.private)}`);
    expect(await engine.show('public-key')).toBe(own.public);
  });

  it('an_endpoint_moves_to_the_other_family', async () => {
    await engine.set(`peer ${alice} endpoint [fe80::1%lo]:1`);
    expect(await shown('endpoints', alice)).toMatch(/^\[fe80::1%(lo|1)\]:1$/);
    await engine.set(`peer ${alice} endpoint 198.51.100.7:65535`);
    expect(await shown('endpoints', alice)).toBe('198.51.100.7:65535');
  });
});

describe('a listen port', () => {
  beforeEach(() => setLink('up'));
  afterEach(() => setLink('down'));

  it('that_is_taken_is_refused_and_nothing_changes', async () => {
    const other = await startEngine('wayfare', home);
    await other.set('listen-port 40003');
    await setLink('up', other);
    await expect(engine.set(`listen-port 40003 fwmark 7 peer ${alice} remove`)).rejects.toThrow(
      'Address already in use',
    );
    expect(await engine.show('listen-port')).toBe('40001');
    expect(await engine.show('fwmark')).toBe('0xca6c');
    expect(await engine.show('peers')).toContain(alice);
    await other.stop();
  });

  it('of_0_is_a_random_one', async () => {
    await engine.set('listen-port 0');
    const port = Number(await engine.show('listen-port'));
    expect(port).toBeGreaterThan(1_024);
    expect(port).not.toBe(40_001);
  });

  it('while_down_a_port_is_only_remembered_and_is_free_for_others', async () => {
    await setLink('down');
    await engine.set('listen-port 40004');
    expect(await engine.show('listen-port')).toBe('40004');
    expect(await openPorts()).toEqual([]);
    const other = await startEngine('wayfare', home);
    await setLink('up', other);
    await other.set('listen-port 40004');
    await other.stop();
    await setLink('up');
    expect(await openPorts()).toEqual([40_004, 40_004]);
  });

  it('down_gives_the_port_back_and_up_takes_the_same_one', async () => {
    await engine.set('listen-port 0');
    const port = Number(await engine.show('listen-port'));
    expect(await openPorts()).toEqual([port, port]);
    await setLink('down');
    expect(await openPorts()).toEqual([]);
    expect(await engine.show('listen-port')).toBe(String(port));
    await setLink('up');
    expect(await openPorts()).toEqual([port, port]);
  });

  it('that_is_taken_when_the_link_goes_up_is_opened_once_it_is_free', async () => {
    const other = await startEngine('wayfare', home);
    await other.set('listen-port 40005');
    await setLink('up', other);
    await setLink('down');
    await engine.set('listen-port 40005');
    await home.ip(`link set ${engine.name} up`);
    await waitFor(() => engine.child.stderr.includes('EADDRINUSE'), { what: 'a word on standard error' });
    expect(engine.child.stderr).toMatch(/^wayfare-engine: bind UDP port 40005.*\n/);
    expect(await engine.show('listen-port')).toBe('40005');
    await other.stop();
    await waitFor(async () => (await openPorts()).length === 2, { what: 'the free port to be opened' });
    expect(await openPorts()).toEqual([40_005, 40_005]);
    expect(engine.isRunning).toBe(true);
  });
});

/** Resolves once the engine, too, knows: its sockets are open or closed. */
async function setLink(state: 'up' | 'down', { name } = engine): Promise<void> {
  const wanted = (await home.ip(`-br link show ${name}`)).includes('UP') === (state === 'up');
  if (wanted) return;
  const before = (await openPorts()).length;
  await home.ip(`link set ${name} ${state}`);
  await waitFor(async () => (await openPorts()).length !== before, { what: `${name} ${state}` });
}

/** The UDP ports that are bound in the namespace, one entry a family. */
async function openPorts(): Promise<number[]> {
  const { stdout } = await home.run('ss', ['-Hlun']);
  return [...stdout.matchAll(/:(\d+)\s+\S+:\*/g)].map(([, port]) => Number(port));
}
