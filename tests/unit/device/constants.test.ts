import { expect, it } from 'vitest';
import * as constants from '../../../engine/constants.ts';

it('the_constants_are_those_of_the_paper_and_the_checklist', () => {
  expect(constants).toMatchObject({
    CONSTRUCTION: 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s',
    IDENTIFIER: 'WireGuard v1 zx2c4 Jason@zx2c4.com',
    LABEL_MAC1: 'mac1----',
    LABEL_COOKIE: 'cookie--',
    REKEY_AFTER_MESSAGES: 2n ** 60n,
    REJECT_AFTER_MESSAGES: 2n ** 64n - 2n ** 13n - 1n,
    REKEY_AFTER_TIME_MS: 120_000,
    REJECT_AFTER_TIME_MS: 180_000,
    REKEY_ATTEMPT_TIME_MS: 90_000,
    REKEY_TIMEOUT_MS: 5_000,
    REKEY_TIMEOUT_JITTER_MS: 333,
    KEEPALIVE_TIMEOUT_MS: 10_000,
    MAX_TIMER_HANDSHAKES: 18,
    HANDSHAKE_INITIATION_INTERVAL_MS: 20,
    REPLAY_WINDOW_BITS: 8_192,
    REPLAY_WINDOW_USABLE_BITS: 8_128,
    PADDING_MULTIPLE: 16,
    COOKIE_SECRET_MAX_AGE_MS: 120_000,
    COOKIE_LENGTH: 16,
    COOKIE_NONCE_LENGTH: 24,
    UNDER_LOAD_QUEUED_HANDSHAKES: 512,
    UNDER_LOAD_LINGER_MS: 1_000,
    HANDSHAKES_PER_SECOND: 20,
    HANDSHAKES_BURST: 5,
    MAX_STAGED_PACKETS: 128,
    HANDSHAKE_TRAFFIC_CLASS: 0x88,
    MAX_PEERS: 65_536,
    MIN_MTU: 576,
    MAX_MTU: 65_535,
  });
  expect(constants.COOKIE_SECRET_MAX_AGE_MS - constants.COOKIE_SECRET_LATENCY_MS).toBe(115_000);
  expect(constants.UNDER_LOAD_QUEUED_HANDSHAKES).toBe(constants.MAX_QUEUED_HANDSHAKES / 8);
});
