import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../engine/errors.ts';
import { Failure, toFailure } from '../../../helper/failure.ts';

describe('a failure', () => {
  it('tells what to do last, after the place', () => {
    const error = new SystemError('create interface lo', 'EINVAL', 'choose another name');
    expect(toFailure(error, 'tunnel lo').message).toBe(
      'create interface lo: EINVAL, tunnel lo, choose another name',
    );
  });

  it('leaves out what it does not know', () => {
    expect(new Failure('it failed').message).toBe('it failed');
    expect(new Failure('it\nfailed', '', 'mend it').message).toBe('it failed, mend it');
  });

  it('keeps a mistake of ours for the log', () => {
    const mistake = new TypeError('oops');
    const failure = toFailure(mistake);
    expect(failure.message).not.toContain('oops');
    expect(failure.cause).toBe(mistake);
  });
});
