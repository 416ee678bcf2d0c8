/** Sizes, rates and times for people, in the language that is active. */
import { i18n } from './i18n.ts';

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Three digits, such as `1.43 MiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < SIZES.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = i18n.number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${number} ${SIZES[unit]}`;
}

/** In bits, as lines are sold: such as `12.4 Mbit/s`. */
export function rateText(bytesPerSecond: number): string {
  let value = bytesPerSecond * 8;
  let unit = 0;
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${i18n.number(value, { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** How long ago, such as `2 minutes`. @param seconds not negative */
export function durationText(seconds: number): string {
  const steps = [
    { unit: 'day', seconds: 86_400 },
    { unit: 'hour', seconds: 3_600 },
    { unit: 'minute', seconds: 60 },
  ] as const;
  const step = steps.find((each) => seconds >= each.seconds) ?? { unit: 'second' as const, seconds: 1 };
  return i18n.number(Math.floor(Math.max(0, seconds) / step.seconds), {
    style: 'unit',
    unit: step.unit,
    unitDisplay: 'long',
  });
}
