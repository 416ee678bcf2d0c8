/** The answer to `get=1` (https://www.wireguard.com/xplatform/#example-dialog). */
import type { EngineControl } from './control.ts';

const ZERO_KEY = '0'.repeat(64);

/** @returns `key=value` lines, without the closing `errno=0` */
export function describeDevice({ device, link }: EngineControl): string[] {
  const lines: string[] = [];
  if (device.privateKey !== null) lines.push(`private_key=${device.privateKey.toHex()}`);
  if (link.listenPort !== 0) lines.push(`listen_port=${link.listenPort}`);
  if (link.mark !== 0) lines.push(`fwmark=${link.mark}`);
  for (const peer of device.peers()) {
    lines.push(
      `public_key=${peer.publicKey.toHex()}`,
      `preshared_key=${peer.presharedKey?.toHex() ?? ZERO_KEY}`,
      'protocol_version=1',
    );
    if (peer.endpoint !== null) lines.push(`endpoint=${peer.endpoint}`);
    const seconds = Math.floor(peer.latestHandshakeMs / 1_000);
    const nanoseconds = Math.floor((peer.latestHandshakeMs % 1_000) * 1_000_000);
    lines.push(
      `last_handshake_time_sec=${seconds}`,
      `last_handshake_time_nsec=${nanoseconds}`,
      `tx_bytes=${peer.txBytes}`,
      `rx_bytes=${peer.rxBytes}`,
      `persistent_keepalive_interval=${peer.persistentKeepaliveSeconds}`,
    );
    for (const prefix of device.allowedIpsOf(peer)) lines.push(`allowed_ip=${prefix}`);
  }
  return lines;
}
