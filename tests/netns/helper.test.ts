/** The helper and the command line from end to end: a traveller's namespace, and a server made by the real tools. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleInto } from '../../build/bundle.mjs';
import type { TunnelStatus } from '../../helper/ipc/contract.ts';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
  uniqueInterface,
} from '../support/netns.ts';
import { BackgroundProcess, run, waitFor } from '../support/processes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SERVER_PORT = 51_820;
/** The server as the traveller sees it across a gateway: by the default route alone. */
const DISTANT_ADDRESS = '198.51.100.1';

let folder = '';
let traveller: Namespace;
let server: Namespace;
let link: { a: LinkEnd; b: LinkEnd };
let helper: BackgroundProcess;
let serverPublicKey = '';
let untouched = '';
const clientKey = newKey();
const presharedKey = newKey();

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function newKey(): Promise<string> {
  return (await run('wg', ['genkey'])).stdout.trim();
}

async function publicKeyOf(privateKey: string): Promise<string> {
  return (await run('wg', ['pubkey'], { input: privateKey })).stdout.trim();
}

/** The two programs as they ship, in a folder that everybody may read, wherever the repository lies. */
async function bundlePrograms(): Promise<void> {
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await bundleInto(join(folder, 'dist'));
}

const socketPath = () => join(folder, 'run', 'helper.sock');
const program = () => join(folder, 'dist', 'wayfare.js');

async function startHelper(): Promise<BackgroundProcess> {
  const args = ['helper', '--socket', socketPath(), '--state-dir', join(folder, 'state')];
  const started = traveller.spawn(process.execPath, [program(), ...args]);
  await waitFor(() => started.stderr.includes('helper ready'), { what: 'the helper to be ready' });
  return started;
}

function startWayfare(...args: string[]): BackgroundProcess {
  return new BackgroundProcess(process.execPath, [program(), ...args], {
    env: { WAYFARE_SOCKET: socketPath() },
  });
}

async function wayfare(...args: string[]): Promise<Outcome> {
  const child = startWayfare(...args);
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

async function wayfareInto(path: string, ...args: string[]): Promise<Outcome> {
  const script = 'umask 022; out=$1; shift; exec "$@" > "$out"';
  const child = new BackgroundProcess(
    'sh',
    ['-c', script, 'sh', path, process.execPath, program(), ...args],
    {
      env: { WAYFARE_SOCKET: socketPath() },
    },
  );
  const { code } = await child.exited;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

async function statusOf(name: string): Promise<TunnelStatus> {
  const { stdout } = await wayfare('status', name, '--json');
  return JSON.parse(stdout).tunnels[0];
}

/** Everything of the traveller's network that a tunnel could leave behind. */
async function networkOf(namespace: Namespace): Promise<string> {
  const parts = [
    '-br link',
    '-br addr',
    'rule',
    '-6 rule',
    'route show table all',
    '-6 route show table all',
  ];
  return (await Promise.all(parts.map((part) => namespace.ip(part)))).join('\n');
}

async function pidsIn(namespace: Namespace): Promise<number[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace.name]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function engineOf(name: string): Promise<number | undefined> {
  const isEngine = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`\0-f\0${name}\0`);
  return (await pidsIn(traveller)).find(isEngine);
}

async function expectNothingLeft(name: string): Promise<void> {
  expect(await networkOf(traveller)).toBe(untouched);
  expect(existsSync(`/var/run/wireguard/${name}.sock`)).toBe(false);
  expect(await pidsIn(traveller)).toEqual([helper.pid]);
}

interface ConfOptions {
  allowedIps?: string;
  endpoint?: string | null;
  extra?: string;
  address?: string;
  peerKey?: string;
}

/** Imports a tunnel to the server. @returns its name */
async function importTunnel(options: ConfOptions = {}): Promise<string> {
  const { allowedIps = '10.70.0.0/24, fd70::/64', endpoint = `${link.b.v4}:${SERVER_PORT}` } = options;
  const name = uniqueInterface('wf');
  const conf = `[Interface]
PrivateKey = ${await clientKey}
Address = ${options.address ?? '10.70.0.2/24, fd70::2/64'}
${options.extra ?? ''}
[Peer]
PublicKey = ${options.peerKey ?? serverPublicKey}
PresharedKey = ${await presharedKey}
AllowedIPs = ${allowedIps}
${endpoint === null ? '' : `Endpoint = ${endpoint}`}
`;
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, conf);
  expect(await wayfare('import', file)).toMatchObject({ code: 0, stderr: '' });
  return name;
}

async function startServer(): Promise<void> {
  const name = uniqueInterface('srv');
  const serverKey = await newKey();
  serverPublicKey = await publicKeyOf(serverKey);
  const conf = join(folder, 'server.conf');
  writeFileSync(
    conf,
    `[Interface]\nPrivateKey = ${serverKey}\nListenPort = ${SERVER_PORT}\n[Peer]\nPublicKey = ${await publicKeyOf(await clientKey)}\nPresharedKey = ${await presharedKey}\nAllowedIPs = 10.70.0.2/32, fd70::2/128\n`,
  );
  server.spawn('wireguard-go', ['-f', name]);
  await waitFor(() => existsSync(`/var/run/wireguard/${name}.sock`), { what: 'the server to start' });
  await server.wg('setconf', name, conf);
  for (const address of ['10.70.0.1/24', 'fd70::1/64', '10.71.0.1/32'])
    await server.ip(`addr add ${address} dev ${name}`);
  await server.ip(`link set ${name} up`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-helper-'));
  await bundlePrograms();
  traveller = await createNamespace('traveller');
  server = await createNamespace('server');
  link = await connectNamespaces(traveller, server);
  await server.ip(`addr add ${DISTANT_ADDRESS}/32 dev lo`);
  await traveller.ip(`route add default via ${link.b.v4}`);
  await startServer();
  helper = await startHelper();
  untouched = await networkOf(traveller);
});

afterEach(() => wayfare('down'));

afterAll(async () => {
  await helper?.stop();
  await closeNamespaces(traveller, server);
  rmSync(folder, { recursive: true, force: true });
});

describe('a tunnel', () => {
  it('import_up_ping_status_down_leaves_nothing', async () => {
    const name = await importTunnel();
    expect(await wayfare('up', name)).toEqual({ code: 0, stdout: `${name} is connected.\n`, stderr: '' });
    for (const address of ['10.70.0.1', 'fd70::1'])
      expect(await traveller.ping(address)).toMatchObject({ sent: 3, received: 3 });
    expect(await traveller.wg('show', name, 'public-key')).toBe(`${await publicKeyOf(await clientKey)}\n`);
    expect(await wayfare('down', name)).toMatchObject({ code: 0, stdout: `${name} is disconnected.\n` });
    await expectNothingLeft(name);
  });

  it('status_has_the_keys_of_the_contract_and_no_secret', async () => {
    const name = await importTunnel({ extra: 'DNS = 10.70.0.1, home.example' });
    await wayfare('up', name);
    await traveller.ping('10.70.0.1');
    const status = await statusOf(name);
    expect(status).toEqual({
      name,
      state: 'connected',
      error: null,
      interface: name,
      publicKey: await publicKeyOf(await clientKey),
      listenPort: Number(await traveller.wg('show', name, 'listen-port')),
      addresses: ['10.70.0.2/24', 'fd70::2/64'],
      dns: ['10.70.0.1', 'home.example'],
      mtu: 1_420,
      connectedSince: expect.closeTo(Date.now() / 1_000, -1.5),
      rxBytes: expect.any(Number),
      txBytes: expect.any(Number),
      peers: [
        {
          publicKey: serverPublicKey,
          endpoint: `${link.b.v4}:${SERVER_PORT}`,
          allowedIps: expect.arrayContaining(['10.70.0.0/24', 'fd70::/64']),
          latestHandshake: expect.closeTo(Date.now() / 1_000, -1.5),
          rxBytes: expect.any(Number),
          txBytes: expect.any(Number),
          persistentKeepalive: null,
        },
      ],
    });
    expect(status.rxBytes).toBeGreaterThan(3 * 84);
    const human = (await wayfare('status')).stdout;
    for (const secret of [await clientKey, await presharedKey])
      expect(`${human}${JSON.stringify(status)}${helper.stderr}`).not.toContain(secret);
  });

  it('export_gives_back_a_conf_that_wg_accepts', async () => {
    const name = await importTunnel({ extra: 'PostUp = touch /tmp/never' });
    const { stdout } = await wayfare('export', name);
    expect(stdout).toContain(await clientKey);
    expect(stdout).toContain('PostUp = touch /tmp/never');
    const file = join(folder, 'exported.conf');
    writeFileSync(file, stdout);
    expect((await run('wg-quick', ['strip', file])).stdout).toContain(serverPublicKey);
  });

  it.each(['0.0.0.0/0, ::/0', '0.0.0.0/1, 128.0.0.0/1'])(
    '%s_does_not_loop_its_endpoint',
    async (allowedIps) => {
      const name = await importTunnel({ allowedIps, endpoint: `${DISTANT_ADDRESS}:${SERVER_PORT}` });
      expect(await wayfare('up', name)).toMatchObject({ code: 0 });
      expect(await traveller.ip(`route get ${DISTANT_ADDRESS}`)).toContain(`via ${link.b.v4}`);
      expect(await traveller.ip('route get 10.71.0.1')).toContain(`dev ${name}`);
      expect(await traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
      await wayfare('down');
      await expectNothingLeft(name);
    },
  );

  it('two_tunnels_to_one_server_share_its_route_until_both_are_down', async () => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const [first, second] = [
      await importTunnel({ allowedIps: '128.0.0.0/2, 192.0.0.0/2', endpoint }),
      await importTunnel({ allowedIps: '128.0.0.0/1', endpoint, address: '10.70.0.3/32' }),
    ];
    for (const name of [first, second]) expect(await wayfare('up', name)).toMatchObject({ code: 0 });
    expect(await wayfare('down', first)).toMatchObject({ code: 0 });
    expect(await traveller.ip(`route get ${DISTANT_ADDRESS}`)).toContain(`via ${link.b.v4}`);
    expect(await wayfare('down', second)).toMatchObject({ code: 0 });
    await expectNothingLeft(second);
  });

  it('table_off_adds_no_route_and_a_numbered_table_takes_them', async () => {
    const off = await importTunnel({ allowedIps: '10.71.0.0/24', extra: 'Table = off' });
    await wayfare('up', off);
    expect(await traveller.ip('route show table all')).not.toContain('10.71.0.0/24');
    await wayfare('down');
    const numbered = await importTunnel({ allowedIps: '10.71.0.0/24, 0.0.0.0/0', extra: 'Table = 4242' });
    await wayfare('up', numbered);
    const routes = (await traveller.ip('route show table 4242')).trim().split(/ *\n/).sort();
    expect(routes).toEqual([`10.71.0.0/24 dev ${numbered} scope link`, `default dev ${numbered} scope link`]);
    await wayfare('down');
    await expectNothingLeft(numbered);
  });

  it('mtu_is_the_links_minus_80_or_what_the_conf_says', async () => {
    const mtuOf = async (name: string) => /mtu (\d+)/.exec(await traveller.ip(`link show ${name}`))?.[1];
    const measured = await importTunnel();
    await traveller.ip(`link set ${link.a.interface} mtu 1400`);
    await wayfare('up', measured);
    await traveller.ip(`link set ${link.a.interface} mtu 1500`);
    expect(await mtuOf(measured)).toBe('1320');
    await wayfare('down');
    const given = await importTunnel({ extra: 'MTU = 1300' });
    await wayfare('up', given);
    expect(await mtuOf(given)).toBe('1300');
  });

  it('without_an_endpoint_is_up_once_its_interface_is', async () => {
    const name = await importTunnel({ endpoint: null });
    const { code, stdout } = await wayfare('up', name);
    expect([code, stdout]).toEqual([0, expect.stringContaining('waits for its peers')]);
    expect((await statusOf(name)).state).toBe('connected');
  });

  it('two_ups_at_once_and_a_third_are_one_tunnel', async () => {
    const name = await importTunnel();
    const both = await Promise.all([wayfare('up', name), wayfare('up', name)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect((await pidsIn(traveller)).length).toBe(2);
    expect(await wayfare('up', name)).toMatchObject({ code: 0, stdout: `${name} is connected already.\n` });
    expect(await wayfare('remove', name)).toMatchObject({
      code: 1,
      stderr: `wayfare: the tunnel is connected, named ${name}, take it down first: wayfare down ${name}\n`,
    });
  });
});

describe('a failure', () => {
  it('no_answer_ends_up_with_exit_1_and_leaves_nothing', async () => {
    const name = await importTunnel({ peerKey: await publicKeyOf(await newKey()), allowedIps: '0.0.0.0/0' });
    const { code, stderr } = await wayfare('up', name, '--timeout', '1');
    expect(code).toBe(1);
    expect(stderr).toBe(
      `wayfare: no authenticated packet came back within 1 second, tunnel ${name} from ${link.b.v4}:${SERVER_PORT}, ` +
        'check the endpoint, the keys and that UDP gets through\n',
    );
    await expectNothingLeft(name);
    expect(await statusOf(name)).toMatchObject({ state: 'error', error: { cause: 'handshake' } });
  });

  it('a_name_that_does_not_resolve_is_imported_and_fails_at_up_only', async () => {
    const name = await importTunnel({ endpoint: 'vpn.wayfare.invalid:51820' });
    const { code, stderr } = await wayfare('up', name, '--timeout', '1.5');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: .* at vpn\.wayfare\.invalid.*\n$/)]);
    await expectNothingLeft(name);
  });

  it('down_cancels_an_up_that_is_connecting', async () => {
    const name = await importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = startWayfare('up', name);
    await waitFor(async () => (await statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    expect(await wayfare('down', name)).toMatchObject({ code: 0, stdout: `${name} is disconnected.\n` });
    expect((await attempt.exited).code).toBe(1);
    expect(attempt.stderr).toBe(`wayfare: it was cancelled, tunnel ${name}\n`);
    await expectNothingLeft(name);
    expect((await statusOf(name)).state).toBe('disconnected');
  });

  it('ctrl_c_cancels_an_up', async () => {
    const name = await importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = startWayfare('up', name);
    await waitFor(async () => (await statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    attempt.signal('SIGINT');
    expect(await attempt.exited).toEqual({ code: 1, signal: null });
    expect(attempt.stderr).toBe(`wayfare: it was cancelled, tunnel ${name}\n`);
    await expectNothingLeft(name);
  });

  it.each(['SIGHUP', 'SIGKILL'] as const)('an_up_that_ends_by_%s_is_cancelled', async (signal) => {
    const name = await importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = startWayfare('up', name);
    await waitFor(async () => (await statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    attempt.signal(signal);
    await attempt.exited;
    await waitFor(async () => (await statusOf(name)).state === 'disconnected', { what: 'the end of it' });
    await expectNothingLeft(name);
  });

  it('a_second_up_that_gives_up_leaves_the_first_alone', async () => {
    const name = await importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const first = startWayfare('up', name);
    await waitFor(async () => (await statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    const impatient = await wayfare('up', name, '--timeout', '0.5');
    const interrupted = startWayfare('up', name);
    await waitFor(async () => (await pidsIn(traveller)).length === 2, { what: 'the engine' });
    await delay(500); // until it waits
    interrupted.signal('SIGINT');
    await interrupted.exited;
    for (const { stderr } of [impatient, interrupted])
      expect(stderr).toContain('goes on connecting for whoever began it');
    expect((await statusOf(name)).state).toBe('connecting');
    await wayfare('down', name);
    expect((await first.exited).code).toBe(1);
  });

  it('an_engine_that_dies_takes_everything_with_it', async () => {
    const name = await importTunnel({ allowedIps: '0.0.0.0/0' });
    await wayfare('up', name);
    process.kill((await engineOf(name))!, 'SIGKILL');
    await waitFor(async () => (await statusOf(name)).state === 'error', { what: 'the error' });
    expect((await statusOf(name)).error).toMatchObject({
      cause: 'engine-died',
      what: 'the engine ended (SIGKILL)',
    });
    await expectNothingLeft(name);
    expect(await wayfare('up', name)).toMatchObject({ code: 0 });
  });

  it('an_interface_that_is_deleted_ends_its_tunnel', async () => {
    const name = await importTunnel({ allowedIps: '0.0.0.0/0' });
    await wayfare('up', name);
    await traveller.ip(`link del ${name}`);
    await waitFor(async () => (await statusOf(name)).state === 'error', { what: 'the error' });
    await expectNothingLeft(name);
  });

  it('an_interface_of_that_name_is_left_alone', async () => {
    const name = await importTunnel();
    await traveller.ip(`link add ${name} type veth peer name ${name.slice(0, 13)}p`);
    const { code, stderr } = await wayfare('up', name);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`tunnel ${name}`)]);
    expect(await traveller.ip('-br link')).toContain(name);
    await traveller.ip(`link del ${name}`);
    await expectNothingLeft(name);
  });

  it('a_persistent_tun_device_of_that_name_is_left_alone', async () => {
    const name = await importTunnel();
    await traveller.ip(`tuntap add ${name} mode tun`);
    const { code, stderr } = await wayfare('up', name);
    expect([code, stderr]).toEqual([
      1,
      `wayfare: an interface of that name exists, tunnel ${name}, remove it with 'ip link del ${name}', ` +
        'or import the tunnel under another name\n',
    ]);
    await traveller.ip(`link del ${name}`);
    await expectNothingLeft(name);
  });

  it('a_route_that_another_network_has_is_named_with_its_device', async () => {
    const name = await importTunnel({ allowedIps: '10.72.0.0/16' });
    await traveller.ip(`route add 10.72.0.0/16 dev ${link.a.interface}`);
    const { code, stderr } = await wayfare('up', name);
    await traveller.ip(`route del 10.72.0.0/16 dev ${link.a.interface}`);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `wayfare: ${link.a.interface} has that route already, tunnel ${name} to 10.72.0.0/16, take that tunnel down`,
    );
    await expectNothingLeft(name);
  });

  it('ipv6_that_is_turned_off_is_named_with_what_to_do', async () => {
    const name = await importTunnel();
    const setIPv6 = (off: number) =>
      traveller.run('sysctl', ['-qw', `net.ipv6.conf.default.disable_ipv6=${off}`]);
    await setIPv6(1);
    const { code, stderr } = await wayfare('up', name);
    await setIPv6(0);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/IPv6 is disabled.*turn IPv6 on with 'sysctl/)]);
  });

  it('many_endpoints_are_looked_up_at_once_and_an_up_of_them_can_be_stopped', async () => {
    const peers = Array.from({ length: 5_500 }, (_, i) => {
      const key = Buffer.alloc(32, 7);
      key.writeUInt32LE(i);
      return `[Peer]\nPublicKey = ${key.toString('base64')}\nEndpoint = 10.${100 + (i >> 8)}.${i & 255}.1:7\n`;
    });
    const name = uniqueInterface('wf');
    const file = join(folder, `${name}.conf`);
    const ours = `[Interface]\nPrivateKey = ${await clientKey}\nAddress = 10.0.0.1/8\n`;
    writeFileSync(file, ours + peers.join(''));
    await wayfare('import', file);
    const begun = performance.now();
    expect(await wayfare('up', name, '--timeout', '3')).toMatchObject({ code: 1 });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await wayfare('remove', name);
    await expectNothingLeft(name);
  });

  it('a_full_disk_behind_stdout_is_said_once', async () => {
    const { code, stderr } = await wayfareInto('/dev/full', 'genkey');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: [^\n]*no space left[^\n]*\n$/)]);
  });

  it('an_export_of_nothing_warns_of_nothing', async () => {
    const { code, stderr } = await wayfareInto(join(folder, 'exported'), 'export', 'nope');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: there is no such tunnel[^\n]*\n$/)]);
  });

  it('a_broken_file_is_named_with_its_line_and_not_stored', async () => {
    const file = join(folder, 'broken.conf');
    writeFileSync(file, '[Interface]\nPrivateKey = nonsense\n');
    const { code, stderr } = await wayfare('import', file);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: line 2: .*, in broken\.conf\n$/)]);
    expect(JSON.parse((await wayfare('list', '--json')).stdout).tunnels).not.toContainEqual(
      expect.objectContaining({ name: 'broken' }),
    );
  });

  it('a_user_without_rights_is_told_so', async () => {
    // Where no node modules can be found, as in a repository that root alone may read.
    const alone = mkdtempSync(join(tmpdir(), 'wayfare-alone-'));
    copyFileSync(program(), join(alone, 'wayfare.mjs'));
    const asNobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      join(alone, 'wayfare.mjs'),
      'list',
    ];
    await run('chmod', ['-R', 'go+rX', folder, alone]);
    const child = new BackgroundProcess('setpriv', asNobody, { env: { WAYFARE_SOCKET: socketPath() } });
    expect(await child.exited).toMatchObject({ code: 1 });
    rmSync(alone, { recursive: true });
    expect(child.stderr).toBe(`wayfare: you may not talk to the helper, at ${socketPath()}, use sudo\n`);
  });
});

describe('the helper', () => {
  it('takes_every_tunnel_down_at_sigterm', async () => {
    const name = await importTunnel({ allowedIps: '0.0.0.0/0' });
    await wayfare('up', name);
    expect(await helper.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await networkOf(traveller)).toBe(untouched);
    expect(await pidsIn(traveller)).toEqual([]);
    expect(await wayfare('list')).toMatchObject({
      code: 1,
      stderr: `wayfare: the helper is not running, at ${socketPath()}, start it with 'sudo npx wayfare helper'\n`,
    });
    helper = await startHelper();
  });

  it('leaves_nothing_in_the_way_of_the_next_one_when_it_is_killed', async () => {
    const name = await importTunnel();
    await wayfare('up', name);
    await helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(traveller)).length === 0, { what: 'the engine to end' });
    helper = await startHelper();
    await expectNothingLeft(name);
    expect(await wayfare('up', name)).toMatchObject({ code: 0 });
  });

  it('refuses_to_run_twice_on_one_socket', async () => {
    const { code, stderr } = await wayfare('helper', '--state-dir', join(folder, 'other'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: another helper is running, at /)]);
  });

  it('refuses_to_run_twice_on_one_state_folder', async () => {
    const elsewhere = ['--socket', join(folder, 'elsewhere', 'helper.sock')];
    const { code, stderr } = await wayfare('helper', '--state-dir', join(folder, 'state'), ...elsewhere);
    expect([code, stderr]).toEqual([
      1,
      `wayfare: another helper has its tunnels, in ${join(folder, 'state')}, stop it first, or choose another --state-dir\n`,
    ]);
  });

  it('hands_its_engines_no_descriptor_that_it_was_started_with', async () => {
    await helper.stop('SIGTERM');
    const args = ['helper', '--socket', socketPath(), '--state-dir', join(folder, 'state')];
    const script = 'exec 4</etc/hostname 25</etc/hostname; exec "$@"';
    helper = traveller.spawn('bash', ['-c', script, 'bash', process.execPath, program(), ...args]);
    await waitFor(() => helper.stderr.includes('helper ready'), { what: 'the helper to be ready' });
    const name = await importTunnel();
    await wayfare('up', name);
    const fds = `/proc/${await engineOf(name)}/fd`;
    expect(readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)))).not.toContain('/etc/hostname');
  });

  it('reuses_the_route_that_a_killed_one_left', async () => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const name = await importTunnel({ allowedIps: '0.0.0.0/0', endpoint });
    await wayfare('up', name);
    await helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(traveller)).length === 0, { what: 'the engine to end' });
    expect(await traveller.ip('route')).toContain(DISTANT_ADDRESS);
    helper = await startHelper();
    expect(await wayfare('up', name)).toMatchObject({ code: 0 });
    await wayfare('down', name);
    await expectNothingLeft(name);
  });
});

describe('an engine in the background', () => {
  it('keeps_nothing_of_its_callers_environment_but_what_concerns_it', async () => {
    const name = uniqueInterface('wfe');
    const engine = join(folder, 'dist', 'wayfare-engine.js');
    const env = { TOKEN: 'secret', WG_PROCESS_FOREGROUND: '0' };
    await traveller.run(process.execPath, [engine, name], { env });
    const pid = (await pidsIn(traveller)).find((each) =>
      readFileSync(`/proc/${each}/cmdline`, 'utf8').includes(name),
    );
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    const names = environment.map((each) => each.split('=', 1)[0]);
    expect(names).toContain('WG_TUN_FD');
    expect(names.filter((each) => !/^(PATH|LOG_LEVEL|WG_.*|NODE_CHANNEL_.*)$/.test(each ?? ''))).toEqual([]);
    await traveller.ip(`link del ${name}`);
  });
});
