/** What the store and the log do on a disk that is full or read-only: real ones, of 64 KiB. */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile } from '../../helper/logs/log-file.ts';
import { openMachineSettings } from '../../helper/machine-settings.ts';
import { Traffic } from '../../helper/traffic/index.ts';
import { Timeline } from '../../helper/traffic/timeline.ts';
import { trafficStore } from '../../helper/traffic/traffic-store.ts';
import { openTunnelStore } from '../../helper/tunnel/store.ts';
import { run } from '../support/processes.ts';

const DISK_BYTES = 65_536;
const PAGE_BYTES = 4_096;
const CONFIG = 'x'.repeat(10_000);

let folder = '';
const disk = () => join(folder, 'disk');
const tunnels = () => join(disk(), 'tunnels');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-disk-'));
  mkdirSync(disk());
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=700`, 'wayfare-test', disk()]);
});

afterEach(async () => {
  await run('umount', [disk()]);
  rmSync(folder, { recursive: true, force: true });
});

const remount = (how: 'ro' | 'rw') => run('mount', ['-o', `remount,bind,${how}`, disk()]);

/** Until not one page is left. */
function fillDisk(): void {
  const filler = openSync(join(disk(), 'filler'), 'w');
  try {
    for (;;) writeSync(filler, 'x'.repeat(PAGE_BYTES));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(filler);
  }
}

describe('a full disk', () => {
  it('loses_no_tunnel_and_no_setting', async () => {
    const store = await openTunnelStore(disk());
    const settings = await openMachineSettings(disk());
    await store.create('home', CONFIG);
    await settings.write({ lockdown: true });
    fillDisk();
    const full = `the disk is full, in ${tunnels()}, make room on it; what was stored before is unharmed`;
    await expect(store.create('work', CONFIG)).rejects.toThrow(full);
    await expect(store.change('home', (tunnel) => ({ ...tunnel, config: 'new' }))).rejects.toThrow(full);
    await expect(settings.write({ lockdown: false })).rejects.toThrow('the disk is full');
    expect(readdirSync(tunnels())).toEqual(['home.conf']);
    expect((await store.read('home')).config).toBe(CONFIG);
    expect(await settings.read()).toEqual({ lockdown: true });
  });

  it('runs_full_in_the_middle_of_a_file_and_keeps_the_old_one', async () => {
    const store = await openTunnelStore(disk());
    await store.create('home', CONFIG);
    const large = 'y'.repeat(DISK_BYTES);
    await expect(store.change('home', (tunnel) => ({ ...tunnel, config: large }))).rejects.toThrow(
      'the disk is full',
    );
    expect(readdirSync(tunnels())).toEqual(['home.conf']);
    expect((await store.read('home')).config).toBe(CONFIG);
  });

  it('costs_lines_of_the_log_and_no_half_ones', async () => {
    const log = await openLogFile(disk(), () => 0);
    log.write(`${'x'.repeat(PAGE_BYTES - 10)}\n`);
    fillDisk();
    for (const line of ['lost 1', 'lost 2']) log.write(`${line.repeat(10)}\n`);
    rmSync(join(disk(), 'filler'));
    log.write('kept\n');
    const lines = readFileSync(join(disk(), 'logs', 'helper.log'), 'utf8').split('\n');
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^\{.*"2 lines of this log could not be written"\}$/),
      'kept',
      '',
    ]);
  });

  it('can_be_given_room_by_removing_a_tunnel', async () => {
    const store = await openTunnelStore(disk());
    await store.create('home', CONFIG);
    fillDisk();
    await store.remove('home');
    await store.create('work', CONFIG);
    expect((await store.read('work')).config).toBe(CONFIG);
  });
});

/** As the next helper has it. @param log what it warns of */
function openTraffic(log: string[]): Traffic {
  const timeline = new Timeline({ bootMs: () => performance.now(), wallMs: () => Date.now() });
  const tell = (_: string, message: string, fields?: object) => log.push(JSON.stringify([message, fields]));
  return new Traffic({ store: trafficStore(disk()), timeline, log: tell });
}

async function count(traffic: Traffic, rxBytes: number): Promise<void> {
  const counter = traffic.begin('home');
  counter.observe([{ publicKey: 'peer', rxBytes, txBytes: 0 }]);
  counter.end();
  await traffic.settled();
}

const countedBy = async (traffic: Traffic) => (await traffic.read('home', '24h')).months[0]?.rxBytes;

it.each([
  ['full', fillDisk, async () => rmSync(join(disk(), 'filler'))],
  ['read-only', () => remount('ro'), () => remount('rw')],
])('a_%s_disk_costs_no_count_but_what_a_killed_helper_had_not_kept', async (reason, spoil, mend) => {
  const log: string[] = [];
  const traffic = openTraffic(log);
  await count(traffic, 100);
  await spoil();
  await count(traffic, 20);
  await count(traffic, 3);
  expect([await countedBy(traffic), await countedBy(openTraffic([]))]).toEqual([123, 100]);
  const refusal = { tunnel: 'home', reason: `the disk is ${reason}` };
  expect(log).toEqual([JSON.stringify(['the traffic is not kept', refusal])]);
  expect(readdirSync(join(disk(), 'traffic'))).toEqual(['home.json']);
  await mend();
  await count(traffic, 4_000);
  expect(await countedBy(openTraffic([]))).toBe(4_123);
});

describe('a read-only disk', () => {
  it('still_gives_what_is_stored', async () => {
    await (await openTunnelStore(disk())).create('home', CONFIG);
    await (await openMachineSettings(disk())).write({ lockdown: true });
    writeFileSync(join(tunnels(), '#0123456789abcdef'), 'cut', { mode: 0o600 });
    await remount('ro');

    const store = await openTunnelStore(disk());
    expect(await store.list()).toEqual(['home']);
    expect((await store.read('home')).config).toBe(CONFIG);
    expect(await (await openMachineSettings(disk())).read()).toEqual({ lockdown: true });
    const readOnly = `the disk is read-only, in ${tunnels()}, make it writable again; what is stored can still be used`;
    await expect(store.create('work', CONFIG)).rejects.toThrow(readOnly);
    await expect(store.change('home', (tunnel) => ({ ...tunnel, config: 'new' }))).rejects.toThrow(readOnly);
    await expect(store.remove('home')).rejects.toThrow(readOnly);

    await remount('rw');
    await store.remove('home');
    expect(await store.list()).toEqual([]);
  });

  it('does_not_stop_the_log_for_good', async () => {
    const log = await openLogFile(disk(), () => 0);
    log.write('one\n');
    await remount('ro');
    (await openLogFile(disk(), () => 0)).write('lost\n');
    await remount('rw');
    log.write('two\n');
    expect(readFileSync(join(disk(), 'logs', 'helper.log'), 'utf8')).toBe('one\ntwo\n');
  });
});
