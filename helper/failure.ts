/** A failure as a value that crosses the socket and prints as one line: what, where, what to do. */
import { ConfigError, SystemError } from '../engine/errors.ts';
import type { CodedFailure, FailureParts } from './coded-failure.ts';
import type { Log } from './log.ts';

/** Codes of the system, such as `EACCES`: those of node's own, such as `ERR_INVALID_ARG_TYPE`, are mistakes of ours. */
const SYSTEM_ERROR_CODE = /^E[A-Z0-9]+$/;

export type { FailureParts };

export class Failure extends Error {
  readonly parts: FailureParts;

  constructor(what: string, where = '', advice = '', coded?: CodedFailure) {
    super(failureLine({ what, where, advice }));
    this.name = 'Failure';
    this.parts = { what, where, advice, coded };
  }

  static from(parts: FailureParts): Failure {
    return new Failure(parts.what, parts.where, parts.advice, parts.coded);
  }
}

/** @returns `what, where, advice` on one line, the empty parts left out */
export function failureLine(parts: FailureParts): string {
  return [parts.what, parts.where, parts.advice]
    .filter((part) => part !== '')
    .join(', ')
    .replace(/\s*[\r\n]+\s*/g, ' ');
}

/** Anything thrown, as a failure. A mistake of our own code says so, and keeps its stack for the log. */
export function toFailure(error: unknown, where = ''): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ConfigError) return new Failure(error.message, where);
  if (error instanceof SystemError)
    return new Failure(`${error.operation}: ${error.code}`, where, error.advice);
  if (error instanceof Error && SYSTEM_ERROR_CODE.test(errorCode(error)))
    return new Failure(error.message, where);
  const failure = new Failure(
    'something inside Wayfare broke',
    where,
    'please report it with the log of the helper',
    { code: 'broken-inside' },
  );
  failure.cause = error;
  return failure;
}

/**
 * A failure in the midst of something larger, which goes on: logged, and told as what was left undone.
 *
 * @param deed such as `close the TUN device`
 */
export function leftover(
  deed: string,
  error: unknown,
  log: Log,
  fields: Readonly<Record<string, string>> = {},
): FailureParts {
  const { parts, message } = toFailure(error);
  log('warning', `could not ${deed}`, { ...fields, reason: message });
  return { what: `could not ${deed} (${parts.what})`, where: parts.where, advice: parts.advice };
}

/** Resolves once all works have ended, however they ended. @param what such as `could not close the TUN device` */
export async function logFailures(log: Log, what: string, works: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(works))
    if (result.status === 'rejected') log('warning', what, { reason: toFailure(result.reason).message });
}

/** @returns the code of a system error of node, such as `ENOENT`, or '' */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function notOnThisSystem(feature: string): Failure {
  return new Failure(`${feature} is not supported on this system`, process.platform, 'use Linux');
}
