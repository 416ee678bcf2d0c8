/** The helper and the command line from end to end: a traveller's namespace, and a server made by the real tools. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

/** The two programs as they ship: esbuild's bundles, side by side. */
async function bundlePrograms(): Promise<void> {
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  mkdirSync(join(folder, 'dist'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const programs = { wayfare: './helper/cli/main.ts', 'wayfare-engine': './engine/main.ts' };
  for (const [name, entry] of Object.entries(programs))
    await build({
      stdin: {
        contents: `import { main } from '${entry}'; process.exitCode = await main(process.argv.slice(2));`,
        resolveDir: ROOT,
        loader: 'ts',
      },
      outfile: join(folder, 'dist', `${name}.js`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      banner: { js: banner },
      external: ['koffi', '@koromix/*'],
      logLevel: 'error',
    });
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
  peerKey?: string;
}

/** Imports a tunnel to the server. @returns its name */
async function importTunnel(options: ConfOptions = {}): Promise<string> {
  const { allowedIps = '10.70.0.0/24, fd70::/64', endpoint = `${link.b.v4}:${SERVER_PORT}` } = options;
  const name = uniqueInterface('wf');
  const conf = `[Interface]
PrivateKey = ${await clientKey}
Address = 10.70.0.2/24, fd70::2/64
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
    const asNobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      program(),
      'list',
    ];
    await run('chmod', ['-R', 'go+rX', folder]);
    const child = new BackgroundProcess('setpriv', asNobody, { env: { WAYFARE_SOCKET: socketPath() } });
    expect(await child.exited).toMatchObject({ code: 1 });
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
      stderr: `wayfare: the helper is not running, at ${socketPath()}, start it with 'sudo wayfare helper'\n`,
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
    const { code, stderr } = await wayfare('helper', '--state-dir', join(folder, 'state'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: another helper is running, at /)]);
  });
});
