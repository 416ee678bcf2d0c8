import type { Failure } from '../../electron/ipc/contract.ts';
import { failureText } from './failure-text.ts';

/** What went wrong, where, and what to do, as the app or the helper said it. */
export class AppFailure extends Error {
  readonly parts: Failure;

  constructor(parts: Failure) {
    super(parts.what);
    this.name = 'AppFailure';
    this.parts = parts;
  }
}

/** By which the page knows what it can mend itself. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof AppFailure ? error.parts.coded?.code : undefined;
}

/** Anything thrown on this page, in the words of the window. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AppFailure) return failureText(error.parts);
  const what = error instanceof Error ? error.message : String(error);
  return { what, where: '', advice: '' };
}
