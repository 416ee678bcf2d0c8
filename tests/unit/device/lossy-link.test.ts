import { describe, expect, it } from 'vitest';
import { virtualPair } from '../../support/virtual-network.ts';

const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);

describe.each([10, 20, 30])('a link that loses %i of 100 datagrams', (percent) => {
  const link = { delayMs: 30, jitterMs: 60, loss: percent / 100, duplication: 0.05 };

  it.each(SEEDS)('seed_%i_sessions_always_come_back_and_nothing_arrives_twice', (seed) => {
    const { network, alice, bob } = virtualPair({ seed, link });
    network.isRecording = false;
    const sent = new Set<string>();
    const step = (withBob: boolean) => {
      sent.add(Buffer.from(alice.send(bob)).toString('latin1'));
      if (withBob) sent.add(Buffer.from(bob.send(alice)).toString('latin1'));
    };
    let longestSilenceMs = 0;
    let lastArrivalAt = network.clock.now;
    let arrived = 0;
    for (let i = 0; i < 1_200; i++) {
      step(i % 3 === 0);
      network.runFor(1_000);
      const now = alice.delivered.length + bob.delivered.length;
      if (now > arrived) lastArrivalAt = network.clock.now;
      arrived = now;
      longestSilenceMs = Math.max(longestSilenceMs, network.clock.now - lastArrivalAt);
    }
    const delivered = [...alice.delivered, ...bob.delivered].map((packet) =>
      Buffer.from(packet).toString('latin1'),
    );
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(delivered.every((packet) => sent.has(packet))).toBe(true);
    expect(delivered.length / sent.size).toBeGreaterThan((1 - link.loss) * 0.85);
    // Six initiations or responses lost in a row at 30 % is one in 300.
    expect(longestSilenceMs).toBeLessThan(60_000);
  });
});

describe('a link that is cut', () => {
  it.each([10, 60, 179, 200, 600, 7_200])(
    'traffic_goes_on_within_6_s_of_its_repair_after_%i_s',
    (seconds) => {
      const { network, alice, bob } = virtualPair({ seed: seconds });
      alice.send(bob);
      network.runUntilQuiet();
      network.isLost = () => true;
      for (let i = 0; i < seconds; i++) {
        alice.send(bob);
        bob.send(alice);
        network.runFor(1_000);
      }
      network.isLost = () => false;
      alice.delivered = [];
      bob.delivered = [];
      for (let i = 0; i < 6; i++) {
        network.runFor(1_000);
        alice.send(bob);
        bob.send(alice);
      }
      network.runUntilQuiet();
      expect(alice.delivered.length).toBeGreaterThan(0);
      expect(bob.delivered.length).toBeGreaterThan(0);
    },
  );
});

it('datagrams_out_of_order_within_the_window_all_arrive_once', () => {
  const { network, alice, bob } = virtualPair({
    seed: 5,
    link: { delayMs: 10, jitterMs: 500, loss: 0, duplication: 0.3 },
  });
  alice.send(bob);
  network.runFor(2_000);
  for (let i = 0; i < 2_000; i++) {
    alice.send(bob);
    network.runFor(1);
  }
  network.runFor(5_000);
  expect(bob.delivered).toHaveLength(2_001);
  expect(bob.drops('replayed-counter')).toBeGreaterThan(400);
  const arrival = bob.delivered.map((packet) =>
    Number(Buffer.from(packet.slice(28)).toString().split(' ')[1]),
  );
  expect(arrival).not.toEqual([...arrival].sort((a, b) => a - b));
});
