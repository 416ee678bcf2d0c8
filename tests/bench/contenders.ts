/** The engines that a benchmark sets beside each other: ours, Debian's wireguard-go, and each `--rival NAME=PATH`. */
import { existsSync } from 'node:fs';
import { hasProgram } from '../../build/run.mjs';
import type { EngineKind } from '../support/engine-process.ts';

export const OURS = 'wayfare';

export interface NamedEngine {
  readonly name: string;
  readonly kind: EngineKind;
}

/** Ours first. What is not there is told and left out. @param rivals `NAME=PATH` */
export function namedEngines(rivals: readonly string[]): NamedEngine[] {
  const others = ['wireguard-go=wireguard-go', ...rivals].flatMap((rival) => {
    const [name = '', program = name] = rival.split('=', 2);
    const isThere = program.includes('/') ? existsSync(program) : hasProgram(program);
    if (!isThere) console.error(`${name}: not measured, there is no ${program}`);
    return isThere ? [{ name, kind: program as EngineKind }] : [];
  });
  return [{ name: OURS, kind: 'wayfare' }, ...others];
}
