/** Short forms for the tests of `.conf` texts. */
import type { InterfaceConfig, PeerConfig } from '../../../engine/config/tunnel-config.ts';
import { type ParsedConf, parseWgQuick, type WarningKind } from '../../../engine/config/wg-quick.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { inInterface, inPeer } from '../../vectors/conf/conf-case.ts';

export function read(text: string): ParsedConf {
  return parseWgQuick(Buffer.from(text));
}

/** The [Interface] that a private key and these lines make. */
export function readInterface(...lines: readonly string[]): InterfaceConfig {
  return read(inInterface(...lines)).config.interface;
}

/** The peer that a public key and these lines make. */
export function readPeer(...lines: readonly string[]): PeerConfig {
  return read(inPeer(...lines)).config.peers[0]!;
}

export function warningKinds(text: string): WarningKind[] {
  return read(text).warnings.map(({ kind }) => kind);
}

/** The message with which a text is refused. */
export function refusal(text: string | Uint8Array): string {
  try {
    parseWgQuick(typeof text === 'string' ? Buffer.from(text) : text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the text was accepted');
}

export function texts(values: readonly { toString(): string }[]): string[] {
  return values.map(String);
}
