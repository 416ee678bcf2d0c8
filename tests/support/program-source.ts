/** The program as a package has it: the bundle, and beside it the node modules that it loads. */
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundlePrograms } from '../../build/bundle.mjs';

const NODE_MODULES = resolve(import.meta.dirname, '../../node_modules');

/** @param folder gets `dist` and `node_modules`. @returns the folder of the bundle */
export async function putProgramSource(folder: string): Promise<string> {
  const bundle = join(folder, 'dist');
  mkdirSync(bundle, { recursive: true });
  await bundlePrograms(bundle);
  for (const name of ['koffi', `@koromix/koffi-${process.platform}-${process.arch}`])
    cpSync(join(NODE_MODULES, name), join(folder, 'node_modules', name), { recursive: true });
  return bundle;
}
