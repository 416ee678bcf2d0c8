import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrayHost } from '../../../../electron/tray/tray-host.ts';

let folder = '';
const busctl = () => join(folder, 'busctl');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-tray-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that stands for busctl. */
function say(script: string): TrayHost {
  writeFileSync(busctl(), `#!/bin/sh\necho "$@" >>${folder}/asked\n${script}\n`, { mode: 0o755 });
  return new TrayHost('linux', busctl());
}

function clock(onSleep: (slept: number) => void = () => {}) {
  let now = 0;
  return {
    monotonicMs: () => now,
    wallMs: () => now,
    async sleep(milliseconds: number, signal: AbortSignal) {
      now += milliseconds;
      onSleep(now);
      signal.throwIfAborted();
    },
  };
}

describe('on Linux a tray', () => {
  it('is_there_where_the_session_bus_says_so', async () => {
    expect(await say('echo "b true"').ask()).toBe(true);
    expect(readFileSync(join(folder, 'asked'), 'utf8').trim()).toBe(
      '--user --auto-start=no get-property org.kde.StatusNotifierWatcher /StatusNotifierWatcher ' +
        'org.kde.StatusNotifierWatcher IsStatusNotifierHostRegistered',
    );
  });

  it.each([
    ['a_watcher_has_no_host', 'echo "b false"'],
    ['nobody_has_the_name', 'echo "Failed to get property" >&2; exit 1'],
    ['the_answer_is_another', 'echo "s true"'],
  ])('is_not_there_where_%s', async (_, script) => {
    expect(await say(script).ask()).toBe(false);
  });

  it('is_not_there_where_nobody_can_be_asked', async () => {
    expect(await new TrayHost('linux', join(folder, 'missing')).ask()).toBe(false);
  });

  /** What is told until the clock, which nobody waits for, is at `endMs`. */
  async function told(host: TrayHost, endMs: number, onSleep: (now: number) => void = () => {}) {
    const stop = new AbortController();
    const time = clock((now) => {
      onSleep(now);
      if (now >= endMs) stop.abort();
    });
    const answers: [boolean, number][] = [];
    await host.follow(time, stop.signal, (isThere) => answers.push([isThere, time.monotonicMs()]));
    return answers;
  }
  /** Answers as its panel is there or not. */
  const withPanel = () => say(`[ -e ${folder}/panel ] && echo "b true"`);
  const openPanel = () => writeFileSync(join(folder, 'panel'), '');
  const closePanel = () => rmSync(join(folder, 'panel'));

  it('is_waited_for_while_the_desktop_starts', async () => {
    const answers = await told(withPanel(), 10_000, (now) => now === 3_000 && openPanel());
    expect(answers).toEqual([[true, 3_000]]);
  });

  it('is_given_up_after_fifteen_seconds_and_found_when_it_comes_later', async () => {
    const answers = await told(withPanel(), 26_000, (now) => now === 25_000 && openPanel());
    expect(answers).toEqual([
      [false, 15_000],
      [true, 25_000],
    ]);
  });

  it('is_gone_where_it_does_not_start_again_in_time', async () => {
    openPanel();
    const answers = await told(withPanel(), 37_000, (now) => {
      if (now === 10_000) closePanel();
      if (now === 11_000) openPanel();
      if (now === 21_000) closePanel();
    });
    expect(answers).toEqual([
      [true, 0],
      [false, 36_000],
    ]);
  });

  it('is_not_waited_for_once_the_app_ends', async () => {
    expect(await told(new TrayHost('linux', '/missing'), 500)).toEqual([]);
  });
});

it.each(['darwin', 'win32'] as const)('%s_has_one_always', async (platform) => {
  const answers: boolean[] = [];
  const host = new TrayHost(platform, '/missing');
  await host.follow(clock(), new AbortController().signal, (isThere) => answers.push(isThere));
  expect(answers).toEqual([true]);
});
