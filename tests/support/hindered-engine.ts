/** Our engine on a system that has less to offer than this one. */
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfDirectory } from './conf-file.ts';
import { type EngineKind, WAYFARE_ENGINE } from './engine-process.ts';

const REFUSE_OFFLOADS = fileURLToPath(new URL('./refuse-offloads.mjs', import.meta.url));
/** With a processor from before SSE 4.1, which only Intel's and AMD's can be, WebAssembly has no SIMD. */
const WITHOUT_SIMD = '--no-enable-sse4-1';
export const CAN_BE_WITHOUT_SIMD = process.arch === 'x64';

export interface Hindrance {
  /** What refuse-offloads.mjs makes the kernel refuse. */
  readonly refused?: readonly (`tun=${string}` | 'udp-segment' | 'udp-gro' | 'gso-send')[];
  readonly hasSimd?: boolean;
}

/** Programs that start the engine so; {@link close} removes them. */
export class HinderedEngines {
  readonly #files = new ConfDirectory();
  #made = 0;

  by({ refused = [], hasSimd = true }: Hindrance): EngineKind {
    const engine = [process.execPath, ...(hasSimd ? [] : [WITHOUT_SIMD]), WAYFARE_ENGINE];
    const launcher = refused.length === 0 ? [] : [process.execPath, REFUSE_OFFLOADS, refused.join()];
    const command = [...launcher, ...engine].map((word) => `'${word}'`).join(' ');
    const path = this.#files.write(`engine-${++this.#made}`, `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(path, 0o700);
    return path as `/${string}`;
  }

  close(): void {
    this.#files.close();
  }
}
