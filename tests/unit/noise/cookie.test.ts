import { beforeEach, describe, expect, it } from 'vitest';
import { dhKey } from '../../../engine/crypto/primitives.ts';
import { CookieChecker, CookieJar } from '../../../engine/noise/cookie.ts';
import {
  type CookieReply,
  type HandshakeInitiation,
  type Macs,
  parseHandshakeMessage,
  writeHandshakeInitiation,
} from '../../../engine/wire/messages.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { readCookieReply, writeCookieReply } from '../../support/wireguard-reference.ts';

const SENDER = Uint8Array.of(192, 0, 2, 1, 0xca, 0x6c);
const random = new SeededRandom(4);
const responder = dhKey(random.bytes(32)).publicKey;
const NO_MAC = new Uint8Array(16);

let checker: CookieChecker;
let jar: CookieJar;

beforeEach(() => {
  checker = new CookieChecker(responder, random);
  jar = new CookieJar(responder);
});

function message(): { datagram: Uint8Array; macs: Macs } {
  return writeHandshakeInitiation({
    senderIndex: 77,
    unencryptedEphemeral: random.bytes(32),
    encryptedStatic: random.bytes(48),
    encryptedTimestamp: random.bytes(28),
  });
}

function sentMessage(now = 0) {
  const sent = message();
  jar.fillMacs(sent.macs, now);
  return sent;
}

const parseReply = (datagram: Uint8Array) => parseHandshakeMessage(datagram) as CookieReply;

function takeCookie(now: number) {
  const { macs } = sentMessage(now);
  return jar.consumeReply(parseReply(checker.createReply(macs, 77, SENDER, now)), now);
}

const isMac2Accepted = (now: number, source = SENDER) =>
  checker.isMac2Valid(sentMessage(now).macs, source, now);

describe('mac1', () => {
  it('the_receiver_accepts_what_the_sender_filled_in', () => {
    const { datagram, macs } = sentMessage();
    expect(checker.isMac1Valid(macs)).toBe(true);
    expect(checker.isMac1Valid((parseHandshakeMessage(datagram) as HandshakeInitiation).macs)).toBe(true);
  });

  it('every_bit_before_it_and_of_it_counts', () => {
    const { datagram, macs } = sentMessage();
    for (let bit = 0; bit < (148 - 16) * 8; bit++) {
      datagram[bit >> 3]! ^= 1 << (bit & 7);
      if (checker.isMac1Valid(macs)) throw new Error(`bit ${bit} does not count`);
      datagram[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(checker.isMac1Valid(macs)).toBe(true);
  });

  it('it_is_bound_to_the_receivers_key', () => {
    const other = new CookieChecker(dhKey(random.bytes(32)).publicKey, random);
    expect(other.isMac1Valid(sentMessage().macs)).toBe(false);
  });
});

describe('a cookie', () => {
  it('without_one_mac2_is_zero_and_not_accepted', () => {
    const { macs } = sentMessage();
    expect(macs.mac2).toEqual(NO_MAC);
    expect(checker.isMac2Valid(macs, SENDER, 0)).toBe(false);
  });

  it('with_one_mac2_is_accepted', () => {
    expect(takeCookie(0)).toBe('consumed');
    expect(isMac2Accepted(1)).toBe(true);
  });

  it('it_is_bound_to_the_senders_address_and_port', () => {
    takeCookie(0);
    expect(isMac2Accepted(1, Uint8Array.of(192, 0, 2, 2, 0xca, 0x6c))).toBe(false);
    expect(isMac2Accepted(1, Uint8Array.of(192, 0, 2, 1, 0xca, 0x6d))).toBe(false);
  });

  it('a_sender_uses_it_for_115_s', () => {
    takeCookie(0);
    expect(sentMessage(114_999).macs.mac2).not.toEqual(NO_MAC);
    expect(sentMessage(115_000).macs.mac2).toEqual(NO_MAC);
  });

  it('an_expired_cookie_does_not_come_back', () => {
    takeCookie(0);
    sentMessage(115_000);
    expect(sentMessage(1).macs.mac2).toEqual(NO_MAC);
  });

  it('a_receiver_accepts_it_until_its_secret_is_120_s_old', () => {
    takeCookie(0);
    takeCookie(50_000);
    expect(isMac2Accepted(119_999)).toBe(true);
    expect(isMac2Accepted(120_000)).toBe(false);
  });

  it('the_secret_changes_after_120_s_and_not_before', () => {
    const cookieAt = (now: number) => {
      const { datagram, macs } = sentMessage(now);
      return readCookieReply(checker.createReply(macs, 77, SENDER, now), responder, datagram);
    };
    const first = cookieAt(0);
    expect(cookieAt(119_999)).toEqual(first);
    const second = cookieAt(120_000);
    expect(second).not.toEqual(first);
    expect(cookieAt(239_999)).toEqual(second);
    expect(cookieAt(240_000)).not.toEqual(second);
  });
});

describe('a cookie reply', () => {
  it('it_names_the_senders_index_and_has_a_fresh_nonce', () => {
    const { macs } = sentMessage();
    const [first, second] = [1, 2].map(() => parseReply(checker.createReply(macs, 77, SENDER, 0)));
    expect(first!.receiverIndex).toBe(77);
    expect(first!.nonce).not.toEqual(second!.nonce);
  });

  it('it_is_taken_once', () => {
    const { macs } = sentMessage();
    const reply = parseReply(checker.createReply(macs, 77, SENDER, 0));
    expect(jar.consumeReply(reply, 0)).toBe('consumed');
    expect(jar.consumeReply(reply, 0)).toBe('unexpected-cookie-reply');
  });

  it('none_is_expected_before_a_message_was_sent', () => {
    const reply = parseReply(checker.createReply(message().macs, 77, SENDER, 0));
    expect(jar.consumeReply(reply, 0)).toBe('unexpected-cookie-reply');
  });

  it('its_associated_data_is_the_latest_mac1', () => {
    const { macs } = sentMessage();
    const toTheFirst = parseReply(checker.createReply(macs, 77, SENDER, 0));
    sentMessage();
    expect(jar.consumeReply(toTheFirst, 0)).toBe('invalid-cookie-reply');
  });

  it('a_forged_one_does_not_use_up_the_right_to_a_genuine_one', () => {
    const { macs } = sentMessage();
    const genuine = checker.createReply(macs, 77, SENDER, 0);
    const forged = Uint8Array.from(genuine);
    forged[40]! ^= 1;
    expect(jar.consumeReply(parseReply(forged), 0)).toBe('invalid-cookie-reply');
    expect(jar.consumeReply(parseReply(genuine), 0)).toBe('consumed');
  });

  it('the_independent_reference_reads_ours_and_we_read_its', () => {
    const { datagram, macs } = sentMessage();
    const cookie = readCookieReply(checker.createReply(macs, 77, SENDER, 0), responder, datagram);
    const again = writeCookieReply(responder, datagram, cookie, random.bytes(24));
    expect(jar.consumeReply(parseReply(again), 0)).toBe('consumed');
    expect(isMac2Accepted(1)).toBe(true);
  });
});
