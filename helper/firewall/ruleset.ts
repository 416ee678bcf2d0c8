/**
 * A policy as nft(8) text. One script takes away what stands and defines the new tables; the kernel takes it whole or
 * not at all. While it changes over, a packet may meet the new chains before their policy is in force, or the old ones
 * without their rules: so a closed chain ends in a rule that refuses, and has that as its policy too. NOTE: a packet that
 * is to pass may be dropped then.
 *
 * - `inet wayfare` decides about IP.
 * - `netdev wayfare` stands once more behind each device that leads outside, for what raw sockets (packet(7)) send past
 *   the first.
 * - `arp wayfare` keeps the tunnel's addresses silent on the local network, and finds the way for the answers about the
 *   others.
 */
import type { IpAddress, IpFamily } from '../../engine/wire/ip-prefix.ts';
import type { Bearer, FirewallPolicy, GuardedTunnel } from './policy.ts';

type Lines = readonly string[];
type Protocol = 'ip' | 'ip6';

const BACKSTOP = 'netdev wayfare';
/** It stands whatever is guarded. */
export const GUARD_TABLE = 'inet wayfare';
const TABLES = [GUARD_TABLE, BACKSTOP, 'arp wayfare'];

const REJECT = 'reject with icmpx admin-prohibited';
/** RFC 2131: a client without a lease, or without an answer from its server, asks everybody. */
const DHCP_OUT = [
  'udp sport 68 ip daddr 255.255.255.255 udp dport 67 accept',
  'ip6 saddr fe80::/10 udp sport 546 ip6 daddr { ff02::1:2, ff05::1:3 } udp dport 547 accept',
];
const DHCP_IN = [
  'meta nfproto ipv4 udp sport 67 udp dport 68 accept',
  'ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept',
];
/** RFC 4861: with a hop limit of 255 nothing has come, or will go, across a router. */
const NEIGHBOURS_OUT = [
  'icmpv6 type nd-router-solicit ip6 hoplimit 255 ip6 daddr ff02::2 accept',
  'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
];
const NEIGHBOURS_IN = [
  'icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
];
/** DNS, NetBIOS names, DNS over TLS and QUIC, multicast DNS, LLMNR. */
const DNS = 'meta l4proto { tcp, udp } th dport { 53, 137, 853, 5353, 5355 }';

/** @param hasBackstop whether there are egress hooks */
export function ruleset(policy: FirewallPolicy, hasBackstop: boolean): string {
  const removed = TABLES.filter((name) => hasBackstop || name !== BACKSTOP);
  const backstop = hasBackstop ? netdevTable(policy) : [];
  return text([...removal(removed), ...inetTable(policy), ...arpTable(policy), ...backstop]);
}

/** @returns the tables that a script of {@link ruleset} leaves, as `nft list tables` names them */
export function tablesIn(script: string): Lines {
  return [...script.matchAll(/^table (\S+ \S+) \{/gm)].map(([, name = '']) => name);
}

/** @param tables as `nft list tables` names them, which may be somebody else's */
export function removalOf(tables: Lines): string {
  return text(removal(tables.filter((name) => TABLES.includes(name))));
}

/** A table that is not there is added first, so that it can be deleted. */
function removal(tables: Lines): Lines {
  return tables.flatMap((name) => [`add table ${name}`, `delete table ${name}`]);
}

function inetTable(policy: FirewallPolicy): Lines {
  if (!policy.isClosed && !policy.guardsDns) return [];
  return table('inet wayfare', [
    ...chain('guard', 'prerouting priority raw; policy accept', policy.tunnels.flatMap(guard)),
    ...chain('bearers', 'prerouting priority mangle; policy accept', policy.tunnels.flatMap(markAnswers)),
    ...chain('output', `output priority filter; policy ${verdict(policy)}`, output(policy)),
    ...chain('forward', `forward priority filter; policy ${verdict(policy)}`, forward(policy)),
    ...chain('input', `input priority filter; policy ${verdict(policy)}`, input(policy)),
  ]);
}

function verdict({ isClosed }: FirewallPolicy): string {
  return isClosed ? 'drop' : 'accept';
}

function output(policy: FirewallPolicy): Lines {
  return [
    'oifname "lo" accept',
    ...policy.tunnels.flatMap(refuseLoop),
    ...policy.tunnels.flatMap(({ bearer }) => acceptBearer(bearer)),
    ...accept('oifname', innerDevices(policy)),
    ...(policy.isClosed ? [...DHCP_OUT, ...NEIGHBOURS_OUT] : []),
    ...(policy.guardsDns ? [`${DNS} ${REJECT}`] : []),
    ...policy.lan.map(
      ({ device, prefix }) => `oifname "${device}" ${protocolOf(prefix)} daddr ${prefix} accept`,
    ),
    ...(policy.isClosed ? [REJECT] : []),
  ];
}

/** Containers stay among themselves and the tunnels, and reach the local network where this machine may. */
function forward(policy: FirewallPolicy): Lines {
  const inner = names(innerDevices(policy));
  const bridges = names(policy.bridges);
  return [
    ...(inner === '' ? [] : [`iifname ${inner} oifname ${inner} accept`]),
    ...(policy.guardsDns ? [`${DNS} ${REJECT}`] : []),
    ...(bridges === '' ? [] : policy.lan).flatMap(({ device, prefix }) => [
      `iifname ${bridges} oifname "${device}" ${protocolOf(prefix)} daddr ${prefix} accept`,
      `iifname "${device}" ${protocolOf(prefix)} saddr ${prefix} oifname ${bridges} accept`,
    ]),
    ...(policy.isClosed ? [REJECT] : []),
  ];
}

function input(policy: FirewallPolicy): Lines {
  if (!policy.isClosed) return [];
  return [
    'iifname "lo" accept',
    ...policy.tunnels.flatMap(({ bearer }) =>
      endpointSets(bearer).map(({ protocol, members }) => `${protocol} saddr . udp sport ${members} accept`),
    ),
    ...accept('iifname', innerDevices(policy)),
    ...DHCP_IN,
    ...NEIGHBOURS_IN,
    // Such as "packet too big" about a bearer's datagram.
    'meta l4proto { icmp, icmpv6 } ct state related accept',
    ...policy.lan.map(
      ({ device, prefix }) => `iifname "${device}" ${protocolOf(prefix)} saddr ${prefix} accept`,
    ),
    'drop',
  ];
}

/** CVE-2019-14899: who may speak to the tunnel's address from outside can find out what is spoken inside. */
function guard({ device, addresses }: GuardedTunnel): Lines {
  const outside = device === null ? '' : `iifname != "${device}" `;
  return addressSets(addresses).map(
    ({ protocol, members }) => `${outside}${protocol} daddr ${members} fib saddr type != local drop`,
  );
}

/**
 * Where rp_filter is 1, an answer needs the mark that the question had: by it, the way back is the way that it came. By
 * address alone, for fragments have no port.
 */
function markAnswers({ bearer }: GuardedTunnel): Lines {
  return bearerAddressSets(bearer).map(
    ({ protocol, members }) => `${protocol} saddr ${members} meta l4proto udp meta mark set ${bearer.mark}`,
  );
}

/** Whatever the routes say, a tunnel's datagrams never enter it. */
function refuseLoop({ device, bearer }: GuardedTunnel): Lines {
  if (device === null) return [];
  return endpointSets(bearer).map(
    ({ protocol, members }) =>
      `oifname "${device}" meta mark ${bearer.mark} ${protocol} daddr . udp dport ${members} drop`,
  );
}

function acceptBearer(bearer: Bearer): Lines {
  return endpointSets(bearer).map(
    ({ protocol, members }) => `meta mark ${bearer.mark} ${protocol} daddr . udp dport ${members} accept`,
  );
}

function arpTable({ tunnels, bypassMark }: FirewallPolicy): Lines {
  const silent = tunnels.flatMap(({ addresses }) =>
    addressSets(addresses)
      .filter(({ protocol }) => protocol === 'ip')
      .map(({ members }) => `arp daddr ip ${members} drop`),
  );
  // A router's question for our address is answered only where the route to the router is the way that it came.
  const past = bypassMark === null ? [] : [`meta mark set ${bypassMark}`];
  if (silent.length + past.length === 0) return [];
  return table('arp wayfare', chain('input', 'input priority filter; policy accept', [...silent, ...past]));
}

/** Frames that are not IP stay on their link, and keep it up: ARP, EAPOL, PPPoE. */
function netdevTable(policy: FirewallPolicy): Lines {
  if (policy.outside.length === 0) return [];
  return table(BACKSTOP, [
    'chain leave {',
    'meta protocol != { ip, ip6 } accept',
    ...policy.tunnels.flatMap(({ bearer }) => [...acceptBearer(bearer), ...acceptFragments(bearer)]),
    ...DHCP_OUT,
    ...NEIGHBOURS_OUT,
    `${DNS} drop`,
    ...policy.lan.map(
      ({ device, prefix }) => `oifname "${device}" ${protocolOf(prefix)} daddr ${prefix} accept`,
    ),
    'drop',
    '}',
    ...policy.outside.flatMap((device, i) =>
      chain(`egress${i}`, `egress device "${device}" priority filter; policy drop`, ['jump leave']),
    ),
  ]);
}

/** Behind the first fragment of a datagram there is no port to look at. */
function acceptFragments(bearer: Bearer): Lines {
  return bearerAddressSets(bearer).map(({ protocol, members }) => {
    const isFragment = protocol === 'ip' ? 'ip frag-off & 0x1fff != 0' : 'exthdr frag exists';
    return `meta mark ${bearer.mark} ${protocol} daddr ${members} ${isFragment} meta l4proto udp accept`;
  });
}

/** Everything that is not on its way outside in clear. */
function innerDevices({ tunnels, bridges }: FirewallPolicy): string[] {
  return [...tunnels.flatMap(({ device }) => (device === null ? [] : [device])), ...bridges];
}

function accept(direction: 'iifname' | 'oifname', devices: Lines): Lines {
  return devices.length === 0 ? [] : [`${direction} ${names(devices)} accept`];
}

/** The texts of one family's members, as nft writes a set. */
interface FamilySet {
  readonly protocol: Protocol;
  readonly members: string;
}

function addressSets(addresses: readonly IpAddress[]): FamilySet[] {
  return byFamily(addresses.map((address) => ({ family: address.family, text: String(address) })));
}

function bearerAddressSets({ endpoints }: Bearer): FamilySet[] {
  return addressSets(endpoints.map(({ address }) => address));
}

function endpointSets({ endpoints }: Bearer): FamilySet[] {
  return byFamily(
    endpoints.map(({ address, port }) => ({ family: address.family, text: `${address} . ${port}` })),
  );
}

function byFamily(members: readonly { readonly family: IpFamily; readonly text: string }[]): FamilySet[] {
  return ([4, 6] as const).flatMap((family) => {
    const texts = members.filter((member) => member.family === family).map(({ text }) => text);
    return texts.length === 0 ? [] : [{ protocol: protocolOf({ family }), members: set(texts) }];
  });
}

function protocolOf({ family }: { readonly family: IpFamily }): Protocol {
  return family === 4 ? 'ip' : 'ip6';
}

function names(devices: Lines): string {
  return devices.length === 0 ? '' : set(devices.map((device) => `"${device}"`));
}

function set(members: Lines): string {
  return `{ ${[...new Set(members)].join(', ')} }`;
}

function table(name: string, lines: Lines): Lines {
  return [`table ${name} {`, ...lines, '}'];
}

/** @param hook with its priority and policy */
function chain(name: string, hook: string, rules: Lines): Lines {
  return [`chain ${name} {`, `type filter hook ${hook};`, ...rules, '}'];
}

function text(lines: Lines): string {
  return lines.map((line) => `${line}\n`).join('');
}
