import { describe, expect, test } from 'vitest';
import {
  changeOfPrivateKey,
  privateKeyIn,
  secretRanges,
  templateWith,
} from '../../../../renderer/views/editor/conf-text.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const OTHER = '3p7bfXt9wbTTW2HC7OQ1Pz+DQ8hbeGdNrfx+FG+IK08=';

function masked(text: string): string {
  return secretRanges(text)
    .reverse()
    .reduce((shown, { from, to }) => `${shown.slice(0, from)}•${shown.slice(to)}`, text);
}

describe('what is masked', () => {
  test.each([
    ['a private key', `PrivateKey = ${KEY}`, 'PrivateKey = •'],
    ['without spaces', `PrivateKey=${KEY}`, 'PrivateKey=•'],
    ['in any case', `  privatekey =\t${KEY}  `, '  privatekey =\t•  '],
    ['with spaces in the key, as wg reads it', `Private Key = ${KEY}`, 'Private Key = •'],
    ['a preshared key', `PresharedKey = ${KEY}`, 'PresharedKey = •'],
    ['behind a comment', `# PrivateKey = ${KEY}`, '# PrivateKey = •'],
    ['before a comment', `PrivateKey = ${KEY} # mine`, 'PrivateKey = • # mine'],
    ['of any length while it is typed', 'PrivateKey = YJx', 'PrivateKey = •'],
    ['that is not base64', 'PrivateKey = what?', 'PrivateKey = •'],
    ['a key that stands alone', `x\n${KEY}\n`, 'x\n•\n'],
    ['under a misspelt name', `PrivatKey = ${KEY}`, 'PrivatKey = •'],
    ['in a command', `PostUp = echo ${KEY} | wg set`, 'PostUp = echo • | wg set'],
    ['with Windows line ends', `PrivateKey = ${KEY}\r\nMTU = 1420\r\n`, 'PrivateKey = •\r\nMTU = 1420\r\n'],
    ['two of them', `PrivateKey = a\nPrivateKey = b`, 'PrivateKey = •\nPrivateKey = •'],
  ])('%s', (_, text, shown) => {
    expect(masked(text)).toBe(shown);
  });

  test.each([
    ['a public key', `PublicKey = ${OTHER}`],
    ['an address', 'Address = 10.0.0.2/32, fd00::2/128'],
    ['an empty value', 'PrivateKey = '],
    ['a comment', '# my tunnel'],
  ])('and what is not: %s', (_, text) => {
    expect(masked(text)).toBe(text);
  });
});

describe('a new private key', () => {
  const apply = (text: string) => {
    const { from, to, insert } = changeOfPrivateKey(text, OTHER);
    return text.slice(0, from) + insert + text.slice(to);
  };

  test.each([
    [
      'in the place of the old one',
      `[Interface]\nPrivateKey = ${KEY}\n`,
      `[Interface]\nPrivateKey = ${OTHER}\n`,
    ],
    ['where the value is missing', '[Interface]\nPrivateKey =\n', `[Interface]\nPrivateKey = ${OTHER}\n`],
    ['below the section', '[Interface]\nMTU = 1420\n', `[Interface]\nPrivateKey = ${OTHER}\nMTU = 1420\n`],
    ['in an empty text', '', `[Interface]\nPrivateKey = ${OTHER}\n\n`],
    [
      'in the place of the last, which counts',
      `[Interface]\nPrivateKey = ${KEY}\nPrivateKey = ${KEY}\n`,
      `[Interface]\nPrivateKey = ${KEY}\nPrivateKey = ${OTHER}\n`,
    ],
  ])('comes %s', (_, before, after) => {
    expect(apply(before)).toBe(after);
    expect(privateKeyIn(after)).toBe(OTHER);
  });
});

test('a private key behind # is none', () => {
  expect(privateKeyIn(`# PrivateKey = ${KEY}`)).toBeNull();
});

test('a new tunnel begins with its own private key', () => {
  expect(privateKeyIn(templateWith(KEY))).toBe(KEY);
});
