/** Tunnels as one `.zip`. */
import { zipSync } from 'fflate';

export interface NamedConf {
  readonly name: string;
  readonly config: string;
}

/** @param now the time that its files carry */
export function archiveOf(confs: readonly NamedConf[], now: Date): Uint8Array<ArrayBuffer> {
  const files = confs.map(({ name, config }) => [`${name}.conf`, new TextEncoder().encode(config)] as const);
  return zipSync(Object.fromEntries(files), { mtime: now });
}

/** Such as `wayfare-tunnels-2026-11-21.zip`, by this machine's own calendar. */
export function archiveName(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `wayfare-tunnels-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.zip`;
}
