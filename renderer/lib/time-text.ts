/** Moments for people, by this machine's clock and in the language that is active. @module times are Unix seconds */
import { i18n } from './i18n.ts';

/** Such as `17:32`, with the day where that is not today. */
export function momentText(at: number, now: number): string {
  const moment = new Date(at * 1_000);
  const isToday = moment.toDateString() === new Date(now * 1_000).toDateString();
  return i18n.date(moment, isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
}

/** Such as `17:32:05`. */
export function clockText(at: number): string {
  return i18n.date(new Date(at * 1_000), { timeStyle: 'medium' });
}

/** @param month such as `2026-11` */
export function monthText(month: string): string {
  return i18n.date(new Date(`${month}-01T12:00:00`), { month: 'long', year: 'numeric' });
}
