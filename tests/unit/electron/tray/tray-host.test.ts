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

  it('is_waited_for_while_the_desktop_starts', async () => {
    const host = say(`[ -e ${folder}/panel ] && echo "b true"`);
    const panel = clock((now) => {
      if (now === 3_000) writeFileSync(join(folder, 'panel'), '');
    });
    expect(await host.wait(panel, new AbortController().signal)).toBe(true);
    expect(panel.monotonicMs()).toBe(3_000);
  });

  it('is_given_up_after_fifteen_seconds', async () => {
    const patience = clock();
    expect(await new TrayHost('linux', '/missing').wait(patience, new AbortController().signal)).toBe(false);
    expect(patience.monotonicMs()).toBe(15_000);
  });

  it('is_not_waited_for_once_the_app_ends', async () => {
    const stop = new AbortController();
    const ending = clock(() => stop.abort());
    expect(await new TrayHost('linux', '/missing').wait(ending, stop.signal)).toBe(false);
    expect(ending.monotonicMs()).toBe(500);
  });
});

it.each(['darwin', 'win32'] as const)('%s_has_one_always', async (platform) => {
  expect(await new TrayHost(platform, '/missing').ask()).toBe(true);
});
