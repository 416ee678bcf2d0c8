/**
 * What STATE/tunnels/NAME.conf holds: the settings in a first line that wg-quick takes for a comment, then the `.conf`.
 *
 *     # wayfare {"version":2,"killSwitch":"automatic","allowLan":false}
 *
 * Version 1 had no such line. It is read as one with the defaults, and rewritten, whole, when something is changed.
 */
import * as z from 'zod';
import { MAX_CONFIG_BYTES } from '../ipc/contract.ts';
import { damaged, parseVersioned } from '../storage/versioned.ts';
import { DEFAULT_TUNNEL_SETTINGS, type TunnelSettings, tunnelSettings } from './settings.ts';

const VERSION = 2;
const MARK = '# wayfare ';
/** The longest `.conf`, and the line before it. */
export const MAX_TUNNEL_FILE_BYTES = MAX_CONFIG_BYTES + 1_024;

const firstLine = tunnelSettings.extend({ version: z.literal(VERSION) });

export interface StoredTunnel {
  /** The `.conf`, keys included. */
  readonly config: string;
  readonly settings: TunnelSettings;
}

export function formatTunnelFile({ config, settings }: StoredTunnel): string {
  return `${MARK}${JSON.stringify({ version: VERSION, ...settings })}\n${config}`;
}

/**
 * @param where for the failure, such as `at /var/lib/wayfare/tunnels/home.conf`
 * @throws Failure for a file that is damaged, or of a newer version
 */
export function parseTunnelFile(bytes: Uint8Array, where: string): StoredTunnel {
  const text = decode(bytes, where);
  if (!text.startsWith(MARK)) return { config: text, settings: DEFAULT_TUNNEL_SETTINGS };
  const end = text.indexOf('\n');
  if (end < 0) throw damaged(where);
  const { version: _, ...settings } = parseVersioned(text.slice(MARK.length, end), firstLine, VERSION, where);
  return { config: text.slice(end + 1), settings };
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(where);
  }
}
