/**
 * [Peer] sections on their way to peers. A section is what the device is told in one go: two with the same public key
 * update one peer, and a section replaces the peer's allowed IPs unless it changes them with `+` and `-`
 * (wireguard-tools src/config.c, src/ipc-uapi.h; the cross-platform UAPI's `replace_allowed_ips`).
 */
import { MAX_PEERS } from '../constants.ts';
import { PresharedKey, PublicKey } from '../crypto/keys.ts';
import { assertNever, ConfigError } from '../errors.ts';
import { sentence } from '../sentence.ts';
import { IpPrefix } from '../wire/ip-prefix.ts';
import { parseEndpoint } from './endpoint.ts';
import { parseDecimal, parseKey, refuse, type Setting, type SettingKey } from './setting.ts';
import type { EndpointConfig, PeerConfig } from './tunnel-config.ts';
import type { Warn } from './warning.ts';

const MAX_KEEPALIVE_SECONDS = 65_535;

export type PeerKey = 'PublicKey' | 'PresharedKey' | 'AllowedIPs' | 'Endpoint' | 'PersistentKeepalive';

export const PEER_KEYS: readonly SettingKey<PeerKey>[] = [
  { name: 'PublicKey', reader: 'wg', repeated: 'last-counts' },
  { name: 'PresharedKey', reader: 'wg', repeated: 'last-counts' },
  { name: 'AllowedIPs', reader: 'wg', repeated: 'adds-up' },
  { name: 'Endpoint', reader: 'wg', repeated: 'last-counts' },
  { name: 'PersistentKeepalive', reader: 'wg', repeated: 'last-counts' },
];

interface AllowedIpChange {
  readonly line: number;
  readonly prefix: IpPrefix;
  readonly removes: boolean;
}

export interface PeerSection {
  /** Of its `[Peer]`. */
  readonly line: number;
  publicKey: PublicKey | null;
  /** Null: the file says none. Undefined: it says nothing. The same for the other two. */
  presharedKey: PresharedKey | null | undefined;
  endpoint: EndpointConfig | undefined;
  persistentKeepalive: number | undefined;
  replacesAllowedIps: boolean;
  readonly allowedIpChanges: AllowedIpChange[];
}

export function emptyPeerSection(line: number): PeerSection {
  return {
    line,
    publicKey: null,
    presharedKey: undefined,
    endpoint: undefined,
    persistentKeepalive: undefined,
    replacesAllowedIps: true,
    allowedIpChanges: [],
  };
}

/** @throws ConfigError for a value that its key does not take */
export function applyPeerSetting(section: PeerSection, setting: Setting<PeerKey>, warn: Warn): void {
  switch (setting.key) {
    case 'PublicKey':
      section.publicKey = parsePublicKey(setting, warn);
      return;
    case 'PresharedKey':
      section.presharedKey = parsePresharedKey(setting);
      return;
    case 'AllowedIPs':
      readAllowedIps(section, setting, warn);
      return;
    case 'Endpoint':
      section.endpoint = parseEndpoint(setting, warn);
      return;
    case 'PersistentKeepalive':
      section.persistentKeepalive = parsePersistentKeepalive(setting);
      return;
    default:
      assertNever(setting.key);
  }
}

function parsePublicKey(setting: Setting, warn: Warn): PublicKey {
  const key = new PublicKey(parseKey(setting));
  if (key.isZero()) {
    warn(
      'unreachable-peer',
      setting.line,
      sentence(/*i18n*/ "an all-zero public key is nobody's; ask for the peer's own", {}),
    );
  }
  return key;
}

function parsePresharedKey(setting: Setting): PresharedKey | null {
  const key = new PresharedKey(parseKey(setting));
  return key.isZero() ? null : key;
}

function parsePersistentKeepalive(setting: Setting): number {
  if (setting.value.toLowerCase() === 'off') return 0;
  const seconds = parseDecimal(setting.value, MAX_KEEPALIVE_SECONDS);
  const most = String(MAX_KEEPALIVE_SECONDS);
  return (
    seconds ??
    refuse(setting, /*i18n*/ '{setting}: write off, or seconds from 0 to {most}; 25 is usual', { most })
  );
}

/** As in wg(8), the last line of allowed IPs decides whether the section's replace the peer's. */
function readAllowedIps(section: PeerSection, setting: Setting, warn: Warn): void {
  section.replacesAllowedIps = true;
  for (const item of setting.value.split(',')) {
    if (item === '')
      refuse(
        setting,
        /*i18n*/ '{setting}: a value is missing beside a comma; write the prefix or take the comma out',
        {},
      );
    const sign = item[0] === '+' || item[0] === '-' ? item[0] : '';
    if (sign !== '') section.replacesAllowedIps = false;
    const prefix = IpPrefix.parse(item.slice(sign.length));
    if (prefix === null) {
      refuse(
        setting,
        /*i18n*/ '{setting}: write an address with a decimal prefix length, such as 10.0.0.0/8 or fd00::/64',
        {},
        item,
      );
    }
    const masked = prefix.masked();
    if (!masked.equals(prefix))
      warn(
        'host-bits-masked',
        setting.line,
        sentence(/*i18n*/ '{written} was read as {read}', { written: String(prefix), read: String(masked) }),
      );
    section.allowedIpChanges.push({ line: setting.line, prefix: masked, removes: sign === '-' });
  }
}

interface PeerDraft {
  readonly publicKey: PublicKey;
  presharedKey: PresharedKey | null;
  endpoint: EndpointConfig | null;
  persistentKeepalive: number | null;
  /** By their text, which makes adding and removing constant-time. */
  readonly allowedIps: Map<string, IpPrefix>;
}

/** @throws ConfigError for a section without public key, and past 65,536 sections */
export function peersOfSections(sections: readonly PeerSection[], warn: Warn): PeerConfig[] {
  const excess = sections[MAX_PEERS];
  if (excess !== undefined)
    throw new ConfigError(
      sentence(/*i18n*/ '[Peer] number {number}; a tunnel has at most {most} peers', {
        number: String(MAX_PEERS + 1),
        most: String(MAX_PEERS),
      }),
      excess.line,
    );
  const drafts = new Map<string, PeerDraft>();
  for (const section of sections) {
    if (section.publicKey === null) {
      throw new ConfigError(
        sentence(/*i18n*/ '[Peer] has no PublicKey; add the one that the peer gave you', {}),
        section.line,
      );
    }
    const name = section.publicKey.toBase64();
    const known = drafts.get(name);
    if (known !== undefined)
      warn(
        'repeated-peer',
        section.line,
        sentence(/*i18n*/ '{key} has a [Peer] already; what this one says replaces that', { key: name }),
      );
    const draft = known ?? emptyPeerDraft(section.publicKey);
    drafts.set(name, draft);
    updatePeer(draft, section, warn);
  }
  const peers = [...drafts.values()].map((draft) => ({
    ...draft,
    allowedIps: [...draft.allowedIps.values()],
  }));
  warnOfMovedAllowedIps(sections, peers, warn);
  return peers;
}

function emptyPeerDraft(publicKey: PublicKey): PeerDraft {
  return { publicKey, presharedKey: null, endpoint: null, persistentKeepalive: null, allowedIps: new Map() };
}

function updatePeer(draft: PeerDraft, section: PeerSection, warn: Warn): void {
  if (section.presharedKey !== undefined) draft.presharedKey = section.presharedKey;
  if (section.endpoint !== undefined) draft.endpoint = section.endpoint;
  if (section.persistentKeepalive !== undefined) draft.persistentKeepalive = section.persistentKeepalive;
  if (section.replacesAllowedIps) draft.allowedIps.clear();
  for (const { prefix, removes, line } of section.allowedIpChanges) {
    const text = prefix.toString();
    if (!removes) draft.allowedIps.set(text, prefix);
    else if (!draft.allowedIps.delete(text))
      warn(
        'allowed-ip-not-removed',
        line,
        sentence(/*i18n*/ '-{prefix} removes nothing: the peer had no such allowed IP', { prefix: text }),
      );
  }
}

/** A prefix belongs to one peer, the last that claims it (cryptokey routing, paper §2). */
function warnOfMovedAllowedIps(
  sections: readonly PeerSection[],
  peers: readonly PeerConfig[],
  warn: Warn,
): void {
  const owners = new Map<string, PeerConfig>();
  const moved = new Set<string>();
  for (const peer of peers) {
    for (const prefix of peer.allowedIps) {
      const text = prefix.toString();
      if (owners.has(text)) moved.add(text);
      owners.set(text, peer);
    }
  }
  if (moved.size === 0) return;
  for (const { line, prefix, removes } of sections.flatMap((section) => section.allowedIpChanges)) {
    const text = prefix.toString();
    if (removes || !moved.delete(text)) continue;
    const owner = owners.get(text)?.publicKey;
    warn(
      'allowed-ip-moved',
      line,
      sentence(/*i18n*/ '{prefix} is at several peers; only the last, {key}, gets its packets', {
        prefix: text,
        key: String(owner),
      }),
    );
  }
}
