/**
 * All that are connected, and how much of the helper they may take together: room for so many at once, altogether and a
 * user, and for so many bytes that they do not read. Whoever takes too much gives way, so that the others are served.
 */
import { Failure } from '../failure.ts';

/** One connection, as far as it competes with the others. */
export interface Member {
  readonly uid: number;
  /** Nothing of it is in work, and it waits for nothing. */
  readonly isIdle: boolean;
  readonly unsentBytes: number;
  /** Ends it with words. */
  hangUp(failure: Failure): void;
  /** Ends it at once. */
  destroy(): void;
}

export interface ConnectionLimits {
  readonly total: number;
  readonly perUser: number;
  /** Bytes over all connections. */
  readonly unsent: number;
}

/** Descriptors stay below the 1,024 that a process has by default; eight greedy users leave room for no ninth. */
export const CONNECTION_LIMITS: ConnectionLimits = { total: 512, perUser: 64, unsent: 64 * 1024 * 1024 };

const ROOT_UID = 0;

export class Connections {
  readonly #limits: ConnectionLimits;
  /** The one that has been unused the longest first. */
  readonly #members = new Set<Member>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * Lets idle connections go where there are too many, of this user before others. Root is kept out by nobody else.
   *
   * @returns whether there is room for one more
   */
  makeRoomFor(uid: number): boolean {
    const own = [...this.#members].filter((member) => member.uid === uid);
    if (own.length >= this.#limits.perUser && !this.#releaseIdle(own)) return false;
    return this.#members.size < this.#limits.total || this.#releaseIdle(this.#members) || uid === ROOT_UID;
  }

  add(member: Member): void {
    this.#members.add(member);
  }

  remove(member: Member): void {
    this.#members.delete(member);
  }

  noteUse(member: Member): void {
    if (this.#members.delete(member)) this.#members.add(member);
  }

  /** Ends the connection with the most unsent bytes where all of them hold too many. */
  limitUnsent(): void {
    let total = 0;
    let greediest: Member | null = null;
    for (const member of this.#members) {
      total += member.unsentBytes;
      if (greediest === null || member.unsentBytes > greediest.unsentBytes) greediest = member;
    }
    if (greediest === null || total <= this.#limits.unsent) return;
    this.#members.delete(greediest);
    greediest.destroy();
  }

  destroyAll(): void {
    for (const member of this.#members) member.destroy();
    this.#members.clear();
  }

  #releaseIdle(candidates: Iterable<Member>): boolean {
    for (const member of candidates) {
      if (!member.isIdle) continue;
      this.#members.delete(member);
      member.hangUp(tooManyConnections());
      return true;
    }
    return false;
  }
}

export function tooManyConnections(): Failure {
  return new Failure('too many programs talk to the helper', '', 'close some of them and try again', {
    code: 'helper-busy',
  });
}
