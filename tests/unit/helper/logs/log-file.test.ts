import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogFile, openLogFile } from '../../../../helper/logs/log-file.ts';

const MAX_BYTES = 1_000;

let stateDir = '';
const folder = () => join(stateDir, 'logs');
const current = () => join(folder(), 'helper.log');
const previous = () => join(folder(), 'helper.log.1');

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-log-'));
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

function openLog(): Promise<LogFile> {
  return openLogFile(stateDir, () => 0, MAX_BYTES);
}

describe('the log file', () => {
  it('is for its owner alone, and goes on where the last helper ended', async () => {
    (await openLog()).write('one\n');
    (await openLog()).write('two\n');
    expect(readFileSync(current(), 'utf8')).toBe('one\ntwo\n');
    expect([folder(), current()].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });

  it('never takes more than twice its limit, and keeps what came last', async () => {
    const log = await openLog();
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i}\n`);
    for (const line of lines) {
      log.write(line);
      for (const path of [current(), previous()].filter(existsSync))
        expect(statSync(path).size).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect(readdirSync(folder()).sort()).toEqual(['helper.log', 'helper.log.1']);
    const kept = readFileSync(previous(), 'utf8') + readFileSync(current(), 'utf8');
    expect(kept.length).toBeGreaterThan(MAX_BYTES);
    expect(lines.join('').endsWith(kept)).toBe(true);
  });

  it('goes on past what it may not write, and says how much was lost', async () => {
    const log = await openLog();
    const elsewhere = join(stateDir, 'elsewhere');
    writeFileSync(elsewhere, 'theirs', { mode: 0o600 });
    symlinkSync(elsewhere, current());
    log.write('lost 1\n');
    log.write('lost 2\n');
    expect(readFileSync(elsewhere, 'utf8')).toBe('theirs');
    rmSync(current());
    log.write('three\n');
    expect(readFileSync(current(), 'utf8')).toBe(
      '{"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"2 lines of this log could not be written"}\nthree\n',
    );
  });

  it('does not write where others would read', async () => {
    const log = await openLog();
    writeFileSync(current(), '');
    chmodSync(current(), 0o644);
    log.write('one\n');
    expect(readFileSync(current(), 'utf8')).toBe('');
  });

  it('is refused in a folder that others may change', async () => {
    mkdirSync(folder());
    chmodSync(folder(), 0o777);
    await expect(openLog()).rejects.toThrow('others may change what is in this folder');
  });
});
