/** One setting on its way in: what its key allows, where it stands, what it says, and how it is refused. */
import { decodeBase64Key } from '../crypto/keys.ts';
import { ConfigError } from '../errors.ts';
import { sentence, type ValuesOf } from '../sentence.ts';
import { shownValue } from './offender.ts';

export interface SettingKey<Name extends string> {
  /** As documentation spells it. Files spell it in any case. */
  readonly name: Name;
  /** wg(8) takes all white space out of a line; wg-quick(8) keeps what is inside; a hook keeps `#` too. */
  readonly reader: 'wg' | 'wg-quick' | 'hook';
  /** Repeated, the values add up or the last counts. */
  readonly repeated: 'adds-up' | 'last-counts';
}

export interface Setting<Name extends string = string> {
  readonly line: number;
  readonly key: Name;
  /** Trimmed; see SettingKey.reader for white space and `#` inside. Never empty for a key of wg(8). */
  readonly value: string;
}

/**
 * Refuses a setting that holds no secret, and shows it.
 *
 * @param template with `{setting}` in it, which becomes its key and what is at fault @param offender that part of it
 */
export function refuse<T extends string>(
  setting: Setting,
  template: T,
  values: Omit<ValuesOf<T>, 'setting'>,
  offender = setting.value,
): never {
  const shown = { ...values, setting: `${setting.key} ${shownValue(offender)}` };
  throw new ConfigError(sentence<string>(template, shown), setting.line);
}

/** @returns the number that `text` is in decimal digits, a leading 0 being no sign of octal; null if it is none or above `max` */
export function parseDecimal(text: string, max: number): number | null {
  if (!/^[0-9]+$/.test(text)) return null;
  const number = Number(text);
  return number <= max ? number : null;
}

/** @returns 32 bytes. No error shows a key, a public one neither: private keys get pasted in their place. */
export function parseKey({ key, line, value }: Setting): Uint8Array {
  const bytes = decodeBase64Key(value);
  if (bytes !== null) return bytes;
  throw new ConfigError(
    value.length === 44
      ? sentence(/*i18n*/ '{key}: its value is no key in base64; copy the key anew', { key })
      : sentence(
          /*i18n*/ '{key}: its value has {length} characters, a key has 44 and ends in "="; copy the key anew',
          { key, length: String(value.length) },
        ),
    line,
  );
}
