/** What git does not have is made by the build, and in time. */
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../support/processes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NOT_CLONED = /^(\.git|node_modules|dist|tests|docs|(electron|renderer)\/locales\/\w+\.ts)$/;
let clone = '';

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'wayfare-clone-'));
  cpSync(ROOT, clone, { recursive: true, filter: (path) => !NOT_CLONED.test(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

it('a_fresh_clone_is_built', async () => {
  const script = `import { bundleInto } from '${join(clone, 'build', 'bundle.mjs')}'; await bundleInto('${join(clone, 'dist')}');`;
  await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: clone });
  for (const made of ['wayfare.js', 'page/index.html', 'electron/main.js'])
    expect([made, existsSync(join(clone, 'dist', made))]).toEqual([made, true]);
});
