import { describe, expect, it } from 'vitest';
import { handleDatagramRun } from '../../../engine/dataplane/inbound.ts';
import { establishedPair } from '../../support/virtual-network.ts';

/** Lets bob have several of alice's datagrams as one run, as GRO hands them over. */
function runOf(count: number, cut: (run: Uint8Array) => Uint8Array = (run) => run) {
  const { network, alice, bob } = establishedPair();
  network.isLost = () => true;
  const packets = Array.from({ length: count }, () => alice.send(bob));
  const datagrams = network.seen('data').map(({ bytes }) => bytes);
  const segmentSize = datagrams[0]!.length;
  const run = cut(Buffer.concat(datagrams));
  bob.memory.bytes.set(run, bob.input);
  const fields = { offset: bob.input, length: run.length, segmentSize, source: alice.outer, trafficClass: 0 };
  handleDatagramRun(bob.device, fields, network.clock.now, bob);
  return { packets, bob, segmentSize };
}

describe('a run of datagrams', () => {
  it.each([1, 2, 9, 64])('%i_datagrams_become_as_many_packets_in_order', (count) => {
    const { packets, bob } = runOf(count);
    expect(bob.delivered).toEqual(packets);
  });

  it('the_last_may_be_shorter', () => {
    const { packets, bob } = runOf(3, (run) => run.subarray(0, run.length - 1));
    expect(bob.delivered).toEqual(packets.slice(0, 2));
    expect(bob.drops('invalid-tag')).toBe(1);
  });

  it('an_empty_datagram_is_an_invalid_length', () => {
    const { bob } = runOf(1, () => new Uint8Array(0));
    expect(bob.delivered).toEqual([]);
    expect(bob.drops('invalid-length')).toBe(1);
  });

  it('a_bad_one_in_the_middle_costs_only_itself', () => {
    const { packets, bob } = runOf(5, (run) => {
      run[run.length / 2]! ^= 1;
      return run;
    });
    expect(bob.delivered).toEqual(packets.filter((_, i) => i !== 2));
    expect(bob.drops('invalid-tag')).toBe(1);
  });
});
