/** Why a bring-up was stopped from outside: the reason of its AbortSignal. */
export class Interrupted extends Error {
  readonly why: 'cancelled' | 'timed-out';

  constructor(why: Interrupted['why'], message: string) {
    super(message);
    this.name = 'Interrupted';
    this.why = why;
  }
}
