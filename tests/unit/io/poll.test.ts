/** An exception in a poll's callback ends the process with its message. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const POLL = fileURLToPath(new URL('../../../engine/io/linux/poll.ts', import.meta.url));

it.runIf(process.platform === 'linux')('what_a_callback_throws_is_thrown_by_node', async () => {
  const program = `
    import { Poll } from ${JSON.stringify(POLL)};
    const poll = new Poll(0, () => { poll.stop(); throw new Error('from the callback'); });
    setTimeout(() => process.exit(0), 10_000);`;
  const bundled = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    packages: 'external',
    write: false,
  });
  const child = execFile(process.execPath, ['--eval', bundled.outputFiles[0]!.text]);
  let told = '';
  child.stderr!.on('data', (text) => {
    told += text;
  });
  child.stdin!.end('something to read\n');
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(told).toContain('from the callback');
  expect(code).toBe(1);
});
