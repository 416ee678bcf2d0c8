/** The helper's engine: it has no rights, and whatever ends it, its tunnel stands and goes on. */
import { readdirSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HelperWorld, networkOf } from '../support/helper-world.ts';
import { spreadText } from '../support/percentile.ts';
import { waitFor } from '../support/processes.ts';
import { askOnce } from '../support/uapi-client.ts';

const TCP_PEER = fileURLToPath(new URL('../support/tcp-peer.mjs', import.meta.url));
const SLOW_STREAM = fileURLToPath(new URL('../support/slow-stream.mjs', import.meta.url));
const KILLS = 20;
const STREAM_SECONDS = 15;

const world = new HelperWorld();

/** An engine that tries to start a program before it has given up its rights, and after that. */
function takeOverTheEngine(): () => void {
  const engine = join(world.folder, 'dist', 'wayfare-engine.js');
  const honest = join(world.folder, 'dist', 'honest-engine.js');
  renameSync(engine, honest);
  writeFileSync(
    engine,
    `import { spawnSync } from 'node:child_process';
const tell = (when) => {
  const { error } = spawnSync('/bin/true');
  process.stderr.write(when + ' rights: ' + (error?.code ?? 'started') + '\\n');
};
tell('with');
const waiting = setInterval(() => {
  if (process.getuid() === 0) return;
  clearInterval(waiting);
  tell('without');
}, 10);
await import('./honest-engine.js');
`,
  );
  return () => renameSync(honest, engine);
}

beforeAll(() => world.open());
afterEach(() => world.down());
afterAll(() => world.close());

describe('the engine of a tunnel', () => {
  it('has_no_rights_no_environment_and_no_descriptor_but_what_it_was_handed', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const process = `/proc/${await world.engineOf(name)}`;
    const status = readFileSync(join(process, 'status'), 'utf8');
    const field = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim();
    const none = '0'.repeat(16);
    expect({
      uids: field('Uid'),
      gids: field('Gid'),
      groups: field('Groups'),
      inheritable: field('CapInh'),
      permitted: field('CapPrm'),
      effective: field('CapEff'),
      ambient: field('CapAmb'),
      noNewPrivileges: field('NoNewPrivs'),
    }).toEqual({
      uids: new Array(4).fill('65534').join('\t'),
      gids: new Array(4).fill('65534').join('\t'),
      groups: '',
      inheritable: none,
      permitted: none,
      effective: none,
      ambient: none,
      noNewPrivileges: '1',
    });
    // Of all threads: a library that changes ids for one alone would leave the others root.
    const uids = readdirSync(join(process, 'task')).map((thread) =>
      /^Uid:\s*(\d+)/m.exec(readFileSync(join(process, 'task', thread, 'status'), 'utf8'))?.at(1),
    );
    expect(new Set(uids)).toEqual(new Set(['65534']));
    expect(readFileSync(join(process, 'environ'), 'utf8')).toBe('');
    const files = readdirSync(join(process, 'fd'))
      .map((descriptor) => readlinkSync(join(process, 'fd', descriptor)))
      .filter((target) => target.startsWith('/'));
    expect(new Set(files)).toEqual(new Set(['/dev/null', '/dev/net/tun']));
  });

  it('cannot_start_another_process_and_leaves_no_image_of_its_keys', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const process = `/proc/${await world.engineOf(name)}`;
    const limits = readFileSync(join(process, 'limits'), 'utf8');
    const limit = (title: string) => new RegExp(`^${title} +(\\S+) +(\\S+)`, 'm').exec(limits)?.slice(1);
    expect([limit('Max processes'), limit('Max core file size')]).toEqual([
      ['0', '0'],
      ['0', '0'],
    ]);
    // The kernel gives what belongs to a process that cannot be dumped to root.
    expect(statSync(join(process, 'environ')).uid).toBe(0);
  });

  it('that_is_taken_over_cannot_leave_a_child_with_its_descriptors', async () => {
    const restore = takeOverTheEngine();
    const name = await world.importTunnel();
    await world.up(name);
    await waitFor(() => world.helper.stderr.includes('without rights: '), { what: 'the attempt' });
    restore();
    expect(world.helper.stderr).toContain('with rights: started');
    expect(world.helper.stderr).toContain('without rights: EAGAIN');
    expect((await world.statusOf(name)).state).toBe('connected');
  });

  it(`killed_${KILLS}_times_in_a_row_has_a_session_again_within_half_a_second_and_a_tcp_stream_survives`, async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const stands = await networkOf(world.traveller);
    const receiver = world.server.spawn(process.execPath, [TCP_PEER, 'receive', '10.70.0.1']);
    const port = await waitFor(() => /^port (\d+)$/m.exec(receiver.stdout)?.[1], { what: 'the receiver' });
    const args = [SLOW_STREAM, '10.70.0.1', String(port), String(STREAM_SECONDS)];
    const stream = world.traveller.run(process.execPath, args, { timeoutMs: 60_000 });
    const gaps: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      process.kill((await world.engineOf(name))!, 'SIGKILL');
      const killed = performance.now();
      // The socket is the helper's: it takes the question, and the next engine answers.
      const hasHandshake = (line: string) => /^last_handshake_time_sec=[1-9]/.test(line);
      await waitFor(async () => (await askOnce(name, 'get=1')).some(hasHandshake), {
        what: 'a handshake of the next engine',
      });
      gaps.push(performance.now() - killed);
    }
    expect(JSON.parse((await stream).stdout)).toMatchObject({ isIntact: true });
    await receiver.stop();
    console.log(`a session again after SIGKILL of the engine: ${spreadText(gaps)}`);
    expect(Math.max(...gaps)).toBeLessThan(500);
    expect(await networkOf(world.traveller)).toBe(stands);
    expect((await world.statusOf(name)).error).toBeNull();
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: 'the session' });
  });

  it('that_hangs_is_ended_and_followed_by_another', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const frozen = (await world.engineOf(name))!;
    const told = world.helper.stderr.length;
    process.kill(frozen, 'SIGSTOP');
    await waitFor(
      () => world.helper.stderr.slice(told).includes('the engine ended (SIGKILL) and is started again'),
      {
        what: 'the end of the frozen engine',
        timeoutMs: 20_000,
      },
    );
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', {
      what: 'the next engine',
    });
    expect(await world.engineOf(name)).not.toBe(frozen);
    expect(await world.traveller.ping('10.70.0.1')).toMatchObject({ received: 3 });
  });

  it('ends_with_its_helper', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const pid = (await world.engineOf(name))!;
    await world.helper.stop('SIGKILL');
    await waitFor(() => !readdirSync('/proc').includes(String(pid)), { what: 'the engine to end' });
    world.helper = await world.startHelper();
  });
});
