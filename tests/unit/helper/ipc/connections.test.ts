import { describe, expect, it } from 'vitest';
import { Connections, type Member } from '../../../../helper/ipc/connections.ts';

class FakeMember implements Member {
  readonly uid: number;
  isIdle = true;
  unsentBytes = 0;
  ended = '';

  constructor(uid: number, traits: Partial<Pick<Member, 'isIdle' | 'unsentBytes'>> = {}) {
    this.uid = uid;
    Object.assign(this, traits);
  }

  hangUp(failure: Error): void {
    this.ended = failure.message;
  }

  destroy(): void {
    this.ended = 'destroyed';
  }
}

const LIMITS = { total: 4, perUser: 2, unsent: 100 };

function connected(...members: FakeMember[]): Connections {
  const connections = new Connections(LIMITS);
  for (const member of members) connections.add(member);
  return connections;
}

const busy = { isIdle: false };

describe('room for a connection', () => {
  it('is made by the one of the same user that was unused the longest', () => {
    const members = [new FakeMember(2), new FakeMember(1), new FakeMember(1)];
    const connections = connected(...members);
    connections.noteUse(members[1]!);
    expect(connections.makeRoomFor(1)).toBe(true);
    expect(members.map(({ ended }) => ended !== '')).toEqual([false, false, true]);
    expect(members[2]!.ended).toBe('too many programs talk to the helper, close some of them and try again');
  });

  it('is not made by one that is in use', () => {
    const members = [new FakeMember(1, busy), new FakeMember(1, busy), new FakeMember(2)];
    const connections = connected(...members);
    expect(connections.makeRoomFor(1)).toBe(false);
    expect(connections.makeRoomFor(2)).toBe(true);
    expect(members.map(({ ended }) => ended)).toEqual(['', '', '']);
  });

  it('is made by anybody where there are too many altogether', () => {
    const members = [
      new FakeMember(1, busy),
      new FakeMember(2),
      new FakeMember(3, busy),
      new FakeMember(3, busy),
    ];
    const connections = connected(...members);
    expect(connections.makeRoomFor(4)).toBe(true);
    expect(members.map(({ ended }) => ended !== '')).toEqual([false, true, false, false]);
  });

  it('is kept from root by nobody else', () => {
    const connections = connected(...[1, 1, 2, 2].map((uid) => new FakeMember(uid, busy)));
    expect(connections.makeRoomFor(3)).toBe(false);
    expect(connections.makeRoomFor(0)).toBe(true);
  });

  it('comes back when a connection ends', () => {
    const members = [new FakeMember(1, busy), new FakeMember(1, busy)];
    const connections = connected(...members);
    expect(connections.makeRoomFor(1)).toBe(false);
    connections.remove(members[0]!);
    expect(connections.makeRoomFor(1)).toBe(true);
    connections.noteUse(members[0]!); // it is gone, and stays gone
    expect(connections.makeRoomFor(1)).toBe(true);
  });
});

describe('unsent bytes', () => {
  it('end the connection with the most of them, once they are too many together', () => {
    const members = [30, 50, 20].map((unsentBytes) => new FakeMember(1, { unsentBytes }));
    const connections = connected(...members);
    connections.limitUnsent();
    expect(members.map(({ ended }) => ended)).toEqual(['', '', '']);
    members[0]!.unsentBytes = 31;
    connections.limitUnsent();
    connections.limitUnsent();
    expect(members.map(({ ended }) => ended)).toEqual(['', 'destroyed', '']);
  });
});
