/** The time for what is told in words, such as an age. It stands still while nobody sees the page. */
import { create } from 'zustand';

/** Unix seconds. */
export const useClock = create<{ readonly now: number }>()(() => ({ now: unixSeconds() }));

/** Longer than whoever else ticks each second takes, even when late. */
const TICK_MS = 1_100;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Whoever else changes the page each second ticks too: the page is then drawn, and woken, once for both. */
export function tick(): void {
  clearTimeout(timer);
  if (document.hidden) return; // it goes on when it is seen
  timer = setTimeout(tick, TICK_MS);
  useClock.setState({ now: unixSeconds() });
}

export function startClock(): void {
  tick();
  document.addEventListener('visibilitychange', tick);
}

function unixSeconds(): number {
  return Date.now() / 1_000;
}
