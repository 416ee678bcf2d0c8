/**
 * Writes the `.conf` of wg-quick(8) so that every client reads it: one [Interface], the manual's order of keys, commas
 * between values, numbers and never `off`, no comments, nothing that is not set.
 */
import { assertNever, ConfigError } from '../errors.ts';
import { formatEndpoint, isHost } from './endpoint.ts';
import { hasControlCharacter } from './interface-section.ts';
import { isSearchDomain } from './interface-values.ts';
import type { InterfaceConfig, PeerConfig, RoutingTable, TunnelConfig } from './tunnel-config.ts';

/**
 * The text that `parseWgQuick` reads back as the same configuration. It holds the private key.
 *
 * @throws ConfigError for a hook, host or search domain that would not be read back, such as one with a line break
 */
export function writeWgQuick(config: TunnelConfig): string {
  return [interfaceLines(config.interface), ...config.peers.map(peerLines)]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function interfaceLines(config: InterfaceConfig): string[] {
  const { dns, hooks } = config;
  return [
    '[Interface]',
    ...setting('PrivateKey', config.privateKey?.toBase64()),
    ...setting('ListenPort', config.listenPort),
    ...setting('FwMark', config.fwMark),
    ...setting('Address', config.addresses.join(', ')),
    ...setting('DNS', [...dns.servers, ...dns.searchDomains.map(checkedSearchDomain)].join(', ')),
    ...setting('MTU', config.mtu),
    ...setting('Table', tableText(config.table)),
    ...hooks.preUp.flatMap((hook) => setting('PreUp', checkedHook(hook))),
    ...hooks.postUp.flatMap((hook) => setting('PostUp', checkedHook(hook))),
    ...hooks.preDown.flatMap((hook) => setting('PreDown', checkedHook(hook))),
    ...hooks.postDown.flatMap((hook) => setting('PostDown', checkedHook(hook))),
    ...setting('SaveConfig', config.saveConfig),
  ];
}

function peerLines(peer: PeerConfig): string[] {
  return [
    '[Peer]',
    ...setting('PublicKey', peer.publicKey.toBase64()),
    ...setting('PresharedKey', peer.presharedKey?.toBase64()),
    ...setting('AllowedIPs', peer.allowedIps.join(', ')),
    ...setting('Endpoint', peer.endpoint === null ? null : checkedEndpoint(peer.endpoint)),
    ...setting('PersistentKeepalive', peer.persistentKeepalive),
  ];
}

/** One line, or none where there is nothing to say: no client reads an empty value everywhere. */
function setting(key: string, value: string | number | boolean | null | undefined): string[] {
  return value === null || value === undefined || value === '' ? [] : [`${key} = ${value}`];
}

function tableText(table: RoutingTable): string | null {
  switch (table.kind) {
    case 'auto':
      return null;
    case 'off':
      return 'off';
    case 'number':
      return String(table.number);
    case 'name':
      return table.name;
    default:
      return assertNever(table);
  }
}

function checkedHook(hook: string): string {
  if (hook === '' || hook !== hook.trim() || hasControlCharacter(hook))
    throw new ConfigError(
      'a hook must be one line, without white space at its ends and control characters; take them out',
    );
  return hook;
}

function checkedSearchDomain(domain: string): string {
  if (!isSearchDomain(domain)) throw new ConfigError('a search domain is no domain name; correct it');
  return domain;
}

function checkedEndpoint(endpoint: { host: string; port: number }): string {
  if (!isHost(endpoint.host)) throw new ConfigError("a peer's endpoint has no valid host; correct it");
  return formatEndpoint(endpoint);
}
