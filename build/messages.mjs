// @ts-check
/** Compiles the translations of renderer/ and electron/ to what is loaded, and the type checker reads. */
import { join } from 'node:path';
import { describe, Failure } from './report.mjs';
import { capture } from './run.mjs';
import { ROOT } from './setup.mjs';

/** Rejects where a message has no translation: `npm run messages` collects them, locales/ is where they are written. */
export async function compileMessages() {
  const program = join(ROOT, 'node_modules', '@lingui', 'cli', 'dist', 'lingui.js');
  const args = [program, 'compile', '--strict', '--config', join(ROOT, 'build', 'lingui.config.mjs')];
  const { code, stdout, stderr } = await capture(process.execPath, args, { cwd: ROOT });
  if (code !== 0) throw new Failure(`${stdout}${stderr}`.trim());
}

if (process.argv[1] === import.meta.filename) {
  await compileMessages().catch((error) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  });
}
