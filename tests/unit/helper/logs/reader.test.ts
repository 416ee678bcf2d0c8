import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, type Log } from '../../../../helper/log.ts';
import { openLogFile } from '../../../../helper/logs/log-file.ts';
import { type ReadLogOptions, readLog } from '../../../../helper/logs/reader.ts';
import { ManualClock, until } from '../fake-world.ts';

/** Some five lines. */
const MAX_BYTES = 400;

let stateDir = '';
let now = 0;
let log: Log;
let clock: ManualClock;
let stop: AbortController;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-reader-'));
  now = 0;
  clock = new ManualClock();
  stop = new AbortController();
  const file = await openLogFile(stateDir, () => now, MAX_BYTES);
  log = createLog(
    (line) => file.write(line),
    () => now,
  );
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function options(changed: Partial<ReadLogOptions> = {}): ReadLogOptions {
  return { since: 0, follow: false, clock, signal: stop.signal, ...changed };
}

async function past(changed: Partial<ReadLogOptions> = {}): Promise<string[]> {
  const messages: string[] = [];
  for await (const { message } of readLog(stateDir, options(changed))) messages.push(message);
  return messages;
}

/** @returns the messages so far, and the end */
function follow(): { messages: string[]; ended: Promise<void> } {
  const messages: string[] = [];
  const ended = (async () => {
    for await (const { message } of readLog(stateDir, options({ follow: true }))) messages.push(message);
  })();
  return { messages, ended };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

function logNumbers(from: number, to: number): void {
  for (const text of numbers(from, to)) log('info', text);
}

/** How many of this process's descriptors are log files. */
function openLogs(): number {
  const folder = '/proc/self/fd';
  const targets = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return ''; // the listing's own, which is closed
    }
  });
  return targets.filter((target) => target.startsWith(stateDir)).length;
}

describe('the reader', () => {
  it('gives what was logged, from the older file to the newer, with its fields', async () => {
    logNumbers(0, 7);
    log('warning', 'with fields', { tunnel: 'home', code: 1 });
    expect(readdirSync(join(stateDir, 'logs')).length).toBe(2);
    const messages = await past();
    expect(messages.length).toBeGreaterThan(5);
    expect([...numbers(0, 7), 'with fields'].slice(-messages.length)).toEqual(messages);
    for await (const entry of readLog(stateDir, options()))
      if (entry.message === 'with fields')
        expect(entry).toEqual({
          time: '1970-01-01T00:00:00.000Z',
          level: 'warning',
          message: 'with fields',
          tunnel: 'home',
          code: 1,
        });
  });

  it('has nothing to give where there is no log', async () => {
    expect(await past()).toEqual([]);
    rmSync(join(stateDir, 'logs'), { recursive: true });
    expect(await past()).toEqual([]);
  });

  it('passes over what is older than was asked for', async () => {
    log('info', 'early');
    now = 60_000;
    log('info', 'late');
    expect(await past({ since: 60_000 })).toEqual(['late']);
  });

  it('passes over lines that are no entries', async () => {
    log('info', 'one');
    const file = join(stateDir, 'logs', 'helper.log');
    appendFileSync(file, '{"time":"1970-01-01T00:00:00.000Z","lev\n\nnull\n{"level":"info"}\n\xff\xfe\n');
    log('info', 'two');
    appendFileSync(file, '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"not ended"}');
    expect(await past()).toEqual(['one', 'two']);
  });

  it('refuses a link in the place of the log', async () => {
    rmSync(join(stateDir, 'logs'), { recursive: true });
    writeFileSync(join(stateDir, 'logs'), 'a file');
    await expect(past()).rejects.toThrow(/^ENOTDIR.*, in .*logs$/);
  });
});

describe('a follower', () => {
  it('gives what was there and what comes, each once, across rotations', async () => {
    logNumbers(0, 3);
    const follower = follow();
    for (let i = 3; i < 24; i += 3) {
      await until(() => clock.sleeperCount === 1);
      logNumbers(i, i + 3);
      clock.advance(1_000);
    }
    await until(() => follower.messages.at(-1) === '23');
    expect(follower.messages).toEqual(numbers(0, 24));
    stop.abort();
    await follower.ended;
  });

  it('waits for a log that is not there yet', async () => {
    const follower = follow();
    await until(() => clock.sleeperCount === 1);
    log('info', 'first');
    clock.advance(1_000);
    await until(() => follower.messages.length === 1);
    stop.abort();
    await follower.ended;
    expect(follower.messages).toEqual(['first']);
  });

  it('does not take a line before it is whole', async () => {
    log('info', 'one');
    const follower = follow();
    await until(() => clock.sleeperCount === 1);
    const file = join(stateDir, 'logs', 'helper.log');
    const line = '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"zwölf"}\n';
    const bytes = Buffer.from(line);
    const insideLetter = bytes.indexOf('ö') + 1;
    for (const piece of [
      bytes.subarray(0, insideLetter),
      bytes.subarray(insideLetter, -1),
      bytes.subarray(-1),
    ]) {
      expect(follower.messages).toEqual(['one']);
      appendFileSync(file, piece);
      clock.advance(1_000);
      await until(() => clock.sleeperCount === 1);
    }
    await until(() => follower.messages.length === 2);
    stop.abort();
    await follower.ended;
    expect(follower.messages).toEqual(['one', 'zwölf']);
  });

  it('that fell behind goes on with what is left', async () => {
    logNumbers(0, 3);
    const follower = follow();
    await until(() => clock.sleeperCount === 1);
    logNumbers(3, 100);
    clock.advance(1_000);
    await until(() => follower.messages.at(-1) === '99');
    stop.abort();
    await follower.ended;
    const seen = follower.messages.map(Number);
    expect(seen.slice(0, 3)).toEqual([0, 1, 2]);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(8);
  });

  it.runIf(process.platform === 'linux')('whose reader leaves in the middle keeps no file open', async () => {
    logNumbers(0, 8);
    const before = openLogs();
    for await (const _ of readLog(stateDir, options({ follow: true }))) break;
    expect(openLogs()).toEqual(before);
  });
});
