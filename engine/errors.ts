import { inEnglish, type Sentence } from './sentence.ts';

/** The one exhaustive-switch guard: a union that grew without its switches is a compile error. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

/**
 * A mistake in what a person wrote: a `.conf`, a UAPI request, a command line.
 * The message is one line that says what, where and what to do, and never holds a secret.
 */
export class ConfigError extends Error {
  /** 1-based line in the text that was read, or null where there is no text. */
  readonly line: number | null;
  /** What it says but for the line. */
  readonly said: string;
  /** The same, where others than the command line say it too. */
  readonly sentence: Sentence | null;

  constructor(said: string | Sentence, line: number | null = null) {
    const text = inEnglish(said);
    super(line === null ? text : `line ${line}: ${text}`);
    this.name = 'ConfigError';
    this.line = line;
    this.said = text;
    this.sentence = typeof said === 'string' ? null : said;
  }
}

/** A system call that failed. `code` is errno's name, such as `EADDRINUSE`. */
export class SystemError extends Error {
  readonly operation: string;
  readonly code: string;
  /** What the person can do about it; may be empty. */
  readonly advice: string;

  constructor(operation: string, code: string, advice = '') {
    super(`${operation}: ${code}${advice === '' ? '' : `, ${advice}`}`);
    this.name = 'SystemError';
    this.operation = operation;
    this.code = code;
    this.advice = advice;
  }
}

/**
 * Why a packet was dropped (design habit 10): drops are values, each counted under its own name.
 * Only a cookie reply ever answers an unauthenticated packet; every one of these is silent.
 */
export const DROP_REASONS = [
  // any datagram
  'interface-down',
  'invalid-type',
  'invalid-length',
  // handshake messages
  'handshake-queue-full',
  'no-private-key',
  'invalid-mac1',
  'cookie-required',
  'rate-limited',
  'invalid-ephemeral',
  'invalid-static',
  'unknown-static',
  'invalid-timestamp',
  'replayed-timestamp',
  'initiation-flood',
  'unexpected-response',
  'invalid-response',
  'unexpected-cookie-reply',
  'invalid-cookie-reply',
  // transport data
  'unknown-index',
  'expired-key',
  'counter-limit',
  'invalid-tag',
  'replayed-counter',
  'invalid-inner-version',
  'invalid-inner-length',
  'disallowed-source',
  // inner packets on their way out
  'invalid-packet',
  'no-route',
  'no-endpoint',
  'looped-bearer',
  'staged-overflow',
  'staged-given-up',
  // the operating system refused
  'tun-write-failed',
  'udp-send-failed',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

export class DropCounters {
  readonly #counts = new Map<DropReason, number>();

  add(reason: DropReason, packets = 1): void {
    if (packets > 0) this.#counts.set(reason, this.get(reason) + packets);
  }

  get(reason: DropReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  /** Only the reasons that occurred. */
  toJSON(): Partial<Record<DropReason, number>> {
    return Object.fromEntries(this.#counts);
  }
}
