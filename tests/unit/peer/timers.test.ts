import { beforeEach, describe, expect, it } from 'vitest';
import { type Timer, Timers } from '../../../engine/peer/timers.ts';

const NO_JITTER = { bytes: (length: number) => new Uint8Array(length) };
const NEVER = Number.POSITIVE_INFINITY;

let timers: Timers;

beforeEach(() => {
  timers = new Timers(NO_JITTER);
});

function allDue(now: number): Timer[] {
  const due: Timer[] = [];
  for (let timer = timers.takeDue(now); timer !== null; timer = timers.takeDue(now)) due.push(timer);
  return due;
}

describe('timers', () => {
  it('nothing_is_due_before_anything_happened', () => {
    expect(timers.nextDeadline()).toBe(NEVER);
    expect(timers.takeDue(1e15)).toBeNull();
  });

  it('a_timer_is_taken_once_and_not_early', () => {
    timers.onHandshakeInitiationSent(0);
    expect(timers.takeDue(4_999)).toBeNull();
    expect(timers.takeDue(5_000)).toBe('retransmitHandshake');
    expect(timers.takeDue(5_000)).toBeNull();
    expect(timers.nextDeadline()).toBe(NEVER);
  });

  it('all_that_is_due_is_taken', () => {
    timers.setPersistentKeepalive(1_000);
    timers.onAnyAuthenticatedPacketTraversal(0);
    timers.onHandshakeInitiationSent(0);
    timers.onDataSent(0);
    timers.onDataReceived(0);
    timers.onSessionDerived(0);
    expect(allDue(1e9).sort()).toEqual(
      [
        'newHandshake',
        'persistentKeepalive',
        'retransmitHandshake',
        'sendKeepalive',
        'zeroKeyMaterial',
      ].sort(),
    );
  });

  it('stopping_stops_all', () => {
    timers.setPersistentKeepalive(1_000);
    timers.onAnyAuthenticatedPacketTraversal(0);
    timers.onHandshakeInitiationSent(0);
    timers.onDataSent(0);
    timers.onDataReceived(0);
    timers.onSessionDerived(0);
    timers.stop();
    expect(timers.nextDeadline()).toBe(NEVER);
  });
});

/** What jitters come of all that the random source may give. */
function drawnJitters(jitterOf: (timers: Timers) => number): Set<number> {
  let draw = 0;
  const random = {
    bytes: () => {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, draw++, true);
      return bytes;
    },
  };
  return new Set(Array.from({ length: 1_000 }, () => jitterOf(new Timers(random))));
}

describe('retransmitHandshake', () => {
  it('it_is_due_5_s_after_an_initiation', () => {
    timers.onHandshakeInitiationSent(100);
    expect(timers.nextDeadline()).toBe(5_100);
  });

  it('its_jitter_is_0_to_333_ms', () => {
    const jitters = drawnJitters((jittery) => {
      jittery.onHandshakeInitiationSent(0);
      return jittery.nextDeadline() - 5_000;
    });
    expect([Math.min(...jitters), Math.max(...jitters), jitters.size]).toEqual([0, 333, 334]);
  });

  it('a_completed_handshake_disarms_it', () => {
    timers.onHandshakeInitiationSent(0);
    timers.onHandshakeComplete();
    expect(timers.nextDeadline()).toBe(NEVER);
  });
});

describe('newHandshake', () => {
  it('its_jitter_is_0_to_333_ms_and_each_session_s_own', () => {
    const jitters = drawnJitters((jittery) => {
      jittery.onSessionDerived(0);
      jittery.onDataSent(0);
      return jittery.nextDeadline() - 15_000;
    });
    expect([Math.min(...jitters), Math.max(...jitters), jitters.size]).toEqual([0, 333, 334]);
  });

  it('it_is_due_15_s_after_data_was_sent', () => {
    timers.onDataSent(0);
    expect(timers.nextDeadline()).toBe(15_000);
  });

  it('more_data_does_not_put_it_off', () => {
    timers.onDataSent(0);
    timers.onDataSent(14_000);
    expect(timers.nextDeadline()).toBe(15_000);
  });

  it('any_authenticated_packet_disarms_it', () => {
    timers.onDataSent(0);
    timers.onAnyAuthenticatedPacketReceived();
    expect(timers.nextDeadline()).toBe(NEVER);
  });
});

describe('sendKeepalive', () => {
  it('it_is_due_10_s_after_data_came', () => {
    timers.onDataReceived(0);
    expect(timers.nextDeadline()).toBe(10_000);
  });

  it('anything_sent_disarms_it', () => {
    timers.onDataReceived(0);
    timers.onAnyAuthenticatedPacketSent();
    expect(timers.nextDeadline()).toBe(NEVER);
  });

  it('another_is_due_if_more_data_came_before_it', () => {
    timers.onDataReceived(0);
    timers.onDataReceived(5_000);
    expect(timers.takeDue(10_000)).toBe('sendKeepalive');
    timers.onAnyAuthenticatedPacketSent();
    timers.onKeepaliveSent(10_000);
    expect(timers.nextDeadline()).toBe(20_000);
    expect(timers.takeDue(20_000)).toBe('sendKeepalive');
    timers.onKeepaliveSent(20_000);
    expect(timers.nextDeadline()).toBe(NEVER);
  });
});

describe('persistentKeepalive', () => {
  it('it_counts_from_the_latest_authenticated_packet_either_way', () => {
    timers.setPersistentKeepalive(25_000);
    expect(timers.nextDeadline()).toBe(NEVER);
    timers.onAnyAuthenticatedPacketTraversal(0);
    timers.onAnyAuthenticatedPacketTraversal(20_000);
    expect(timers.nextDeadline()).toBe(45_000);
  });

  it('zero_switches_it_off', () => {
    timers.setPersistentKeepalive(25_000);
    timers.onAnyAuthenticatedPacketTraversal(0);
    timers.setPersistentKeepalive(0);
    expect(timers.nextDeadline()).toBe(NEVER);
    timers.onAnyAuthenticatedPacketTraversal(1);
    expect(timers.nextDeadline()).toBe(NEVER);
  });
});

describe('zeroKeyMaterial', () => {
  it('it_is_due_540_s_after_the_latest_session', () => {
    timers.onSessionDerived(0);
    timers.onSessionDerived(100_000);
    expect(timers.nextDeadline()).toBe(640_000);
  });

  it('giving_up_arms_it_where_it_was_not', () => {
    timers.onHandshakeGivenUp(1_000);
    expect(timers.nextDeadline()).toBe(541_000);
  });

  it('giving_up_does_not_put_it_off', () => {
    timers.onSessionDerived(0);
    timers.onHandshakeGivenUp(100_000);
    expect(timers.nextDeadline()).toBe(540_000);
  });

  it('giving_up_disarms_the_keepalive', () => {
    timers.onDataReceived(0);
    timers.onHandshakeGivenUp(0);
    expect(allDue(1e9)).toEqual(['zeroKeyMaterial']);
  });
});
