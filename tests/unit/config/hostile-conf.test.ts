import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWgQuick, writeWgQuick } from '../../../engine/config/wg-quick.ts';
import { ConfigError } from '../../../engine/errors.ts';
import {
  inPeer,
  OTHER_PRESHARED_KEY,
  OTHER_PRIVATE_KEY,
  PRESHARED_KEY,
  PRIVATE_KEY,
  peer,
} from '../../vectors/conf/conf-case.ts';
import { CONF_CORPUS } from '../../vectors/conf/corpus.ts';
import { read, refusal } from './read-conf.ts';

const SECRETS = [PRIVATE_KEY, OTHER_PRIVATE_KEY, PRESHARED_KEY, OTHER_PRESHARED_KEY];
/** A piece of a secret this long must not be seen; a shorter one may pass for a name. */
const TELLING_LENGTH = 12;
const TELLING_PIECES = SECRETS.flatMap((secret) =>
  Array.from({ length: secret.length - TELLING_LENGTH }, (_, at) => secret.slice(at, at + TELLING_LENGTH)),
);

function expectNoSecret(message: string): void {
  expect(TELLING_PIECES.filter((piece) => message.includes(piece))).toEqual([]);
}

/** Every message that a text gives rise to. @throws whatever is no ConfigError */
function messagesOf(bytes: Uint8Array): string[] {
  try {
    return parseWgQuick(bytes).warnings.map(({ message }) => message);
  } catch (error) {
    if (error instanceof ConfigError) return [error.message];
    throw error;
  }
}

describe('the corpus', () => {
  it('has_at_least_320_files_with_a_name_of_their_own', () => {
    expect(CONF_CORPUS.length).toBeGreaterThanOrEqual(320);
    expect(new Set(CONF_CORPUS.map(({ name }) => name)).size).toBe(CONF_CORPUS.length);
  });

  it.each(CONF_CORPUS)('$verdict: $name', ({ bytes, verdict }) => {
    if (verdict === 'accepted') expect(() => parseWgQuick(bytes)).not.toThrow();
    else expect(refusal(bytes)).toMatch(/^line [1-9][0-9]*: \S.*[:;] .+$/);
    for (const message of messagesOf(bytes)) {
      expect(message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      expect(message.length).toBeLessThan(250);
      expectNoSecret(message);
    }
  });
});

describe('secrets', () => {
  const places = (text: string): string[] => [
    text,
    `PrivateKey ${text}`,
    `[Interface]\n${text}`,
    `[Interface]\n[${text}]`,
    `[Interface]\nPrivateKey${text}`,
    `[Interface]\nPrivatKey = ${text}`,
    `[Interface]\nPrivateKey = "${text}"`,
    `[Interface]\nPrivateKey = ${text.slice(0, -2)}`,
    ...['ListenPort', 'FwMark', 'Address', 'DNS', 'MTU', 'Table', 'SaveConfig'].map(
      (key) => `[Interface]\n${key} = ${text}`,
    ),
    ...['AllowedIPs', 'Endpoint', 'PersistentKeepalive', 'PublicKey'].map(
      (key) => `[Peer]\n${key} = ${text}!`,
    ),
    `[Interface]\nObfuscateKey = ${text}`,
  ];

  it.each(SECRETS)('are_not_shown_wherever_they_are_pasted %#', (secret) => {
    for (const text of [...places(secret), ...places(secret.slice(5)), ...places(secret.slice(0, 30))])
      messagesOf(Buffer.from(text)).forEach(expectNoSecret);
  });

  it('do_not_hide_the_names_of_keys_and_hosts', () => {
    expect(refusal('[Interface]\nDescription = x')).toContain('"Description"');
    expect(refusal('[Peer]\nEndpoint = my-vpn-host.example.com')).toContain('"my-vpn-host.example.com"');
  });
});

describe('a damaged file', () => {
  const whole = inPeer(
    `PresharedKey = ${PRESHARED_KEY}`,
    'AllowedIPs = 10.1.2.3/8, +fd00::/64, -10.0.0.0/8',
    'Endpoint = [2001:db8::1]:51820',
    'PersistentKeepalive = 25',
  ).replace(
    '[Peer]',
    'Address = 10.0.0.2/24, fd00::2\nDNS = 1.1.1.1, lan\nMTU = 1400\nPostUp = echo # 1\n[Peer]',
  );

  const pieces = fc.constantFrom(
    ...[
      '',
      '\n',
      '=',
      '#',
      ',',
      '[',
      ']',
      ':',
      '/',
      '%',
      '\0',
      '\r',
      '\u2028',
      '٣',
      '🧳',
      '\ud800',
      '-',
      '+',
      '0x',
      ' ',
    ],
    ...[
      '[Peer]\n',
      '[Interface]\n',
      'Jc = 1\n',
      'off',
      '99999999999999999999',
      `${OTHER_PRIVATE_KEY}\n`,
      '::',
      '\ufeff',
    ],
  );
  const damage = fc.record({
    at: fc.nat(whole.length),
    length: fc.oneof(fc.nat(3), fc.nat(120)),
    put: fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 8 })),
  });

  it('is_read_or_refused_with_a_ConfigError_and_shows_no_secret', () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
        const text = damages.reduce(
          (t, { at, length, put }) => t.slice(0, at) + put + t.slice(at + length),
          whole,
        );
        messagesOf(Buffer.from(text)).forEach(expectNoSecret);
      }),
      { numRuns: 1_500 },
    );
  });

  it('of_any_bytes_is_read_or_refused_with_a_ConfigError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: 'max' }), (bytes) => {
        messagesOf(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('that_is_still_read_is_written_and_read_the_same', () => {
    fc.assert(
      fc.property(damage, ({ at, length, put }) => {
        const text = whole.slice(0, at) + put + whole.slice(at + length);
        let config: ReturnType<typeof read>['config'];
        try {
          ({ config } = read(text));
        } catch {
          return;
        }
        expect(read(writeWgQuick(config)).config).toEqual(config);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a file of 1 MiB', () => {
  const MIB = 1_048_576;
  /** Of this process's own time, so that a busy machine does not count. */
  const LIMIT_MS = 2_000;

  function cpuMs(task: () => void): number {
    const before = process.cpuUsage();
    task();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  }

  function manyPeers(count: number): string {
    const key = (i: number) =>
      Buffer.from(Uint8Array.from({ length: 32 }, (_, j) => (i >> ((j % 4) * 8)) & 0xff)).toString('base64');
    return Array.from({ length: count }, (_, i) => peer(key(i + 1))).join('');
  }

  it.each<[string, string, boolean]>([
    ['of_peers', manyPeers(16_000), true],
    ['of_empty_peers', '[Peer]\n'.repeat(65_536), false],
    ['of_one_peer_again_and_again', peer(PRIVATE_KEY, 'AllowedIPs=::/0').repeat(11_000), true],
    ['of_allowed_IPs', inPeer(`AllowedIPs = ${'10.1.2.3/8,'.repeat(90_000)}::/0`), true],
    ['of_addresses', `[Interface]\nAddress = ${'fd00::,'.repeat(140_000)}::`, true],
    ['of_hooks', `[Interface]\n${'PostUp=x\n'.repeat(110_000)}`, true],
    ['of_one_hook', `[Interface]\nPostUp = iptables ${'! -o '.repeat(200_000)}`, true],
    ['of_sections', '[Interface]\n'.repeat(87_000), true],
    ['of_line_breaks', '\n'.repeat(MIB), false],
    ['of_blanks', `[Interface]${' '.repeat(1_000_000)}`, true],
    ['of_blanks_inside_a_key', `[Interface]\nListen${' '.repeat(1_000_000)}Port = 1`, true],
    ['of_digits', `[Interface]\nTable = ${'0'.repeat(1_000_000)}`, true],
    ['of_colons', inPeer(`AllowedIPs = ${':'.repeat(1_000_000)}`), false],
    ['of_commas', `[Interface]\nAddress = ${','.repeat(1_000_000)}`, false],
    ['of_labels', inPeer(`Endpoint = ${'a.'.repeat(500_000)}:1`), false],
    ['of_octets', inPeer(`Endpoint = ${'0.'.repeat(500_000)}:1`), false],
    ['of_brackets', '['.repeat(1_000_000), false],
    ['of_one_word', 'x'.repeat(1_000_000), false],
    ['of_equals_signs', '='.repeat(1_000_000), false],
  ])('%s_is_done_with_at_once', (_, text, accepted) => {
    expect(text.length).toBeGreaterThan(MIB / 3);
    const bytes = Buffer.from(text);
    const spent = cpuMs(() => {
      if (accepted) parseWgQuick(bytes);
      else refusal(bytes);
    });
    expect(spent).toBeLessThan(LIMIT_MS);
  });

  it('and_65536_peers_are_written_at_once', () => {
    const { config } = read(inPeer('AllowedIPs = 10.0.0.0/8, ::/0', 'Endpoint = 192.0.2.1:1'));
    const peers = Array.from({ length: 65_536 }, () => config.peers[0]!);
    const spent = cpuMs(() => {
      expect(writeWgQuick({ ...config, peers }).length).toBeGreaterThan(7 * MIB);
    });
    expect(spent).toBeLessThan(LIMIT_MS);
  });
});
