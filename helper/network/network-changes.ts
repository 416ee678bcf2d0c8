/** Tells when the machine's links, addresses, routes or rules have changed, once for changes that come together. */
import type { HelperClock } from '../clock.ts';

/** What one event of the person's, such as another Wi-Fi, changes comes within so long. */
const SETTLING_MS = 100;

/** @param onChange a call at a time; it handles its own failures @returns what ends it */
export async function watchNetwork(clock: HelperClock, onChange: () => Promise<void>): Promise<() => void> {
  if (process.platform !== 'linux') return () => {};
  const { NetworkWatch } = await import('../../engine/io/linux/network-watch.ts');
  const { RTMGRP_LINK } = await import('../../engine/io/linux/netlink.ts');
  const ended = new AbortController();
  let isDue = false;
  let isRunning = false;
  async function run(): Promise<void> {
    isRunning = true;
    while (isDue && !ended.signal.aborted) {
      await clock.sleep(SETTLING_MS, ended.signal).catch(() => {}); // it has ended
      isDue = false;
      if (!ended.signal.aborted) await onChange();
    }
    isRunning = false;
  }
  const watch = new NetworkWatch(() => {
    isDue = true;
    if (!isRunning) void run();
  }, RTMGRP_LINK);
  return () => {
    ended.abort();
    watch.close();
  };
}
