/** The time for what is told in words, such as an age. It stands still while nobody sees the page. */
import { create } from 'zustand';

/** Unix seconds. */
export const useClock = create<{ readonly now: number }>()(() => ({ now: unixSeconds() }));

/** Whoever else changes the page each second ticks too: the page is then drawn once for both. */
export function tick(): void {
  if (!document.hidden) useClock.setState({ now: unixSeconds() });
}

export function startClock(): void {
  setInterval(() => {
    if (unixSeconds() - useClock.getState().now > 0.9) tick();
  }, 1_000);
  document.addEventListener('visibilitychange', tick);
}

function unixSeconds(): number {
  return Date.now() / 1_000;
}
