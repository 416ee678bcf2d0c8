import { createHash } from 'node:crypto';

/** Of a config, SHA-256 in hex: by it a client says which one it has read. */
export function digestOf(config: string | Uint8Array): string {
  return createHash('sha256').update(config).digest('hex');
}
