/** `npm start -- --once`, as a person runs it. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { BackgroundProcess, waitFor } from '../support/processes.ts';

const DEMO = 'build/start.mjs';

/** What the demo of `pid` has left of itself: namespaces, directories. */
function leftovers(pid: number): string[] {
  const names = [...readdirSync('/run/netns'), ...readdirSync(tmpdir())];
  return names.filter((name) => name.startsWith(`wayfare-demo-${pid}-`));
}

it('the_demo_ends_cleanly_in_the_middle', async () => {
  const demo = new BackgroundProcess(process.execPath, [DEMO, '--once']);
  await waitFor(() => demo.stdout.includes('starting the server'), { what: 'the server', timeoutMs: 20_000 });
  const exit = await demo.stop('SIGINT');
  expect(exit.code).toBe(1);
  expect(demo.stdout).toContain('Stopped before the tunnel was up.');
  expect(leftovers(demo.pid)).toEqual([]);
});

it('the_demo_proves_the_tunnel_and_leaves_nothing_behind_not_even_of_a_killed_one', async () => {
  const killed = new BackgroundProcess(process.execPath, [DEMO]);
  await waitFor(() => killed.stdout.includes('✓ The tunnel works'), {
    what: 'the tunnel',
    timeoutMs: 20_000,
  });
  await killed.stop('SIGKILL');
  expect(leftovers(killed.pid)).toHaveLength(3);
  const demo = new BackgroundProcess(process.execPath, [DEMO, '--once']);
  const exit = await demo.exited;
  expect(demo.stderr).toBe('');
  expect(exit.code).toBe(0);
  expect(demo.stdout.trim().split('\n').at(-1)).toMatch(/^✓ The tunnel works: “You are through the tunnel”/);
  expect([...leftovers(killed.pid), ...leftovers(demo.pid)]).toEqual([]);
});
