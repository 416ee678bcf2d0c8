import { expect, it } from 'vitest';
import { textsFor } from '../../../../electron/main/texts.ts';
import { rateText } from '../../../../electron/tray/rate-text.ts';

it.each([
  [0, '0 bit/s'],
  [12, '96 bit/s'],
  [124, '992 bit/s'],
  [124.95, '1 kbit/s'],
  [1_550, '12 kbit/s'],
  [1_540_000, '12 Mbit/s'],
  [15_600, '125 kbit/s'],
  [1_500_000_000, '12 Gbit/s'],
])('%d_bytes_a_second_are_%s', (bytes, text) => {
  expect(rateText(bytes, textsFor('en', 'en'))).toBe(text);
});

it('has_the_comma_of_the_language', () => {
  expect(rateText(187_500, textsFor('de', 'en'))).toBe('1,5 Mbit/s');
});

it('a_steady_stream_keeps_its_text', () => {
  const texts = textsFor('en', 'en');
  expect(rateText(1_500_000, texts)).toBe(rateText(1_530_000, texts));
});
