import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../engine/errors.ts';
import { Failure, failureLine, leftover, toFailure } from '../../../helper/failure.ts';

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

  it('carries its code on, and has the same line with it', () => {
    const plain = new Failure('the disk is full', 'in /x', 'make room on it');
    const coded = new Failure('the disk is full', 'in /x', 'make room on it', {
      code: 'disk-full',
      folder: '/x',
    });
    expect(Failure.from(coded.parts).parts.coded).toEqual({ code: 'disk-full', folder: '/x' });
    expect(coded.message).toBe(plain.message);
    expect(failureLine(coded.parts)).toBe(failureLine(plain.parts));
  });

  it('has no code where it is told as a part of another', () => {
    const { parts } = new Failure('the disk is full', 'in /x', '', { code: 'disk-full', folder: '/x' });
    expect(leftover('take it back', Failure.from(parts), () => {})).toEqual({
      what: 'could not take it back (the disk is full)',
      where: 'in /x',
      advice: '',
    });
  });

  it('keeps a mistake of ours for the log', () => {
    const mistake = new TypeError('oops');
    const failure = toFailure(mistake);
    expect(failure.message).not.toContain('oops');
    expect(failure.cause).toBe(mistake);
  });
});
