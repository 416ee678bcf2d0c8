/** [Interface] on its way to an InterfaceConfig. Several are one, and the last of a repeated value counts. */
import { PrivateKey } from '../crypto/keys.ts';
import { assertNever, ConfigError } from '../errors.ts';
import { sentence } from '../sentence.ts';
import type { IpAddress, IpPrefix } from '../wire/ip-prefix.ts';
import {
  parseAddresses,
  parseDns,
  parseFwMark,
  parseListenPort,
  parseMtu,
  parseSaveConfig,
  parseTable,
} from './interface-values.ts';
import { isKillSwitchRecipe } from './kill-switch-recipe.ts';
import { parseKey, type Setting, type SettingKey } from './setting.ts';
import type { InterfaceConfig, RoutingTable } from './tunnel-config.ts';
import type { Warn } from './warning.ts';

type HookKey = 'PreUp' | 'PostUp' | 'PreDown' | 'PostDown';

export type InterfaceKey =
  | 'PrivateKey'
  | 'ListenPort'
  | 'FwMark'
  | 'Address'
  | 'DNS'
  | 'MTU'
  | 'Table'
  | HookKey
  | 'SaveConfig';

export const INTERFACE_KEYS: readonly SettingKey<InterfaceKey>[] = [
  { name: 'PrivateKey', reader: 'wg', repeated: 'last-counts' },
  { name: 'ListenPort', reader: 'wg', repeated: 'last-counts' },
  { name: 'FwMark', reader: 'wg', repeated: 'last-counts' },
  { name: 'Address', reader: 'wg-quick', repeated: 'adds-up' },
  { name: 'DNS', reader: 'wg-quick', repeated: 'adds-up' },
  { name: 'MTU', reader: 'wg-quick', repeated: 'last-counts' },
  { name: 'Table', reader: 'wg-quick', repeated: 'last-counts' },
  { name: 'PreUp', reader: 'hook', repeated: 'adds-up' },
  { name: 'PostUp', reader: 'hook', repeated: 'adds-up' },
  { name: 'PreDown', reader: 'hook', repeated: 'adds-up' },
  { name: 'PostDown', reader: 'hook', repeated: 'adds-up' },
  { name: 'SaveConfig', reader: 'wg-quick', repeated: 'last-counts' },
];

/** What [Interface] said so far. */
export interface InterfaceSection {
  privateKey: PrivateKey | null;
  listenPort: number | null;
  fwMark: number | null;
  readonly addresses: IpPrefix[];
  readonly servers: IpAddress[];
  readonly searchDomains: string[];
  /** Of the first search domain. */
  searchDomainLine: number | null;
  mtu: number | null;
  table: RoutingTable;
  readonly hooks: Record<HookKey, string[]>;
  saveConfig: boolean | null;
}

export function emptyInterfaceSection(): InterfaceSection {
  return {
    privateKey: null,
    listenPort: null,
    fwMark: null,
    addresses: [],
    servers: [],
    searchDomains: [],
    searchDomainLine: null,
    mtu: null,
    table: { kind: 'auto' },
    hooks: { PreUp: [], PostUp: [], PreDown: [], PostDown: [] },
    saveConfig: null,
  };
}

/** @throws ConfigError for a value that its key does not take */
export function applyInterfaceSetting(
  section: InterfaceSection,
  setting: Setting<InterfaceKey>,
  warn: Warn,
): void {
  const empty = setting.value === '' && setting.key !== 'SaveConfig';
  if (empty)
    warn(
      'empty-value',
      setting.line,
      sentence(/*i18n*/ '{key} has no value, which is as if it were left out', { key: setting.key }),
    );
  switch (setting.key) {
    case 'PrivateKey':
      section.privateKey = parsePrivateKey(setting, warn);
      return;
    case 'ListenPort':
      section.listenPort = parseListenPort(setting);
      return;
    case 'FwMark':
      section.fwMark = parseFwMark(setting);
      return;
    case 'Address':
      if (!empty) for (const address of parseAddresses(setting, warn)) section.addresses.push(address);
      return;
    case 'DNS':
      if (!empty) applyDns(section, setting, warn);
      return;
    case 'MTU':
      section.mtu = empty ? null : parseMtu(setting);
      return;
    case 'Table':
      section.table = empty ? { kind: 'auto' } : parseTable(setting);
      return;
    case 'PreUp':
    case 'PostUp':
    case 'PreDown':
    case 'PostDown':
      if (!empty) applyHook(section, setting.key, setting, warn);
      return;
    case 'SaveConfig':
      section.saveConfig = parseSaveConfig(setting);
      if (section.saveConfig)
        warn(
          'save-config-ignored',
          setting.line,
          sentence(/*i18n*/ 'SaveConfig is kept for export; nothing is saved by itself', {}),
        );
      return;
    default:
      assertNever(setting.key);
  }
}

/** @param line the 1-based line of the first [Interface], or 1 in a file without one */
export function interfaceOfSection(section: InterfaceSection, line: number, warn: Warn): InterfaceConfig {
  const { servers, searchDomains, hooks, privateKey, listenPort, fwMark, addresses, mtu, table, saveConfig } =
    section;
  if (privateKey === null)
    warn('no-private-key', line, sentence(/*i18n*/ 'there is no private key; add one to connect', {}));
  if (section.searchDomainLine !== null && servers.length === 0) {
    warn(
      'search-domains-only',
      section.searchDomainLine,
      sentence(
        /*i18n*/ 'DNS names search domains and no server, so it sets nothing; add the address of a server',
        {},
      ),
    );
  }
  return {
    privateKey,
    listenPort,
    fwMark,
    addresses,
    dns: { servers, searchDomains },
    mtu,
    table,
    hooks: { preUp: hooks.PreUp, postUp: hooks.PostUp, preDown: hooks.PreDown, postDown: hooks.PostDown },
    saveConfig,
  };
}

function parsePrivateKey(setting: Setting, warn: Warn): PrivateKey | null {
  const bytes = parseKey(setting);
  if (bytes.some((byte) => byte !== 0)) return new PrivateKey(bytes);
  warn(
    'no-private-key',
    setting.line,
    sentence(/*i18n*/ 'an all-zero PrivateKey is none; put in your own', {}),
  );
  return null;
}

function applyDns(section: InterfaceSection, setting: Setting, warn: Warn): void {
  const { servers, searchDomains } = parseDns(setting, warn);
  for (const server of servers) section.servers.push(server);
  for (const domain of searchDomains) section.searchDomains.push(domain);
  if (searchDomains.length > 0) section.searchDomainLine ??= setting.line;
}

/**
 * A shell takes a carriage return for a letter, an editor for the end of a line: what follows would be a setting there.
 * No command needs one, or another control character than a tab.
 */
export function hasControlCharacter(hook: string): boolean {
  return /(?!\t)\p{Cc}/u.test(hook);
}

function applyHook(section: InterfaceSection, key: HookKey, setting: Setting, warn: Warn): void {
  if (hasControlCharacter(setting.value))
    throw new ConfigError(
      sentence(
        /*i18n*/ '{key} has a control character in its command, such as a carriage return; take it out',
        { key },
      ),
      setting.line,
    );
  if (Object.values(section.hooks).every((commands) => commands.length === 0))
    warn('hooks-not-run', setting.line, sentence(/*i18n*/ 'hooks are kept and shown, but never run', {}));
  if (key === 'PostUp' && isKillSwitchRecipe(setting.value)) {
    warn(
      'kill-switch-recipe',
      setting.line,
      sentence(
        /*i18n*/ "this PostUp is wg-quick's kill switch: it is never run; Wayfare's own kill switch, in the tunnel's settings, does its work",
        {},
      ),
    );
  }
  section.hooks[key].push(setting.value);
}
