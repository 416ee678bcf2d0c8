import { describe, expect, it } from 'vitest';
import { SessionWatch } from '../../../helper/tunnel/session-watch.ts';
import type { EngineDevice } from '../../../helper/tunnel/uapi-client.ts';

const INITIATION = 148;
const KEEPALIVE = 32;

type Counters = readonly [rxBytes: number, txBytes: number];

function device(...counters: readonly Counters[]): EngineDevice {
  const peers = counters.map(([rxBytes, txBytes], i) => ({
    publicKey: `peer ${i}`,
    endpoint: null,
    allowedIps: [],
    latestHandshake: null,
    persistentKeepalive: null,
    rxBytes,
    txBytes,
  }));
  return { listenPort: 1, peers };
}

/** Observes once a second. @param step the counters of second `i` @returns the second in which a session was lost */
function lostAt(seconds: number, step: (i: number) => readonly Counters[]): number | null {
  const watch = new SessionWatch();
  for (let i = 0; i <= seconds; i++) if (watch.observe(device(...step(i)), i * 1_000) === false) return i;
  return null;
}

describe('a session', () => {
  it('is answered when something comes in', () => {
    const watch = new SessionWatch();
    expect(watch.observe(device([92, 148]), 0)).toBe(true);
    expect(watch.observe(device([92, 148]), 1_000)).toBeNull();
    expect(watch.observe(device([124, 148]), 2_000)).toBe(true);
  });

  it('is lost 25 seconds after the first of what nobody answers', () => {
    expect(lostAt(60, (i) => [[92, i < 10 ? 148 : 148 + (i - 9) * INITIATION]])).toBe(35);
  });

  it('is not lost while it is idle, or sends persistent keepalives, which nobody answers', () => {
    expect(lostAt(600, () => [[92, 148]])).toBeNull();
    for (const everySeconds of [1, 25])
      expect(lostAt(600, (i) => [[92, 148 + Math.floor(i / everySeconds) * KEEPALIVE]])).toBeNull();
  });

  it('is not lost while answers come late', () => {
    expect(lostAt(600, (i) => [[92 + Math.floor(i / 20) * 100, 148 + i * 1_000]])).toBeNull();
  });

  it('is not lost while one of its peers may be there', () => {
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [92, 148],
      ]),
    ).toBeNull();
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [92, 148 + i * 1_000],
      ]),
    ).not.toBeNull();
  });

  it('counts anew with a new engine', () => {
    const watch = new SessionWatch();
    watch.observe(device([10_000, 10_000]), 0);
    watch.restart();
    expect(watch.observe(device([0, 148]), 1_000)).toBeNull();
    expect(watch.observe(device([92, 148]), 2_000)).toBe(true);
  });

  it('without peers is neither', () => {
    expect(lostAt(100, () => [])).toBeNull();
  });
});
