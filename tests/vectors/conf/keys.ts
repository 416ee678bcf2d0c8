/** Keys in base64, in all three places, and [Peer] sections that share one. */
import {
  accepted,
  type ConfCase,
  inInterface,
  inPeer,
  OTHER_PRESHARED_KEY,
  OTHER_PRIVATE_KEY,
  OTHER_PUBLIC_KEY,
  PRESHARED_KEY,
  PRIVATE_KEY,
  PUBLIC_KEY,
  peer,
  refused,
  type Texts,
  THIRD_PUBLIC_KEY,
  ZERO_KEY,
} from './conf-case.ts';

/** What goes wrong with a key between one screen and the next. */
const BROKEN_KEYS: Readonly<Record<string, (key: string) => string>> = {
  'without a value': () => '',
  'without its =': (key) => key.slice(0, -1),
  'with == at its end': (key) => `${key.slice(0, -2)}==`,
  'a character short': (key) => key.slice(1),
  'a character long': (key) => `A${key}`,
  'written twice over': (key) => key + key,
  'in base64url': (key) => key.replace(/^.{4}/, 'a-_b'),
  'in hex': (key) => Buffer.from(key, 'base64').toString('hex'),
  'in quotes': (key) => `"${key}"`,
  'with unused bits set': (key) => `${key.slice(0, -2)}B=`,
  'with its last character changed to one of no key': (key) => `${key.slice(0, -2)}/=`,
  'with = in the middle': (key) => `${key.slice(0, 20)}=${key.slice(21)}`,
  'with a comma after it': (key) => `${key},`,
  'with a letter of another alphabet': (key) => `А${key.slice(1)}`,
  'with a star': (key) => `*${key.slice(1)}`,
  'as (none)': () => '(none)',
  'as (hidden)': () => '(hidden)',
};

const WHOLE_KEYS: Readonly<Record<string, (key: string) => string>> = {
  'with blanks around it': (key) => `  ${key} \t`,
  'in two halves': (key) => `${key.slice(0, 22)} ${key.slice(22)}`,
  'with a comment behind it': (key) => `${key} # mine`,
  'with a comment right behind it': (key) => `${key}#mine`,
  'of zeros': () => ZERO_KEY,
  'of ones': () => `${'/'.repeat(42)}8=`,
};

/** Each place in which a key stands, with the key that belongs there. */
const PLACES: readonly [string, string, (key: string) => string][] = [
  ['PrivateKey', PRIVATE_KEY, (key) => `[Interface]\nPrivateKey = ${key}\n`],
  ['PublicKey', PUBLIC_KEY, (key) => `${inInterface()}[Peer]\nPublicKey = ${key}\n`],
  ['PresharedKey', PRESHARED_KEY, (key) => inPeer(`PresharedKey = ${key}`)],
];

function inEveryPlace(spoilers: Readonly<Record<string, (key: string) => string>>): Texts {
  return Object.fromEntries(
    PLACES.flatMap(([name, key, text]) =>
      Object.entries(spoilers).map(([how, spoil]) => [`${name} ${how}`, text(spoil(key))]),
    ),
  );
}

const repeatedPeers = accepted({
  'one peer twice, which replaces its allowed IPs': inPeer('AllowedIPs = 10.0.0.0/8').concat(
    peer(PUBLIC_KEY, 'AllowedIPs = 192.168.0.0/16'),
  ),
  'one peer twice, the second time with nothing': inPeer(
    'AllowedIPs = 10.0.0.0/8',
    'Endpoint = 192.0.2.1:1',
    'PersistentKeepalive = 25',
    `PresharedKey = ${PRESHARED_KEY}`,
  ).concat(peer(PUBLIC_KEY)),
  'one peer twice, with another endpoint': inPeer('Endpoint = 192.0.2.1:1').concat(
    peer(PUBLIC_KEY, 'Endpoint = 192.0.2.2:2'),
  ),
  'one peer twice, with another preshared key': inPeer(`PresharedKey = ${PRESHARED_KEY}`).concat(
    peer(PUBLIC_KEY, `PresharedKey = ${OTHER_PRESHARED_KEY}`),
  ),
  'one peer twice, the second time without preshared key': inPeer(`PresharedKey = ${PRESHARED_KEY}`).concat(
    peer(PUBLIC_KEY, `PresharedKey = ${ZERO_KEY}`),
  ),
  'one peer twice, the second time without keepalive': inPeer('PersistentKeepalive = 25').concat(
    peer(PUBLIC_KEY, 'PersistentKeepalive = off'),
  ),
  'one peer twice, with another between that takes its prefix': inPeer('AllowedIPs = 10.0.0.0/8').concat(
    peer(OTHER_PUBLIC_KEY, 'AllowedIPs = 10.0.0.0/8, 10.1.0.0/16'),
    peer(PUBLIC_KEY, 'Endpoint = 192.0.2.1:1'),
  ),
  'one peer three times': inPeer('AllowedIPs = 10.0.0.0/8').concat(
    peer(PUBLIC_KEY, 'PersistentKeepalive = 1'),
    peer(PUBLIC_KEY, 'AllowedIPs = fd00::/64'),
  ),
});

const repeatedKeys = accepted({
  'PrivateKey twice': inInterface(`PrivateKey = ${OTHER_PRIVATE_KEY}`),
  'PrivateKey twice, last of zeros': inInterface(`PrivateKey = ${ZERO_KEY}`),
  'ListenPort twice': inInterface('ListenPort = 1', 'ListenPort = 2'),
  'FwMark twice': inInterface('FwMark = 1', 'FwMark = off'),
  'MTU twice': inInterface('MTU = 1400', 'MTU = 1280'),
  'Table twice': inInterface('Table = off', 'Table = auto'),
  'SaveConfig twice': inInterface('SaveConfig = true', 'SaveConfig = false'),
  'Address twice': inInterface('Address = 10.0.0.2/24', 'Address = fd00::2/64'),
  'DNS twice': inInterface('DNS = 1.1.1.1', 'DNS = corp.example'),
  'PublicKey twice': inPeer(`PublicKey = ${OTHER_PUBLIC_KEY}`),
  'PresharedKey twice': inPeer(`PresharedKey = ${PRESHARED_KEY}`, `PresharedKey = ${OTHER_PRESHARED_KEY}`),
  'Endpoint twice': inPeer('Endpoint = 192.0.2.1:1', 'Endpoint = [2001:db8::1]:2'),
  'PersistentKeepalive twice': inPeer('PersistentKeepalive = 25', 'PersistentKeepalive = 0'),
});

const missingKeys = [
  ...accepted({
    'no private key': `[Interface]\nListenPort = 51820\n\n${peer(PUBLIC_KEY)}`,
    'peers without [Interface]': peer(PUBLIC_KEY) + peer(OTHER_PUBLIC_KEY) + peer(THIRD_PUBLIC_KEY),
  }),
  ...refused({
    'a peer without public key': `${inInterface()}[Peer]\nAllowedIPs = 10.0.0.0/8\n`,
    'an empty last [Peer]': `${inPeer()}[Peer]\n`,
    'an empty [Peer] between two': `${inPeer()}[Peer]\n${peer(OTHER_PUBLIC_KEY)}`,
    'only [Peer]': '[Peer]\n',
  }),
];

export const KEY_CASES: readonly ConfCase[] = [
  ...refused(inEveryPlace(BROKEN_KEYS)),
  ...accepted(inEveryPlace(WHOLE_KEYS)),
  ...repeatedPeers,
  ...repeatedKeys,
  ...missingKeys,
];
