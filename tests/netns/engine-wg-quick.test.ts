/** The engine under the real wg-quick(8), by WG_QUICK_USERSPACE_IMPLEMENTATION. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ConfDirectory } from '../support/conf-file.ts';
import {
  type EngineProcess,
  isAlive,
  pidsIn,
  startEngine,
  uapiSocket,
  WAYFARE_ENGINE,
} from '../support/engine-process.ts';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
  uniqueInterface,
} from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';
import { generateKeys, setPrivateKey } from '../support/tunnel-pair.ts';

const ENV = { WG_QUICK_USERSPACE_IMPLEMENTATION: WAYFARE_ENGINE };
const PORT = 51_820;
/** Behind the gateway, and reached through the tunnel alone. */
const BEYOND = { v4: '203.0.113.5', v6: '2001:db8::5' };

const files = new ConfDirectory();
const own = generateKeys();
const theirs = generateKeys();

let traveller: Namespace;
let gateway: Namespace;
let link: { a: LinkEnd; b: LinkEnd };
let remote: EngineProcess;

beforeAll(async () => {
  traveller = await createNamespace('traveller');
  gateway = await createNamespace('gateway');
  link = await connectNamespaces(traveller, gateway);
  remote = await startEngine('wireguard-go', gateway);
  await setPrivateKey(remote, theirs);
  await remote.set(`listen-port ${PORT} peer ${own.public} allowed-ips 10.7.0.1/32,fd07::1/128`);
  await gateway.ip(`addr add 10.7.0.2/24 dev ${remote.name}`);
  await gateway.ip(`addr add fd07::2/64 dev ${remote.name} nodad`);
  await gateway.ip(`link set ${remote.name} mtu 1420 up`);
  await gateway.ip(`addr add ${BEYOND.v4}/32 dev lo`);
  await gateway.ip(`addr add ${BEYOND.v6}/128 dev lo`);
});
afterAll(async () => {
  files.close();
  await closeNamespaces(traveller, gateway);
});

function writeConf(name: string, allowedIps: string, endpoint: string): string {
  return files.write(
    `${name}.conf`,
    `[Interface]
PrivateKey = ${own.private}
Address = 10.7.0.1/24, fd07::1/64

[Peer]
PublicKey = ${theirs.public}
AllowedIPs = ${allowedIps}
Endpoint = ${endpoint}:${PORT}
PersistentKeepalive = 25
`,
  );
}

const wgQuick = (verb: string, conf: string) =>
  traveller.run('wg-quick', [verb, conf], { env: ENV, timeoutMs: 20_000 });

async function network(): Promise<string> {
  const rules = [await traveller.ip('rule'), await traveller.ip('-6 rule')];
  const routes = [await traveller.ip('route show table all'), await traveller.ip('-6 route show table all')];
  const { stdout } = await traveller.run('nft', ['list', 'ruleset']);
  // IPv6 counts down the time left of some routes.
  return [...rules, ...routes, stdout].join('\n').replace(/ expires \S+/g, '');
}

async function expectAnswers(target: string): Promise<void> {
  expect(await traveller.ping(target)).toMatchObject({ sent: 3, received: 3 });
}

it('a_split_tunnel_goes_up_and_down', async () => {
  const before = await network();
  const name = uniqueInterface('wq');
  const conf = writeConf(name, `10.7.0.0/24, ${BEYOND.v4}/32, fd07::/64`, link.b.v4);
  await wgQuick('up', conf);
  expect(await pidsIn(traveller, name)).toHaveLength(1);
  await expectAnswers('10.7.0.2');
  await expectAnswers('fd07::2');
  await expectAnswers(BEYOND.v4);
  const [pid] = await pidsIn(traveller, name);
  await wgQuick('down', conf);
  await waitFor(() => !isAlive(pid!), { what: 'the end of the engine' });
  expect(existsSync(uapiSocket(name))).toBe(false);
  expect(await network()).toBe(before);
});

it.each([
  ['ipv4', (ends: typeof link) => ends.b.v4],
  ['ipv6', (ends: typeof link) => `[${ends.b.v6}]`],
] as const)('a_full_tunnel_over_%s_takes_all_but_its_own_datagrams', async (_, endpoint) => {
  const before = await network();
  const name = uniqueInterface('wq');
  const conf = writeConf(name, '0.0.0.0/0, ::/0', endpoint(link));
  await remote.set(`peer ${own.public} allowed-ips 0.0.0.0/0,::/0`);
  await wgQuick('up', conf);
  expect(await traveller.wg('show', name, 'fwmark')).toMatch(/^0x[0-9a-f]+\n$/);
  await expectAnswers(BEYOND.v4);
  await expectAnswers(BEYOND.v6);
  const received = Number((await traveller.wg('show', name, 'transfer')).split('\t')[1]);
  expect(received).toBeGreaterThan(6 * 96);
  await wgQuick('down', conf);
  await waitFor(async () => (await pidsIn(traveller, name)).length === 0, { what: 'the end of the engine' });
  expect(await network()).toBe(before);
});

it('a_configuration_that_fails_half_way_leaves_nothing', async () => {
  const before = await network();
  const name = uniqueInterface('wq');
  const conf = writeConf(name, '10.7.0.0/24', link.b.v4);
  const broken = files.write(
    `${name}.conf`,
    `[Interface]\nPrivateKey = ${own.private}\nAddress = 10.7.0.1/99\n`,
  );
  expect(broken).toBe(conf);
  await expect(wgQuick('up', conf)).rejects.toThrow('10.7.0.1/99');
  await waitFor(async () => (await pidsIn(traveller, name)).length === 0, { what: 'the end of the engine' });
  expect(existsSync(uapiSocket(name))).toBe(false);
  expect(await network()).toBe(before);
});
