/** JSON lines on stderr, one event each. Whatever looks like a key is taken out, public keys too. */

export type LogLevel = 'info' | 'warning' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** 32 bytes in base64 or in hex, wherever in the text they stand. */
const KEY_LIKE = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=|(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])/g;
/** A log is for reading: longer text is cut. Characters. */
const MAX_TEXT_LENGTH = 2_000;

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
    write(`${JSON.stringify(entry)}\n`);
  };
}

function presentable(text: string): string {
  const safe = redactKeys(text);
  return safe.length <= MAX_TEXT_LENGTH ? safe : `${safe.slice(0, MAX_TEXT_LENGTH)}…`;
}
