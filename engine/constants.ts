/**
 * The protocol's own constants: WireGuard paper §5 and §6, whose names they keep.
 * Times are milliseconds on the monotonic clock. What is ours to choose is in IMPLEMENTATION below.
 */

/** Paper §5.4: hashed into every handshake. */
export const CONSTRUCTION = 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s';
export const IDENTIFIER = 'WireGuard v1 zx2c4 Jason@zx2c4.com';
export const LABEL_MAC1 = 'mac1----';
export const LABEL_COOKIE = 'cookie--';

/** Paper §6.1. A sending counter at or past this asks for a new handshake. */
export const REKEY_AFTER_MESSAGES = 2n ** 60n;
/** Paper §6.1. A counter at or past this is neither sent nor accepted. */
export const REJECT_AFTER_MESSAGES = 2n ** 64n - 2n ** 13n - 1n;
export const REKEY_AFTER_TIME_MS = 120_000;
export const REJECT_AFTER_TIME_MS = 180_000;
export const REKEY_ATTEMPT_TIME_MS = 90_000;
export const REKEY_TIMEOUT_MS = 5_000;
export const KEEPALIVE_TIMEOUT_MS = 10_000;

/** Paper §5.3: how long a cookie secret lives. */
export const COOKIE_SECRET_MAX_AGE_MS = 120_000;

export const KEY_LENGTH = 32;
export const MAC_LENGTH = 16;
export const AUTH_TAG_LENGTH = 16;
export const TIMESTAMP_LENGTH = 12;
export const COOKIE_LENGTH = 16;
export const COOKIE_NONCE_LENGTH = 24;
/** Plaintexts of transport data are padded to a multiple of this (§5.4.6). */
export const PADDING_MULTIPLE = 16;

/** What the Linux driver and wireguard-go chose, kept so that Wayfare behaves as they do. */
export const MAX_TIMER_HANDSHAKES = REKEY_ATTEMPT_TIME_MS / REKEY_TIMEOUT_MS;
export const REKEY_TIMEOUT_JITTER_MS = 333;
/** A cookie is used this much shorter than its secret lives, for the time it took to arrive. */
export const COOKIE_SECRET_LATENCY_MS = 5_000;
/** At most one initiation of a peer is consumed in this time. */
export const HANDSHAKE_INITIATION_INTERVAL_MS = 20;
export const REPLAY_WINDOW_BITS = 8_192;
/** One 64-bit word of the window is always being cleared. */
export const REPLAY_WINDOW_USABLE_BITS = REPLAY_WINDOW_BITS - 64;
export const MAX_STAGED_PACKETS = 128;
export const MAX_QUEUED_HANDSHAKES = 4_096;
/** Under load begins at this many queued handshake messages, and lasts this long after. */
export const UNDER_LOAD_QUEUED_HANDSHAKES = MAX_QUEUED_HANDSHAKES / 8;
export const UNDER_LOAD_LINGER_MS = 1_000;
export const HANDSHAKES_PER_SECOND = 20;
export const HANDSHAKES_BURST = 5;
export const MAX_PEERS = 65_536;
/** The IP traffic class of handshake messages: DSCP AF41, no ECN. Data carries the inner packet's ECN only. */
export const HANDSHAKE_TRAFFIC_CLASS = 0x88;
/** The bits of a traffic class that are ECN (RFC 3168 §5). */
export const ECN_MASK = 0x03;

export const DEFAULT_MTU = 1_420;
export const MIN_MTU = 576;
export const MAX_MTU = 65_535;
