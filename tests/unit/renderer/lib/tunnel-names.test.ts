// @vitest-environment jsdom
import { describe, expect, test } from 'vitest';
import { isTunnelName } from '../../../../engine/config/tunnel-name.ts';
import { freeName, nameProblem } from '../../../../renderer/lib/tunnel-names.ts';

describe('a name', () => {
  test.each(['home', 'a', 'x'.repeat(15), 'Z_=+.9', '.hidden'])('%s is good', (name) => {
    expect(nameProblem(name, ['other'])).toBeNull();
    expect(isTunnelName(name)).toBe(true);
  });

  test.each([
    ['', 'Give it a name.'],
    ['x'.repeat(16), 'At most 15 characters.'],
    ['büro', 'Only letters without accents'],
    ['a b', 'Only letters without accents'],
    ['<b>', 'Only letters without accents'],
    ['-a', 'cannot begin with'],
    ['.', 'Dots alone'],
    ['..', 'Dots alone'],
    ['home', 'already'],
  ])('%j is refused in words', (name, words) => {
    expect(nameProblem(name, ['home'])).toContain(words);
  });
});

test.each([
  ['home', [], 'home'],
  ['home', ['home'], 'home-2'],
  ['home', ['HOME', 'home-2'], 'home-3'],
  ['abcdefghijklmno', ['abcdefghijklmno'], 'abcdefghijklm-2'],
])('%s beside %j becomes %s', (name, taken, free) => {
  expect(freeName(name, taken)).toBe(free);
});
