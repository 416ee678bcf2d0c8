/**
 * Reads the `.conf` of wg-quick(8). Where clients differ, Wayfare reads what any of them reads: wireguard-tools
 * (src/config.c and src/wg-quick/linux.bash), wireguard-windows, -android and -apple. `wg-quick-writer.ts` writes what
 * all of them read.
 */
import { ConfigError } from '../errors.ts';
import { inEnglish, sentence } from '../sentence.ts';
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
  const warn: Warn = (kind, line, said) =>
    warnings.push({ kind, line, message: inEnglish(said), sentence: said });
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
        this.warn(
          'repeated-interface',
          line,
          sentence(/*i18n*/ 'this [Interface] was read as one with the [Interface] of line {first}', {
            first: String(this.firstInterfaceLine),
          }),
        );
      }
      this.firstInterfaceLine ??= line;
      this.current = 'interface';
    } else if (section === 'peer') {
      this.current = emptyPeerSection(line);
      this.peerSections.push(this.current);
      this.keysOfPeer = new Set();
    } else {
      throw new ConfigError(
        sentence(/*i18n*/ '{section} is an unknown section; a tunnel has [Interface] and [Peer]', {
          section: shownName(text),
        }),
        line,
      );
    }
  }

  readSetting(written: SettingLine): void {
    if (this.current === 'none') {
      throw new ConfigError(
        sentence(/*i18n*/ '{key} is outside a section; put [Interface] or [Peer] above it{hint}', {
          key: knownName(written.key) ?? shownName(written.key),
          hint: commentHint(written.key),
        }),
        written.line,
      );
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
      throw new ConfigError(
        sentence(/*i18n*/ "there is no [Interface] and no [Peer]; check that this is a tunnel's file", {}),
        1,
      );
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
      this.warn(
        'repeated-key',
        line,
        sentence(/*i18n*/ '{key} was there already; the last one counts', { key: name }),
      );
    seen.add(name);
    const trimmed = reader === 'hook' ? written.uncutValue : written.value;
    const value = reader === 'wg' ? withoutWhiteSpace(trimmed) : trimmed;
    if (value === '' && reader === 'wg')
      throw new ConfigError(
        sentence(/*i18n*/ '{key} has no value; give it one or take the line out', { key: name }),
        line,
      );
    return { line, key: name, value };
  }

  private readUnknownKey({ key, line }: SettingLine, section: 'Interface' | 'Peer'): void {
    const ours = knownName(key);
    if (ours !== null) {
      const home = section === 'Peer' ? 'Interface' : 'Peer';
      throw new ConfigError(
        sentence(/*i18n*/ '{key} belongs in [{home}], not in [{section}]; move it there', {
          key: ours,
          home,
          section,
        }),
        line,
      );
    }
    const foreign = foreignKey(key);
    if (foreign === null) {
      throw new ConfigError(
        sentence(/*i18n*/ '{key} is an unknown key in [{section}]; correct it or take the line out{hint}', {
          key: shownName(key),
          section,
          hint: commentHint(key),
        }),
        line,
      );
    }
    const { client, meaning, verdict } = foreign;
    const named = { key: foreign.key, client, meaning: sentence(meaning, {}) };
    if (verdict === 'refused')
      throw new ConfigError(
        sentence(
          /*i18n*/ '{key} is a setting of {client} that {meaning}; ask for a plain WireGuard file',
          named,
        ),
        line,
      );
    this.warn(
      'foreign-key',
      line,
      sentence(/*i18n*/ '{key} is a setting of {client} that {meaning}; it was left out', named),
    );
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
