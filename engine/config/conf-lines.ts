/** From the bytes of a `.conf` to its lines. What a line's key and value mean is `wg-quick.ts`'s business. */
import { isUtf8 } from 'node:buffer';
import { ConfigError } from '../errors.ts';
import { sentence } from '../sentence.ts';
import { commentHint, shownName } from './offender.ts';
import type { Warn } from './warning.ts';

export const MAX_CONF_BYTES = 1_048_576;

export interface SectionLine {
  readonly kind: 'section';
  readonly line: number;
  /** In lower case, without brackets. */
  readonly section: string;
  /** As written, for messages. */
  readonly text: string;
}

export interface SettingLine {
  readonly kind: 'setting';
  readonly line: number;
  /** As written, trimmed. */
  readonly key: string;
  /** Up to a comment, trimmed. */
  readonly value: string;
  /** With `#` and what follows, trimmed: the value of a hook. */
  readonly uncutValue: string;
}

export type ConfLine = SectionLine | SettingLine;

/**
 * The text of a file in UTF-8, or in UTF-16 as Windows editors save it (wireguard-windows, conf/parser.go), with a byte
 * order mark or without.
 *
 * @throws ConfigError past 1 MiB
 */
export function decodeConf(bytes: Uint8Array, warn: Warn): string {
  if (bytes.length > MAX_CONF_BYTES) {
    throw new ConfigError(
      sentence(
        /*i18n*/ "the file is {bytes} bytes; a tunnel's file has at most {most}, so check that it is one",
        { bytes: String(bytes.length), most: String(MAX_CONF_BYTES) },
      ),
    );
  }
  const utf16 = utf16Encoding(bytes);
  if (utf16 !== null) {
    warn(
      'encoding',
      1,
      sentence(/*i18n*/ 'the file is in UTF-16; wg-quick reads only UTF-8, which is what export writes', {}),
    );
    return new TextDecoder(utf16).decode(bytes);
  }
  if (!isUtf8(bytes))
    warn(
      'encoding',
      1,
      sentence(
        /*i18n*/ 'the file is not valid UTF-8; unreadable characters were replaced, check the hooks',
        {},
      ),
    );
  // TextDecoder takes the byte order mark away.
  return new TextDecoder().decode(bytes);
}

/** The first character of a `.conf` is ASCII, so a zero byte beside it tells UTF-16 without a mark. */
function utf16Encoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  return null;
}

/**
 * The sections and settings of a file, in order, without blank lines and comments. Only a line feed ends a line:
 * a carriage return is white space, as in wg(8).
 *
 * @throws ConfigError for a line that is neither a section nor `Key = value`, and for a NUL character
 */
export function* confLines(text: string): Generator<ConfLine> {
  let line = 0;
  for (const raw of eachLine(text)) {
    line++;
    if (raw.includes('\0'))
      throw new ConfigError(
        sentence(/*i18n*/ 'a NUL character: the file is damaged or no text, export it anew', {}),
        line,
      );
    const hash = raw.indexOf('#');
    const stripped = (hash < 0 ? raw : raw.slice(0, hash)).trim();
    if (stripped === '') continue;
    const equals = stripped.indexOf('=');
    if (equals >= 0) {
      yield {
        kind: 'setting',
        line,
        key: stripped.slice(0, equals).trim(),
        value: stripped.slice(equals + 1).trim(),
        uncutValue: raw.slice(raw.indexOf('=') + 1).trim(),
      };
    } else if (stripped.startsWith('[')) {
      const section = withoutWhiteSpace(stripped).toLowerCase();
      yield { kind: 'section', line, section: section.replace(/^\[(.*)\]$/, '$1'), text: stripped };
    } else {
      throw new ConfigError(
        sentence(/*i18n*/ '{word} has no "="; write "Key = value", or "#" before it{hint}', {
          word: shownName(stripped),
          hint: commentHint(stripped),
        }),
        line,
      );
    }
  }
}

function* eachLine(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    yield end < 0 ? text.slice(start) : text.slice(start, end);
    start = end < 0 ? text.length : end + 1;
  }
}

/** wg(8) takes all white space out of a line (src/config.c), so `Private Key` and a key in two halves are fine there. */
export function withoutWhiteSpace(text: string): string {
  return text.replace(/[ \t\n\v\f\r]+/g, '');
}
