/** From the bytes of a `.conf` to what is stored of it, and to what a person is told. */
import type { Hooks } from '../../engine/config/tunnel-config.ts';
import { tunnelNameFromFile } from '../../engine/config/tunnel-name.ts';
import { type ParsedConf, parseWgQuick, writeWgQuick } from '../../engine/config/wg-quick.ts';
import { ConfigError } from '../../engine/errors.ts';
import { Failure } from '../failure.ts';
import { type ImportSummary, MAX_CONFIG_BYTES } from '../ipc/contract.ts';
import { configuredEndpoint, dnsTexts } from './status.ts';

export interface Conf {
  readonly parsed: ParsedConf;
  /** As it is stored: what every client reads. */
  readonly text: string;
}

/** @param fileName for its failures. @throws Failure */
export function readConf(bytes: Uint8Array, fileName: string): Conf {
  const parsed = parse(bytes, fileName);
  const text = writeWgQuick(parsed.config);
  const length = Buffer.byteLength(text);
  if (length > MAX_CONFIG_BYTES)
    throw new Failure(
      `written out in full the tunnel takes ${length} bytes, and ${MAX_CONFIG_BYTES} are the most`,
      `in ${fileName}`,
      'join its allowed IPs to fewer, larger prefixes',
    );
  return { parsed, text };
}

function parse(bytes: Uint8Array, fileName: string): ParsedConf {
  try {
    return parseWgQuick(bytes);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message, `in ${fileName}`);
    throw error;
  }
}

/**
 * A file that has a tunnel's name keeps it, and is refused where that name is taken: importing a file twice is mostly
 * a mistake. A name that had to be made up gets a suffix instead.
 */
export function nameFor(fileName: string, taken: readonly string[]): string {
  const own = fileName.replace(/\.conf$/i, '');
  return tunnelNameFromFile(fileName) === own ? own : tunnelNameFromFile(fileName, taken);
}

/** What a person is told of it. No secrets. */
export function importSummary(name: string, { config, warnings }: ParsedConf): ImportSummary {
  return {
    name,
    addresses: config.interface.addresses.map(String),
    dns: dnsTexts(config),
    peers: config.peers.map((peer) => ({
      publicKey: peer.publicKey.toBase64(),
      endpoint: configuredEndpoint(peer),
      allowedIps: peer.allowedIps.map(String),
    })),
    hooks: hookTexts(config.interface.hooks),
    warnings: warnings.map(({ kind, line, message }) => ({ kind, line, message })),
  };
}

function hookTexts({ preUp, postUp, preDown, postDown }: Hooks): ImportSummary['hooks'] {
  const byKey = Object.entries({ PreUp: preUp, PostUp: postUp, PreDown: preDown, PostDown: postDown });
  return byKey.flatMap(([key, texts]) => texts.map((text) => ({ key, text })));
}
