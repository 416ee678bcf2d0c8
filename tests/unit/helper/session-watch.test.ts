import { describe, expect, it } from 'vitest';
import type { PeerConfig } from '../../../engine/config/tunnel-config.ts';
import { decidingPeers, SessionWatch } from '../../../helper/tunnel/session-watch.ts';
import type { EngineDevice } from '../../../helper/tunnel/uapi-client.ts';
import { configOf } from './fake-world.ts';

const INITIATION = 148;
const KEEPALIVE = 32;

type Counters = readonly [rxBytes: number, txBytes: number];

/** @param allowedIps one text a peer */
function peersFor(allowedIps: readonly string[]): readonly PeerConfig[] {
  const sections = allowedIps.map(
    (text, i) => `[Peer]\nPublicKey = ${keyOf(i)}\nAllowedIPs = ${text}\nEndpoint = 192.0.2.1:7\n`,
  );
  return configOf(`[Interface]\n${sections.join('')}`).peers;
}

function keyOf(peer: number): string {
  return Buffer.alloc(32, peer + 1).toString('base64');
}

const SPLIT = ['10.0.0.0/24', '10.0.1.0/24'];

function device(...counters: readonly Counters[]): EngineDevice {
  const peers = counters.map(([rxBytes, txBytes], i) => ({
    publicKey: keyOf(i),
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
function lostAt(
  seconds: number,
  step: (i: number) => readonly Counters[],
  allowedIps: readonly string[] = SPLIT,
): number | null {
  const watch = new SessionWatch(peersFor(allowedIps));
  for (let i = 0; i <= seconds; i++) if (watch.observe(device(...step(i)), i * 1_000) === false) return i;
  return null;
}

describe('a session', () => {
  it('is answered when something comes in', () => {
    const watch = new SessionWatch(peersFor(SPLIT));
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

  it('is lost by one of several peers though another is idle, which was asked for nothing', () => {
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [92, 148],
      ]),
    ).toBe(26);
  });

  it('is not lost while one of its peers is heard though another is called in vain', () => {
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [92 + Math.floor(i / 20) * 32, 148],
      ]),
    ).toBeNull();
  });

  it('is not lost while nobody was called since one of its peers was heard', () => {
    expect(
      lostAt(100, (i) => [
        [92, i < 5 ? 148 : 1_148],
        [i < 10 ? 92 : 124, 148],
      ]),
    ).toBeNull();
  });

  it('is lost 25 seconds after the last answer of one peer, where only another is called', () => {
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [i < 10 ? 92 : 124, 148],
      ]),
    ).toBe(35);
  });

  it('is lost once every peer that was called had its time', () => {
    expect(
      lostAt(100, (i) => [
        [92, 148 + i * 1_000],
        [92, i < 20 ? 148 : 1_148],
      ]),
    ).toBe(45);
  });

  it.each(['0.0.0.0/0', '128.0.0.0/1, 0.0.0.0/1', '10.0.9.0/24, ::/0'])(
    'is decided by the peer that takes %s alone',
    (everything) => {
      const allowedIps = [everything, '10.0.1.0/24'];
      const isSilent = (i: number): Counters => [92, 148 + i * 1_000];
      const answers = (i: number): Counters => [92 + i * 100, 148 + i * 100];
      expect(lostAt(100, (i) => [isSilent(i), answers(i)], allowedIps)).toBe(26);
      expect(lostAt(100, (i) => [answers(i), isSilent(i)], allowedIps)).toBeNull();
      expect(decidingPeers(peersFor(allowedIps))).toHaveLength(1);
    },
  );

  it('counts anew with a new engine', () => {
    const watch = new SessionWatch(peersFor(SPLIT));
    watch.observe(device([10_000, 10_000]), 0);
    watch.restart();
    expect(watch.observe(device([0, 148]), 1_000)).toBeNull();
    expect(watch.observe(device([92, 148]), 2_000)).toBe(true);
  });

  it('without peers is neither', () => {
    expect(lostAt(100, () => [])).toBeNull();
  });
});
