/** The program as a package has it: the bundle, and beside it the node modules that it loads. */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import type {} from './bundled-programs.ts'; // what is injected

const NODE_MODULES = resolve(import.meta.dirname, '../../node_modules');

/** @param folder gets `dist` and `node_modules`. @returns the folder of the bundle */
export function putProgramSource(folder: string): string {
  const bundle = join(folder, 'dist');
  cpSync(inject('programs'), bundle, { recursive: true });
  for (const name of ['koffi', `@koromix/koffi-${process.platform}-${process.arch}`])
    cpSync(join(NODE_MODULES, name), join(folder, 'node_modules', name), { recursive: true });
  return bundle;
}
