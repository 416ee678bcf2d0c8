import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../../helper/ipc/codec.ts';
import { MAX_LOG_ENTRIES, VERBS } from '../../../../helper/ipc/contract.ts';
import { createLog, type Log } from '../../../../helper/log.ts';
import { openLogFile } from '../../../../helper/logs/log-file.ts';
import { newestEntriesOf } from '../../../../helper/logs/newest.ts';
import { ManualClock, staying } from '../fake-world.ts';

const ALL = { since: 0, limit: MAX_LOG_ENTRIES };

let stateDir = '';
let now = 0;
let log: Log;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-newest-'));
  now = 0;
  const file = await openLogFile(stateDir, () => now);
  log = createLog(
    (line) => file.write(line),
    () => now,
  );
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** @returns the messages, and a `…` before them where older ones were left out */
async function newest(request = ALL, maxBytes?: number): Promise<string[]> {
  const { entries, isCut } = await newestEntriesOf(stateDir, new ManualClock(), maxBytes)(request, staying);
  return [...(isCut ? ['…'] : []), ...entries.map(({ message }) => message)];
}

describe('the newest entries', () => {
  it('are all where there are few, and none where there is no log', async () => {
    expect(await newest()).toEqual([]);
    for (const message of ['a', 'b']) log('info', message, { tunnel: 'home' });
    expect(await newest()).toEqual(['a', 'b']);
  });

  it('are as many as were asked for', async () => {
    for (const message of ['a', 'b', 'c']) log('info', message);
    expect(await newest({ since: 0, limit: 2 })).toEqual(['…', 'b', 'c']);
    expect(await newest({ since: 0, limit: 3 })).toEqual(['a', 'b', 'c']);
  });

  it('are no older than was asked for', async () => {
    for (now = 1_000; now <= 3_000; now += 1_000) log('info', `at ${now}`);
    expect(await newest({ ...ALL, since: 2_000 })).toEqual(['at 2000', 'at 3000']);
  });

  it('go into one frame, however long the log is', async () => {
    for (let i = 0; i < 2_000; i++) log('info', `${i} ${'ä'.repeat(900)}`);
    const answer = await newestEntriesOf(stateDir, new ManualClock())(ALL, staying);
    expect(VERBS.logs.result.safeParse(answer).success).toBe(true);
    expect(encodeFrame(answer).length).toBeLessThan(1_050_000);
    expect(answer.isCut).toBe(true);
    expect(answer.entries.at(-1)?.message).toMatch(/^1999 /);
    expect(await newest(ALL, 10)).toEqual(['…']);
  });
});
