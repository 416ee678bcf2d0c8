/**
 * What may flow, as data: the table in SECURITY.md as a pure function. How it is enforced is the platform files' matter.
 */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { IpAddress } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import type { LocalNetworks, OnLinkNetwork } from '../routes/local-networks.ts';
import type { Endpoint } from '../tunnel/endpoints.ts';
import type { TunnelState } from '../tunnel/state-machine.ts';

/** What everything of the machine's protection follows from. */
export interface ProtectionState {
  /** Nothing leaves without a tunnel. */
  readonly lockdown: boolean;
  readonly tunnels: readonly ProtectedTunnel[];
}

export interface ProtectedTunnel {
  readonly state: TunnelState['kind'];
  /** Whether it takes all traffic of a family. */
  readonly isFull: boolean;
  readonly killSwitch: boolean;
  readonly allowLan: boolean;
  /** Null until it is open. */
  readonly device: string | null;
  /** The device's own. */
  readonly addresses: readonly IpPrefix[];
  /** SO_MARK of its UDP sockets. */
  readonly mark: number;
  /** Whom those sockets may speak to: its peers, and while their names are looked up from behind a kill switch, resolvers. */
  readonly endpoints: readonly Endpoint[];
}

export interface FirewallPolicy {
  /** Whether everything is refused that the rest of the policy does not name. */
  readonly isClosed: boolean;
  /** Whether questions for names may leave through tunnels only. */
  readonly guardsDns: boolean;
  readonly tunnels: readonly GuardedTunnel[];
  /** The mark by which routing finds the way past the full tunnel, null without one. */
  readonly bypassMark: number | null;
  /** Bridges of containers and virtual machines. */
  readonly bridges: readonly string[];
  /** Devices by which a frame could leave the machine. */
  readonly outside: readonly string[];
  readonly lan: readonly OnLinkNetwork[];
}

export interface GuardedTunnel {
  /** What its routes send here may leave, for it leaves sealed. Null until it is open. */
  readonly device: string | null;
  /** Nobody outside may speak to them. */
  readonly addresses: readonly IpAddress[];
  readonly bearer: Bearer;
}

/** The tunnel's own datagrams. */
export interface Bearer {
  readonly mark: number;
  readonly endpoints: readonly { readonly address: IpAddress; readonly port: number }[];
}

/** @throws Failure for an endpoint that is no literal address */
export function policyFor({ lockdown, tunnels }: ProtectionState, networks: LocalNetworks): FirewallPolicy {
  const wanted = tunnels.filter(({ state }) => state !== 'disconnected');
  const isClosed = lockdown || wanted.some(({ killSwitch }) => killSwitch);
  const live = wanted.filter(({ state }) => state !== 'error');
  const full = live.find(({ isFull, device }) => isFull && device !== null);
  const isGuarding = isClosed || full !== undefined;

  const devices = new Set(tunnels.map(({ device }) => device));
  const isForeign = ({ device }: OnLinkNetwork) => !devices.has(device);
  // Each that closes the machine, or takes all its traffic, has to agree.
  const deciding = wanted.filter(({ isFull, killSwitch }) => isFull || killSwitch);
  const opensLan = deciding.length > 0 && deciding.every(({ allowLan }) => allowLan);
  return {
    isClosed,
    guardsDns: isGuarding,
    tunnels: isGuarding ? live.map(guardedTunnel) : [],
    bypassMark: full?.mark ?? null,
    bridges: isGuarding ? networks.bridges : [],
    outside: isClosed ? networks.outside.filter((device) => !devices.has(device)) : [],
    lan: isClosed && opensLan ? networks.lan.filter(isForeign) : [],
  };
}

function guardedTunnel({ device, addresses, mark, endpoints }: ProtectedTunnel): GuardedTunnel {
  return {
    device,
    addresses: addresses.map(({ address }) => address),
    bearer: {
      mark,
      endpoints: endpoints.map(({ address, port }) => ({ address: literal(address), port })),
    },
  };
}

/** A zone names the link, which the mark's routing has chosen already. */
function literal(text: string): IpAddress {
  const address = IpAddress.parse(text.split('%', 1)[0] ?? '');
  if (address === null) throw new Failure('an endpoint is not an address', `at ${text}`);
  return address;
}
