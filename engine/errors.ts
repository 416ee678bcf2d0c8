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

  constructor(message: string, line: number | null = null) {
    super(line === null ? message : `line ${line}: ${message}`);
    this.name = 'ConfigError';
    this.line = line;
  }
}

/** A system call that failed. `code` is errno's name, such as `EADDRINUSE`. */
export class SystemError extends Error {
  readonly code: string;

  constructor(operation: string, code: string, advice = '') {
    super(`${operation}: ${code}${advice === '' ? '' : `, ${advice}`}`);
    this.name = 'SystemError';
    this.code = code;
  }
}
