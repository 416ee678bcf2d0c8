/** What a disk refuses, in words. */
import { errorCode, Failure, toFailure } from '../failure.ts';

/** @param folder where it happened */
export function diskFailure(error: unknown, folder: string): Failure {
  const where = `in ${folder}`;
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Failure('the disk is full', where, 'make room on it; what was stored before is unharmed', {
        code: 'disk-full',
        folder,
      });
    case 'EROFS':
      return new Failure(
        'the disk is read-only',
        where,
        'make it writable again; what is stored can still be used',
        { code: 'disk-read-only', folder },
      );
    default:
      return toFailure(error, where);
  }
}
