import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeBase64Key } from '../../../engine/crypto/keys.ts';
import {
  newPresharedKeyText,
  newPrivateKeyText,
  publicKeyText,
  secretFileWarning,
} from '../../../helper/cli/keys.ts';
import { Failure } from '../../../helper/failure.ts';

const hasWg = spawnSync('wg', ['--version']).status === 0;

function wg(verb: string, input = ''): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync('wg', [verb], { input: Buffer.from(input, 'latin1') });
  return { status, stdout: stdout.toString() };
}

function ours(input: string): { status: number; stdout: string } {
  try {
    return { status: 0, stdout: publicKeyText(input) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: 1, stdout: '' };
  }
}

describe.skipIf(!hasWg)('keys, as the real wg makes them', () => {
  it('gives the same public key', () => {
    for (let i = 0; i < 20; i++) {
      const text = newPrivateKeyText();
      expect(publicKeyText(text)).toBe(wg('pubkey', text).stdout);
    }
  });

  const key = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';
  it.each([
    key,
    `${key}\n`,
    `${key}\r\n`,
    `${key} \t\v\f\n\n`,
    `${key}\0\n`,
    '',
    '\n',
    ` ${key}`,
    key.slice(1),
    `${key}x`,
    `${key}\n${key}\n`,
    key.replace('=', 'A'),
    `${key.slice(0, 42)}l=`,
    `${'A'.repeat(43)}=`,
    `${'/'.repeat(42)}8=`,
    `${key}\u00a0`,
    `${key}\u0085`,
    'not a key',
  ])('accepts or refuses %j as wg does', (input) => {
    expect(ours(input)).toEqual(wg('pubkey', input));
  });

  it('makes keys that wg accepts, as long as its own', () => {
    for (const text of [
      newPrivateKeyText(),
      newPresharedKeyText(),
      wg('genkey').stdout,
      wg('genpsk').stdout,
    ]) {
      expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
      expect(decodeBase64Key(text.trim())).not.toBeNull();
    }
  });

  it('makes clamped private keys', () => {
    const bytes = decodeBase64Key(newPrivateKeyText().trim())!;
    expect([bytes[0]! & 7, bytes[31]! >> 6]).toEqual([0, 1]);
  });
});

describe('the warning for a file that others may read', () => {
  it.each([
    [0o644, true],
    [0o604, true],
    [0o640, false],
    [0o600, false],
  ])('knows the mode %o', (mode, warns) => {
    const folder = mkdtempSync(join(tmpdir(), 'wayfare-keys-'));
    const umask = process.umask(0);
    const file = openSync(join(folder, 'key'), 'w', mode);
    process.umask(umask);
    expect(secretFileWarning(file) !== '').toBe(warns);
    closeSync(file);
    rmSync(folder, { recursive: true });
  });

  it('is silent for what is no file', () => {
    const file = openSync('/dev/null', 'w');
    expect(secretFileWarning(file)).toBe('');
    closeSync(file);
  });
});
