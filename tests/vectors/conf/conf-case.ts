/**
 * A `.conf` of the corpus, what Wayfare says to it, and how the corpus is built from groups of them.
 *
 * NOTE: no line is longer than about 1,500 characters but for comments, since bash trims it in cubic time: wg-quick
 * takes 40 s for one of 10,000. The unit tests have the long ones.
 */

export interface ConfCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What `parseWgQuick` says. */
  readonly verdict: 'accepted' | 'refused';
  /** Null: wireguard-tools says the same. Otherwise why it is right to say the opposite. */
  readonly disagreement: string | null;
}

export type Texts = Readonly<Record<string, string | Uint8Array>>;

/** Base64 of bytes that no clamping changes, so that `wg showconf` prints what was put in. */
export const PRIVATE_KEY = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';
export const OTHER_PRIVATE_KEY = 'aH2O8ZxJ4nR7vK1sT9wB3yE5uG6iL0pQ2dFcXmVtYkM=';
export const PUBLIC_KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';
export const OTHER_PUBLIC_KEY = 'TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=';
export const THIRD_PUBLIC_KEY = 'gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=';
export const PRESHARED_KEY = 'FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=';
export const OTHER_PRESHARED_KEY = '/UwcSPg38hW/D9Y3tcS1FOV0K1wuURMbS0sesJEP5ak=';
export const ZERO_KEY = `${'A'.repeat(43)}=`;

export function accepted(texts: Texts): ConfCase[] {
  return casesOf(texts, 'accepted', null);
}

export function refused(texts: Texts): ConfCase[] {
  return casesOf(texts, 'refused', null);
}

export function onlyWayfareAccepts(reason: string, texts: Texts): ConfCase[] {
  return casesOf(texts, 'accepted', reason);
}

export function onlyWireguardToolsAccepts(reason: string, texts: Texts): ConfCase[] {
  return casesOf(texts, 'refused', reason);
}

/** A complete [Interface] with these lines more. */
export function inInterface(...lines: readonly string[]): string {
  return `[Interface]\nPrivateKey = ${PRIVATE_KEY}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** A complete tunnel whose one peer has these lines more. */
export function inPeer(...lines: readonly string[]): string {
  return `${inInterface()}\n${peer(PUBLIC_KEY, ...lines)}`;
}

export function peer(publicKey: string, ...lines: readonly string[]): string {
  return `[Peer]\nPublicKey = ${publicKey}\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** One text a value of an [Interface] key, named after it. */
export function interfaceValues(key: string, values: readonly string[]): Texts {
  return Object.fromEntries(values.map((value) => [nameOf(key, value), inInterface(`${key} = ${value}`)]));
}

/** One text a value of a [Peer] key, named after it. */
export function peerValues(key: string, values: readonly string[]): Texts {
  return Object.fromEntries(values.map((value) => [nameOf(key, value), inPeer(`${key} = ${value}`)]));
}

function nameOf(key: string, value: string): string {
  const shown = value.length > 60 ? `${value.slice(0, 20)}… (${value.length} characters)` : value;
  return `${key} = ${shown === '' ? '(empty)' : shown}`;
}

function casesOf(texts: Texts, verdict: ConfCase['verdict'], disagreement: string | null): ConfCase[] {
  return Object.entries(texts).map(([name, text]) => ({
    name,
    bytes: typeof text === 'string' ? Buffer.from(text) : text,
    verdict,
    disagreement,
  }));
}
