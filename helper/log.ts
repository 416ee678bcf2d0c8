/** JSON lines, one event each. Whatever looks like a key is taken out, public keys too. */

export type LogLevel = 'info' | 'warning' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/**
 * 32 bytes in base64, in hex, in base64 without padding or in base64url, wherever in the text they stand. The last two
 * are told from a path or a word by letters of both cases, which one key in 10^9 lacks; a long path that has both goes too.
 */
const KEY_LIKE = new RegExp(
  [
    '[A-Za-z0-9+/]{43}=',
    '[0-9a-fA-F]{64,}',
    '(?=[^A-Z]{0,42}[A-Z])(?=[^a-z]{0,42}[a-z])(?:[A-Za-z0-9+/]{43,}|[A-Za-z0-9_-]{43,})',
  ].join('|'),
  'g',
);
/** A log is for reading: longer text is cut. Characters. */
const MAX_TEXT_LENGTH = 2_000;

/** JSON escapes less than a terminal or an editor obeys: these are DEL, C1, and marks of lines and of direction. */
const LEFT_BY_JSON = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

export function redactKeys(text: string): string {
  return text.replace(KEY_LIKE, '<redacted>');
}

/**
 * @param write receives whole lines
 * @param now Unix time in milliseconds
 */
export function createLog(write: (line: string) => void, now: () => number): Log {
  return (level, message, fields = {}) => {
    const entry: Record<string, unknown> = {
      time: new Date(now()).toISOString(),
      level,
      message: presentable(message),
    };
    for (const [name, value] of Object.entries(fields))
      entry[name] = typeof value === 'string' ? presentable(value) : value;
    write(`${JSON.stringify(entry).replace(LEFT_BY_JSON, escaped)}\n`);
  };
}

function presentable(text: string): string {
  const safe = redactKeys(text);
  return safe.length <= MAX_TEXT_LENGTH ? safe : `${safe.slice(0, MAX_TEXT_LENGTH)}…`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
