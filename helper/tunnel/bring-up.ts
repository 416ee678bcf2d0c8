/**
 * How a tunnel comes up, in order. Each step has one cause for its failure and leaves on the undo stack what takes it
 * back; whoever called runs the stack, in reverse, when a step throws or the tunnel goes down.
 */
import { isIP } from 'node:net';
import type { TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import type { HelperClock } from '../clock.ts';
import type { Dns } from '../dns/index.ts';
import { Failure, type FailureParts, toFailure } from '../failure.ts';
import type { ProtectedTunnel } from '../firewall/policy.ts';
import type { Log } from '../log.ts';
import { DEFAULT_MARK, type FullTunnel, isFullTunnel } from '../routes/full-tunnel.ts';
import type { FullTunnelRouting } from '../routes/full-tunnel-routing.ts';
import type { Path, Routes } from '../routes/index.ts';
import {
  explicitTableRoutes,
  isLocalTable,
  isMainTable,
  MIN_IPV6_MTU,
  mainTableRoutes,
  swallowedEndpoints,
  tableText,
  tunnelMtu,
} from '../routes/plan.ts';
import type { Traffic } from '../traffic/index.ts';
import type { TunDevices } from '../tun/index.ts';
import {
  type Endpoint,
  endpointText,
  type LastEndpoints,
  type LookUp,
  resolveEndpoints,
} from './endpoints.ts';
import type { Engine, StartEngine } from './engine.ts';
import { Interrupted } from './interrupted.ts';
import type { LiveJournal } from './live-journal.ts';
import type { Protection } from './protection.ts';
import { decidingPeers } from './session-watch.ts';
import { DEFAULT_TUNNEL_SETTINGS, hasKillSwitch, type TunnelSettings } from './settings.ts';
import type { Cause, Loss, TunnelFailure } from './state-machine.ts';
import {
  configureEngine,
  type EngineDevice,
  type EngineSetup,
  initiateHandshakes,
  readDevice,
} from './uapi-client.ts';
import type { UndoStack } from './undo.ts';

/** What a tunnel asks of the machine. */
export interface World {
  readonly tun: TunDevices;
  readonly routes: Routes;
  readonly fullTunnelRouting: FullTunnelRouting;
  readonly protection: Protection;
  readonly journal: LiveJournal;
  /** Removes everything of ours from the machine. @param release opens the kill switch @returns what failed */
  readonly reset: (release: () => Promise<void>) => Promise<FailureParts[]>;
  readonly dns: Dns;
  readonly startEngine: StartEngine;
  readonly traffic: Traffic;
  readonly lookUp: LookUp;
  readonly clock: HelperClock;
  readonly log: Log;
}

/** What of a tunnel stands, filled in as it comes up. */
export interface LiveTunnel {
  config: TunnelConfig | null;
  device: string | null;
  /** Bytes. */
  mtu: number | null;
  engine: Engine | null;
  /** What a new process of the engine is given. */
  setup: EngineSetup | null;
  /** Whether the address of a name is the last one, for it could not be asked for now. */
  hasHeldName: boolean;
}

/** Its config, and what the person has set beside it. */
export type ReadTunnel = () => Promise<{ readonly config: TunnelConfig; readonly settings: TunnelSettings }>;

export interface BringUpOrder {
  readonly name: string;
  readonly readTunnel: ReadTunnel;
  readonly world: World;
  readonly undo: UndoStack;
  readonly live: LiveTunnel;
  /** What it asked of the firewall, where it goes on after a helper that was killed. Then nobody has to answer it yet. */
  readonly resumed: ProtectedTunnel | null;
  /** Never rejects. */
  readonly beforeEngineStops: (engine: Engine) => Promise<void>;
  /** Aborted with an Interrupted. */
  readonly signal: AbortSignal;
}

/** A step that failed. */
export class BringUpFailed extends Error {
  readonly failure: TunnelFailure;

  constructor(failure: TunnelFailure) {
    super(failure.what);
    this.name = 'BringUpFailed';
    this.failure = failure;
  }
}

/** How often the engine is asked for its first handshake. */
const HANDSHAKE_POLL_MS = 100;
/** How long the end of a process may take to be reported after its socket broke. */
const ENGINE_NEWS_MS = 500;

/** @returns null once a peer has answered, else why it is not connected yet. @throws BringUpFailed, or Interrupted */
export async function bringUp(order: BringUpOrder): Promise<Loss | null> {
  const { world, signal, live, undo, name, resumed } = order;
  if (resumed !== null) takeBackLeftovers(order, resumed);

  const { config } = await step(order, 'read-config', () => connectableTunnel(order));
  live.config = config;
  const { isFull, mark } = guardOf(config, DEFAULT_TUNNEL_SETTINGS);
  const last = lastEndpoints(order);
  const endpoints = await step(order, 'resolve-endpoints', () =>
    resolveEndpoints(config, last, world.lookUp, world.clock, signal),
  );
  live.hasHeldName = endpoints.some((endpoint) => endpoint !== null && isHeld(endpoint, last));
  const guard = await step(order, 'read-config', async () => {
    const { settings } = await order.readTunnel(); // a person may have changed them since
    return {
      ...guardAfter(world.protection.of(name), config, settings),
      endpoints: endpoints.filter((endpoint) => endpoint !== null),
    };
  });
  // Taken back by whoever runs the undo stack, after that: until then the tunnel is guarded.
  await step(order, 'set-firewall-policy', () => world.protection.set(name, guard));
  // Asked before the interface has an address: its own subnet must not be what answers.
  const paths = await step(order, 'resolve-endpoints', () => pathsTo(endpoints, mark, world.routes, signal));

  const tun = await step(order, 'open-tun', () => world.tun.open(name));
  undo.push('close the TUN device', () => tun.close());
  live.device = tun.name;
  await step(order, 'set-firewall-policy', () =>
    world.protection.update(name, (guarded) => ({ ...guarded, device: tun.name })),
  );

  const engine = await step(order, 'start-engine', () =>
    world.startEngine({
      name: tun.name,
      tunDescriptor: tun.descriptor,
      listenPort: config.interface.listenPort ?? 0,
      mark,
      clock: world.clock,
      log: world.log,
    }),
  );
  undo.push('stop the engine', async () => {
    await order.beforeEngineStops(engine);
    await engine.stop();
  });
  live.engine = engine;
  const setup = { config, endpoints, listenPort: engine.listenPort, mark };
  live.setup = setup;

  await untilEngineEnds(order, engine, async () => {
    await step(order, 'configure-engine', () => configureEngine(engine.request, setup, signal));
    await step(order, 'set-addresses', () => world.tun.setAddresses(tun.name, config.interface.addresses));
    await step(order, 'set-mtu', async () => {
      live.mtu = config.interface.mtu ?? (await mtuFor(pathsOutside(paths, tun.name), config, world.routes));
      await world.tun.setMtu(tun.name, live.mtu);
    });
    // From the moment the tunnel's own routes stand, an endpoint that they cover would be sought inside the tunnel: its
    // route outside comes before them, and goes after them. A full tunnel's datagrams find their way by their mark, in
    // the main table, where only its own networks could mislead them.
    await step(order, 'add-routes', () => addBearerRoutes(order, config, isFull, paths));
    await step(order, 'set-link-up', () => world.tun.setUp(tun.name));
    undo.push('take the interface down', () => world.tun.setDown(tun.name));
    await step(order, 'add-routes', () =>
      isFull
        ? routeEverything(
            order,
            fullTunnelOf(config, tun.name, mark, world.protection.of(name)?.allowLan ?? false),
          )
        : setTunnelRoutes(order, config, tun.name),
    );
    await step(order, 'set-dns', () => setDns(order, config, tun.name, isFull));
    await step(order, 'handshake', async () => {
      await initiateHandshakes(engine.request, setup, signal);
      if (resumed === null && hasDecidingEndpoint(config)) await untilAnswered(order, engine, setup);
    });
  });
  if (!hasDecidingEndpoint(config)) return 'not-called';
  return resumed === null ? null : 'no-answer';
}

/** What of them the steps take over, they also take back; what they do not come to is left for here. */
function takeBackLeftovers({ world, undo, name }: BringUpOrder, { isFull }: ProtectedTunnel): void {
  undo.push('remove the interface that was left', () => world.tun.removeLeftover(name));
  if (isFull) undo.push('remove the routes that were left', () => world.fullTunnelRouting.removeLeftovers());
  undo.push('give the DNS servers back', () => world.dns.revert(name));
}

function isHeld({ host, address, port }: Endpoint, { endpoints, holds }: LastEndpoints): boolean {
  const isKnown = endpoints.some((each) => each.address === address && each.port === port);
  return holds && isKnown && host !== undefined && isIP(host) === 0;
}

/** A tunnel that is guarded before it comes up has been up, in this helper or in one before it. */
function lastEndpoints({ name, world }: BringUpOrder): LastEndpoints {
  const guard = world.protection.of(name);
  // No question for a name gets out, or the one that was up goes on, whose DNS servers are still set.
  const holds = world.protection.isClosed || guard?.state === 'connecting';
  return { endpoints: guard?.endpoints ?? [], holds };
}

/** What the firewall is told of a tunnel before its endpoints are known and its device is open. */
export function guardOf(config: TunnelConfig, settings: TunnelSettings): ProtectedTunnel {
  const { addresses, fwMark, table } = config.interface;
  const isFull = isMainTable(table) && isFullTunnel(allowedIpsOf(config));
  return {
    state: 'connecting',
    isFull,
    killSwitch: hasKillSwitch(settings, isFull),
    allowLan: settings.allowLan,
    device: null,
    addresses,
    // Never 0: the firewall would take everybody's datagrams for the tunnel's own.
    mark: fwMark || DEFAULT_MARK,
    endpoints: [],
  };
}

/** What was guarded stays guarded, whatever its config asks for by now: only a person opens it. */
export function guardAfter(
  before: ProtectedTunnel | null,
  config: TunnelConfig,
  settings: TunnelSettings,
): ProtectedTunnel {
  const guard = guardOf(config, settings);
  return {
    ...guard,
    killSwitch: guard.killSwitch || before?.killSwitch === true,
    endpoints: before?.endpoints ?? [],
  };
}

async function step<T>(order: BringUpOrder, cause: Cause, work: () => Promise<T>): Promise<T> {
  try {
    order.signal.throwIfAborted();
    order.world.log('info', `step ${cause}`, { tunnel: order.name });
    return await work();
  } catch (error) {
    if (error instanceof Interrupted && error.why === 'cancelled') throw error;
    if (error instanceof Interrupted) throw failed(order, cause, timedOut(order, cause, error.message));
    const failure = toFailure(error);
    if (failure.cause instanceof Error)
      order.world.log('error', failure.cause.message, { stack: failure.cause.stack ?? '' });
    throw failed(order, cause, failure.parts);
  }
}

function failed(order: BringUpOrder, cause: Cause, parts: FailureParts): BringUpFailed {
  const where = `tunnel ${order.name} ${parts.where}`.trimEnd();
  return new BringUpFailed({ cause, ...parts, where });
}

/** @param within such as `within 30 seconds` */
function timedOut({ live, world }: BringUpOrder, cause: Cause, within: string): FailureParts {
  const hosts = (live.config?.peers ?? [])
    .flatMap(({ endpoint }) => (endpoint === null ? [] : [endpointText(endpoint.host, endpoint.port)]))
    .join(' ');
  switch (cause) {
    case 'handshake':
      return {
        what: `no authenticated packet came back ${within}`,
        where: `from ${hosts}`,
        advice: live.hasHeldName
          ? 'its name was not asked for anew while the kill switch is closed: give the endpoint as an address, ' +
            'or take the tunnel down first'
          : 'check the endpoint, the keys and that UDP gets through',
        coded: { code: live.hasHeldName ? 'no-answer-at-last-address' : 'no-answer', endpoints: hosts },
      };
    case 'resolve-endpoints':
      return {
        what: `the endpoint's name could not be resolved ${within}`,
        where: `at ${hosts}`,
        advice: world.protection.isClosed
          ? 'the kill switch lets no question for a name out: give the endpoint as an address, or open it first'
          : 'check the network connection and its DNS',
        coded: {
          code: world.protection.isClosed ? 'name-not-asked-for' : 'name-not-resolved',
          endpoints: hosts,
        },
      };
    default:
      return {
        what: `the step '${cause}' did not end ${within}`,
        where: '',
        advice: 'allow a longer --timeout',
        coded: { code: 'step-timed-out' },
      };
  }
}

/** Where a step fails because the engine has ended, that is its failure, with the engine's last words. */
async function untilEngineEnds(
  order: BringUpOrder,
  engine: Engine,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Interrupted || order.signal.aborted) throw error;
    const how = await newsOfEnd(engine, order.world.clock);
    throw how === null ? error : failed(order, 'engine-died', engineEnded(how));
  }
}

/** The socket of a dying engine breaks a moment before its process is reported. @returns null while it lives */
async function newsOfEnd(engine: Engine, clock: HelperClock): Promise<string | null> {
  const heard = new AbortController();
  const silence = clock.sleep(ENGINE_NEWS_MS, heard.signal).then(
    () => null,
    () => null, // it has ended
  );
  const how = await Promise.race([engine.ended, silence]);
  heard.abort();
  return how;
}

/** @param how such as `exit code 1: cannot bind` */
export function engineEnded(how: string): FailureParts {
  return {
    what: `the engine ended (${how})`,
    where: '',
    advice: "look at the helper's log",
    coded: { code: 'engine-ended', reason: how },
  };
}

async function connectableTunnel(order: BringUpOrder): ReturnType<ReadTunnel> {
  const tunnel = await order.readTunnel();
  requireConnectable(tunnel.config);
  return tunnel;
}

/** @throws Failure for what no connection can be made of */
export function requireConnectable(config: TunnelConfig): void {
  if (config.interface.privateKey === null)
    throw new Failure('its config has no PrivateKey', '', 'import one that has', { code: 'no-private-key' });
  const { mtu, table } = config.interface;
  if (mtu !== null && mtu < MIN_IPV6_MTU && carriesIPv6(config))
    throw new Failure(
      `IPv6 needs an MTU of at least ${MIN_IPV6_MTU} bytes, and its config has MTU = ${mtu}`,
      '',
      'raise the MTU, or take the IPv6 addresses and allowed IPs out',
      { code: 'mtu-too-small', mtu: String(mtu), least: String(MIN_IPV6_MTU) },
    );
  if (isLocalTable(table))
    throw new Failure(
      `its config has Table = ${tableText(table)}, where the kernel keeps this machine's own addresses`,
      '',
      'choose another table',
      { code: 'table-of-kernel', table: String(tableText(table)) },
    );
}

/** Keyed by address. */
export function pathsTo(
  endpoints: readonly (Endpoint | null)[],
  mark: number,
  routes: Routes,
  signal: AbortSignal,
): Promise<Map<string, Path | null>> {
  const addresses = endpoints.flatMap((endpoint) => (endpoint === null ? [] : [endpoint.address]));
  return routes.pathsTo([...new Set(addresses)], mark, signal);
}

/** A way that leads into the tunnel, as to a peer of its own or where a killed helper left it up, says nothing of the link. */
export function pathsOutside(paths: ReadonlyMap<string, Path | null>, device: string): Map<string, Path> {
  return new Map(
    [...paths].filter((each): each is [string, Path] => each[1] !== null && each[1].device !== device),
  );
}

/** The interface's MTU where its config gives none, in bytes. */
export async function mtuFor(
  paths: ReadonlyMap<string, Path>,
  config: TunnelConfig,
  routes: Routes,
): Promise<number> {
  const endpointMtus = [...paths.values()].map(({ mtu }) => mtu);
  const defaults = endpointMtus.length > 0 ? [] : await routes.defaultPaths();
  return tunnelMtu(
    endpointMtus,
    defaults.map((path) => path.mtu),
    carriesIPv6(config),
  );
}

function carriesIPv6(config: TunnelConfig): boolean {
  const prefixes = [...config.interface.addresses, ...config.peers.flatMap((peer) => peer.allowedIps)];
  return prefixes.some((prefix) => prefix.family === 6);
}

/** They are undone one by one; the tunnel's own routes go with its interface. */
async function addBearerRoutes(
  { world, undo }: BringUpOrder,
  config: TunnelConfig,
  isFull: boolean,
  paths: ReadonlyMap<string, Path | null>,
): Promise<void> {
  const { addresses, table } = config.interface;
  if (!isMainTable(table)) return;
  const inMainTable = isFull ? [] : mainTableRoutes(allowedIpsOf(config), addresses);
  const covering = [...inMainTable, ...addresses];
  const bearers = new Map<string, Path | null>();
  for (const address of swallowedEndpoints([...paths.keys()], covering)) {
    const path = paths.get(address) ?? null;
    if (!path?.isLocal) bearers.set(address, path);
  }
  const added = await world.routes.addBearerRoutes(bearers);
  undo.push('remove the routes to its endpoints', () => world.routes.removeBearerRoutes(added));
}

async function setTunnelRoutes(
  { world, undo }: BringUpOrder,
  config: TunnelConfig,
  device: string,
): Promise<void> {
  const { routes, fullTunnelRouting } = world;
  const { addresses, table } = config.interface;
  const allowedIps = allowedIpsOf(config);
  if (isMainTable(table)) {
    await routes.setTunnelRoutes(device, mainTableRoutes(allowedIps, addresses), null);
    undo.push('take its routes from beside the full tunnel', () => fullTunnelRouting.removeSplit(device));
    await fullTunnelRouting.addSplit({ device, prefixes: allowedIps });
  } else if (table.kind === 'off') await routes.setTunnelRoutes(device, [], null);
  else await routes.setTunnelRoutes(device, explicitTableRoutes(allowedIps), tableText(table));
}

function fullTunnelOf(config: TunnelConfig, device: string, mark: number, allowLan: boolean): FullTunnel {
  const { addresses, dns } = config.interface;
  const servers = dns.servers.map((server) => new IpPrefix(server, server.family === 4 ? 32 : 128));
  return { device, mark, prefixes: [...allowedIpsOf(config), ...addresses, ...servers], allowLan };
}

async function routeEverything({ world, undo }: BringUpOrder, tunnel: FullTunnel): Promise<void> {
  const routing = world.fullTunnelRouting;
  const settings = routing.settingsToChange();
  await world.journal.writeKernelSettings(settings);
  undo.push('put the settings of the kernel back', async () => {
    routing.restoreSettings(settings);
    await world.journal.writeKernelSettings([]);
  });
  routing.changeSettings(settings);
  undo.push('remove the routes of a full tunnel', () => routing.remove(tunnel.device));
  await routing.apply(tunnel);
  await world.routes.setTunnelRoutes(tunnel.device, [], null); // its config may have asked for less before
}

async function setDns(
  { world, undo }: BringUpOrder,
  config: TunnelConfig,
  device: string,
  isFullTunnel: boolean,
): Promise<void> {
  const { servers, searchDomains } = config.interface.dns;
  undo.push('give the DNS servers back', () => world.dns.revert(device));
  await world.dns.apply({ device, servers: servers.map(String), searchDomains, isFullTunnel });
}

export function allowedIpsOf(config: TunnelConfig): IpPrefix[] {
  return config.peers.flatMap((peer) => peer.allowedIps);
}

/** Without an endpoint there is nobody to call. */
function hasDecidingEndpoint({ peers }: TunnelConfig): boolean {
  return decidingPeers(peers).some(({ endpoint }) => endpoint !== null);
}

/** An authenticated packet came back once the engine has a handshake. */
async function untilAnswered(order: BringUpOrder, engine: Engine, setup: EngineSetup): Promise<void> {
  const deciding = new Set(decidingPeers(setup.config.peers).map(({ publicKey }) => publicKey.toBase64()));
  for (;;) {
    const device = await readDevice(engine.request, order.signal);
    if (device.peers.some((peer) => deciding.has(peer.publicKey) && peer.latestHandshake !== null)) return;
    if (hasCalledNobody(device)) await initiateHandshakes(engine.request, setup, order.signal);
    await order.world.clock.sleep(HANDSHAKE_POLL_MS, order.signal);
  }
}

/** As an engine that had not heard yet that its link is up when it was told to. */
export function hasCalledNobody({ peers }: EngineDevice): boolean {
  return peers.every(({ txBytes }) => txBytes === 0);
}
