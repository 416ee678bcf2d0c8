import type { I18n } from '@lingui/core';

const UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];

/** In bits, as lines are sold: two digits, so that a steady stream keeps its text. Such as `12 Mbit/s`. */
export function rateText(bytesPerSecond: number, i18n: I18n): string {
  let value = bytesPerSecond * 8;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${i18n.number(value, { maximumSignificantDigits: value >= 100 ? 3 : 2 })} ${UNITS[unit]}`;
}
