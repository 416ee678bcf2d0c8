/**
 * Reads the `.conf` of wg-quick(8). Where clients differ, Wayfare reads what any of them reads: wireguard-tools
 * (src/config.c and src/wg-quick/linux.bash), wireguard-windows, -android and -apple. `wg-quick-writer.ts` writes what
 * all of them read.
 */
import { ConfigError } from '../errors.ts';
import {
  confLines,
  decodeConf,
  type SectionLine,
  type SettingLine,
  withoutWhiteSpace,
} from './conf-lines.ts';
import { foreignKey } from './foreign-keys.ts';
import {
  applyInterfaceSetting,
  emptyInterfaceSection,
  INTERFACE_KEYS,
  type InterfaceKey,
  interfaceOfSection,
} from './interface-section.ts';
import { commentHint, shownName } from './offender.ts';
import {
  applyPeerSetting,
  emptyPeerSection,
  PEER_KEYS,
  type PeerKey,
  type PeerSection,
  peersOfSections,
} from './peer-sections.ts';
import type { Setting, SettingKey } from './setting.ts';
import type { TunnelConfig } from './tunnel-config.ts';
import type { Warn, Warning } from './warning.ts';

export type { Warning, WarningKind } from './warning.ts';
export { writeWgQuick } from './wg-quick-writer.ts';

export interface ParsedConf {
  readonly config: TunnelConfig;
  /** In the order of their lines. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads a whole file or nothing of it.
 *
 * @param bytes in UTF-8 or UTF-16, at most 1 MiB
 * @throws ConfigError whose one-line message names the line, the offender, the reason and what to do, and never shows
 * a private or preshared key
 */
export function parseWgQuick(bytes: Uint8Array): ParsedConf {
  const warnings: Warning[] = [];
  const warn: Warn = (kind, line, message) => warnings.push({ kind, line, message });
  const reader = new ConfReader(warn);
  for (const line of confLines(decodeConf(bytes, warn))) {
    if (line.kind === 'section') reader.beginSection(line);
    else reader.readSetting(line);
  }
  const config = reader.finish();
  return { config, warnings: warnings.sort((a, b) => a.line - b.line) };
}

const INTERFACE_KEYS_BY_NAME = byLowerCaseName(INTERFACE_KEYS);
const PEER_KEYS_BY_NAME = byLowerCaseName(PEER_KEYS);

class ConfReader {
  private readonly warn: Warn;
  private readonly interfaceSection = emptyInterfaceSection();
  private readonly peerSections: PeerSection[] = [];
  private firstInterfaceLine: number | null = null;
  private current: 'none' | 'interface' | PeerSection = 'none';
  private readonly keysOfInterface = new Set<string>();
  private keysOfPeer = new Set<string>();

  constructor(warn: Warn) {
    this.warn = warn;
  }

  beginSection({ line, section, text }: SectionLine): void {
    if (section === 'interface') {
      if (this.firstInterfaceLine !== null) {
        const first = `the [Interface] of line ${this.firstInterfaceLine}`;
        this.warn('repeated-interface', line, `this [Interface] was read as one with ${first}`);
      }
      this.firstInterfaceLine ??= line;
      this.current = 'interface';
    } else if (section === 'peer') {
      this.current = emptyPeerSection(line);
      this.peerSections.push(this.current);
      this.keysOfPeer = new Set();
    } else {
      throw new ConfigError(
        `${shownName(text)} is an unknown section; a tunnel has [Interface] and [Peer]`,
        line,
      );
    }
  }

  readSetting(written: SettingLine): void {
    if (this.current === 'none') {
      const name = knownName(written.key) ?? shownName(written.key);
      const advice = `put [Interface] or [Peer] above it${commentHint(written.key)}`;
      throw new ConfigError(`${name} is outside a section; ${advice}`, written.line);
    }
    if (this.current === 'interface') {
      const key = findKey(INTERFACE_KEYS_BY_NAME, written.key);
      if (key === null) this.readUnknownKey(written, 'Interface');
      else {
        const setting = this.settingOf(written, key, this.keysOfInterface);
        applyInterfaceSetting(this.interfaceSection, setting, this.warn);
      }
    } else {
      const key = findKey(PEER_KEYS_BY_NAME, written.key);
      if (key === null) this.readUnknownKey(written, 'Peer');
      else applyPeerSetting(this.current, this.settingOf(written, key, this.keysOfPeer), this.warn);
    }
  }

  finish(): TunnelConfig {
    if (this.current === 'none')
      throw new ConfigError("there is no [Interface] and no [Peer]; check that this is a tunnel's file", 1);
    const interfaceConfig = interfaceOfSection(
      this.interfaceSection,
      this.firstInterfaceLine ?? 1,
      this.warn,
    );
    return { interface: interfaceConfig, peers: peersOfSections(this.peerSections, this.warn) };
  }

  private settingOf<Name extends string>(
    written: SettingLine,
    { name, reader, repeated }: SettingKey<Name>,
    seen: Set<string>,
  ): Setting<Name> {
    const { line } = written;
    if (repeated === 'last-counts' && seen.has(name))
      this.warn('repeated-key', line, `${name} was there already; the last one counts`);
    seen.add(name);
    const trimmed = reader === 'hook' ? written.uncutValue : written.value;
    const value = reader === 'wg' ? withoutWhiteSpace(trimmed) : trimmed;
    if (value === '' && reader === 'wg')
      throw new ConfigError(`${name} has no value; give it one or take the line out`, line);
    return { line, key: name, value };
  }

  private readUnknownKey({ key, line }: SettingLine, section: 'Interface' | 'Peer'): void {
    const ours = knownName(key);
    if (ours !== null) {
      const home = section === 'Peer' ? 'Interface' : 'Peer';
      throw new ConfigError(`${ours} belongs in [${home}], not in [${section}]; move it there`, line);
    }
    const foreign = foreignKey(key);
    if (foreign === null) {
      throw new ConfigError(
        `${shownName(key)} is an unknown key in [${section}]; correct it or take the line out${commentHint(key)}`,
        line,
      );
    }
    const named = `${foreign.key} is a setting of ${foreign.client} that ${foreign.meaning}`;
    if (foreign.verdict === 'refused')
      throw new ConfigError(`${named}; ask for a plain WireGuard file`, line);
    this.warn('foreign-key', line, `${named}; it was left out`);
  }
}

function byLowerCaseName<Name extends string>(
  keys: readonly SettingKey<Name>[],
): ReadonlyMap<string, SettingKey<Name>> {
  return new Map(keys.map((key) => [key.name.toLowerCase(), key]));
}

function findKey<Name extends string>(
  keys: ReadonlyMap<string, SettingKey<Name>>,
  written: string,
): SettingKey<Name> | null {
  const exact = keys.get(written.toLowerCase());
  if (exact !== undefined) return exact;
  const joined = keys.get(withoutWhiteSpace(written).toLowerCase());
  return joined?.reader === 'wg' ? joined : null;
}

function knownName(written: string): InterfaceKey | PeerKey | null {
  const key = findKey(INTERFACE_KEYS_BY_NAME, written) ?? findKey(PEER_KEYS_BY_NAME, written);
  return key?.name ?? null;
}
