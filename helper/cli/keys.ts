/** `genkey`, `genpsk` and `pubkey` as wg(8) does them: the same streams, the same text, the same refusals. */
import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import {
  decodeBase64Key,
  generatePresharedKey,
  generatePrivateKey,
  PrivateKey,
  PublicKey,
} from '../../engine/crypto/keys.ts';
import { dhKey } from '../../engine/crypto/primitives.ts';
import { Failure } from '../failure.ts';

const random = { bytes: (length: number) => randomBytes(length) };

export function newPrivateKeyText(): string {
  return `${generatePrivateKey(random).toBase64()}\n`;
}

export function newPresharedKeyText(): string {
  return `${generatePresharedKey(random).toBase64()}\n`;
}

const STDOUT_DESCRIPTOR = 1;
const KEY_TEXT_LENGTH = 44;
/** isspace(3), and NUL, which wg passes over too. */
const PASSED_OVER = /^[\t-\r \0]*$/;

/**
 * @param text all of standard input, in Latin-1
 * @throws Failure where it is no private key
 */
export function publicKeyText(text: string): string {
  if (!PASSED_OVER.test(text.slice(KEY_TEXT_LENGTH)))
    throw new Failure('trailing characters after the key', 'on standard input', 'give the key alone');
  const bytes = decodeBase64Key(text.slice(0, KEY_TEXT_LENGTH));
  if (bytes === null)
    throw new Failure(
      'the key is not the correct length or format',
      'on standard input',
      "give the 44 characters that 'wayfare genkey' prints",
    );
  const publicKey = dhKey(new PrivateKey(bytes).bytes).publicKey;
  return `${new PublicKey(publicKey).toBase64()}\n`;
}

/** Prints it on stdout, after wg's warning where that is a file which others may read. */
export function printSecret(text: string): void {
  process.stderr.write(secretFileWarning(STDOUT_DESCRIPTOR));
  process.stdout.write(text);
}

/** @returns wg's warning where a secret goes to a file that others may read, or '' */
export function secretFileWarning(descriptor: number): string {
  const { mode } = fstatSync(descriptor);
  const isRegularFile = (mode & 0o170000) === 0o100000;
  if (!isRegularFile || (mode & 0o007) === 0) return '';
  return 'Warning: writing to world accessible file.\nConsider setting the umask to 077 and trying again.\n';
}
