/** What is in a `.conf`, for the preview of an import and the editor's margin. It is parsed and not stored. */

import { tunnelNameFromFile } from '../../engine/config/tunnel-name.ts';
import type { ParsedConf } from '../../engine/config/wg-quick.ts';
import { parseWgQuick } from '../../engine/config/wg-quick.ts';
import { PublicKey } from '../../engine/crypto/keys.ts';
import { dhKey } from '../../engine/crypto/primitives.ts';
import { ConfigError } from '../../engine/errors.ts';
import { isFullTunnel } from '../../helper/routes/full-tunnel.ts';
import { importSummary } from '../../helper/tunnel/conf.ts';
import type { Diagnostic, Inspection } from '../ipc/contract.ts';

export function inspect(fileName: string, bytes: Uint8Array): Inspection {
  const name = tunnelNameFromFile(fileName);
  try {
    const parsed = parseWgQuick(bytes);
    return { name, summary: summaryOf(name, parsed), diagnostics: warningsOf(parsed) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { line, said: message, sentence } = error;
    return { name, summary: null, diagnostics: [{ severity: 'error', line, message, sentence }] };
  }
}

function summaryOf(name: string, parsed: ParsedConf): Inspection['summary'] {
  const { addresses, dns, peers, hooks } = importSummary(name, parsed);
  const { privateKey } = parsed.config.interface;
  return {
    addresses,
    dns,
    peers,
    hooks,
    publicKey: privateKey === null ? null : new PublicKey(dhKey(privateKey.bytes).publicKey).toBase64(),
    isFullTunnel: isFullTunnel(parsed.config.peers.flatMap((peer) => peer.allowedIps)),
  };
}

function warningsOf({ warnings }: ParsedConf): Diagnostic[] {
  return warnings.map(({ line, message, sentence }) => ({ severity: 'warning', line, message, sentence }));
}
