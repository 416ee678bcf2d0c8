/**
 * How an error shows what it complains of: short, on one line, and never a secret. A mistyped file can hold a key
 * anywhere (a missing `=`, a value pasted at the wrong key), so whatever looks like a piece of one is not shown.
 */
import { type Sentence, sentence } from '../sentence.ts';

const LONGEST_SHOWN = 60;
const NOT_SHOWN = sentence(/*i18n*/ '(not shown, it may be part of a key)', {});
/** Words that nobody would take for base64: a letter-only name, or one with a digit or two at its end. */
const PLAIN_NAME = /^[A-Za-z]{1,24}[0-9]{0,2}$/;
/** Marks that are in no base64, as `;` before a comment or `[` before a section, and what follows them. */
const LED_BY_MARKS = /^([;:,.!?'"`*~<>()[\]{}|&%$@^_-]{0,3})(.*)$/s;
const BASE64_RUN = /[A-Za-z0-9+/]{12,}/g;

/** A value of a key that holds no secret, in quotes. */
export function shownValue(value: string): string {
  const visible = value
    .slice(0, 4 * LONGEST_SHOWN)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
    .replace(BASE64_RUN, (run) => (looksRandom(run) ? '…' : run));
  return visible.length > LONGEST_SHOWN ? `"${visible.slice(0, LONGEST_SHOWN)}…"` : `"${visible}"`;
}

/** The first word of a line that is not understood, which may be a key's or a section's name, in quotes. */
export function shownName(text: string): string | Sentence {
  const inBrackets = /^\[\s*(\S*)\s*\]$/.exec(text.slice(0, LONGEST_SHOWN));
  const word = inBrackets?.[1] ?? /^\S*/.exec(text)?.[0] ?? '';
  const [, marks = '', name = ''] = LED_BY_MARKS.exec(word) ?? [];
  const isPlain = PLAIN_NAME.test(name) && !looksRandom(name);
  if (!isPlain && !(name === '' && marks !== '')) return NOT_SHOWN;
  return inBrackets === null ? `"${marks}${name}"` : `"[${marks}${name}]"`;
}

/** What a person may have taken for a comment is told what is one. */
export function commentHint(text: string): string | Sentence {
  return text.startsWith(';') ? sentence(/*i18n*/ '; ";" starts no comment, "#" does', {}) : '';
}

/** Base64 of random bytes is half upper case and a fifth neither case; names and host names are not. */
function looksRandom(run: string): boolean {
  if (run.length < 12) return false;
  const lower = run.match(/[a-z]/g)?.length ?? 0;
  return lower < run.length && lower > 0 && run.length - lower > run.length / 4;
}
