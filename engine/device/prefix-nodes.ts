/**
 * The nodes of a trie of prefixes, as rows of one Uint32Array: half a cache line each, where objects would take six
 * times that and a miss for every word. Row 0 is no node.
 */
import { IpAddress, type IpFamily, IpPrefix } from '../wire/ip-prefix.ts';

/** No node. */
export const NONE = 0;

const ROW = 8;
/** Four big-endian words of address; IPv4 uses the first. */
const A = 0;
/** The prefix's length, and whether somebody owns it: a walk then reads nothing but rows. */
const LENGTH = 4;
const LENGTH_MASK = 0xff;
const OWNED = 0x100;
const PARENT = 5;
const ZERO = 6;
const ONE = 7;
const FIRST_CAPACITY = 64;

/** An address of either family, as words whose bits past the prefix's length are zero. */
export interface PrefixWords {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly length: number;
}

export class PrefixNodes {
  #rows = new Uint32Array(FIRST_CAPACITY * ROW);
  #count = 1;
  /** Heads a list of freed rows, linked by their parent column. */
  #free = NONE;

  add({ a, b, c, d, length }: PrefixWords): number {
    const node = this.#takeRow();
    this.#rows.set([a, b, c, d, length, NONE, NONE, NONE], node * ROW);
    return node;
  }

  delete(node: number): void {
    this.#rows[node * ROW + PARENT] = this.#free;
    this.#free = node;
  }

  length(node: number): number {
    return this.#rows[node * ROW + LENGTH]! & LENGTH_MASK;
  }

  isOwned(node: number): boolean {
    return (this.#rows[node * ROW + LENGTH]! & OWNED) !== 0;
  }

  setOwned(node: number, isOwned: boolean): void {
    const length = this.length(node);
    this.#rows[node * ROW + LENGTH] = isOwned ? length | OWNED : length;
  }

  parent(node: number): number {
    return this.#rows[node * ROW + PARENT]!;
  }

  zero(node: number): number {
    return this.#rows[node * ROW + ZERO]!;
  }

  one(node: number): number {
    return this.#rows[node * ROW + ONE]!;
  }

  words(node: number): PrefixWords {
    const [a, b, c, d] = this.#rows.subarray(node * ROW, node * ROW + LENGTH);
    return { a: a!, b: b!, c: c!, d: d!, length: this.length(node) };
  }

  /** The child on the side that an address takes. */
  childTowards(node: number, a: number, b: number, c: number, d: number): number {
    const row = node * ROW;
    return this.#rows[row + ZERO + bitAt(a, b, c, d, this.#rows[row + LENGTH]! & LENGTH_MASK)]!;
  }

  /** Hangs `node` below `parent`, on the side that its address takes. */
  attach(parent: number, node: number): void {
    const { a, b, c, d } = this.words(node);
    this.#rows[node * ROW + PARENT] = parent;
    if (parent !== NONE) this.#rows[parent * ROW + ZERO + bitAt(a, b, c, d, this.length(parent))] = node;
  }

  detach(parent: number, node: number): void {
    const side = this.zero(parent) === node ? ZERO : ONE;
    this.#rows[parent * ROW + side] = NONE;
  }

  /** Whether the address begins with the node's prefix. Shifts count modulo 32, as JavaScript's do. */
  covers(node: number, a: number, b: number, c: number, d: number): boolean {
    const rows = this.#rows;
    const row = node * ROW;
    const length = rows[row + LENGTH]! & LENGTH_MASK;
    if (length <= 32) return length === 0 || (a ^ rows[row + A]!) >>> (32 - length) === 0;
    if (a !== rows[row + A]) return false;
    if (length <= 64) return (b ^ rows[row + A + 1]!) >>> (64 - length) === 0;
    if (b !== rows[row + A + 1]) return false;
    if (length <= 96) return (c ^ rows[row + A + 2]!) >>> (96 - length) === 0;
    return c === rows[row + A + 2] && (d ^ rows[row + A + 3]!) >>> (128 - length) === 0;
  }

  #takeRow(): number {
    if (this.#free !== NONE) {
      const node = this.#free;
      this.#free = this.parent(node);
      return node;
    }
    if ((this.#count + 1) * ROW > this.#rows.length) {
      const grown = new Uint32Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    return this.#count++;
  }
}

/** The bit at `index`, counted from the most significant. An index past the address finds a bit that no one asks for. */
function bitAt(a: number, b: number, c: number, d: number, index: number): number {
  const word = index < 32 ? a : index < 64 ? b : index < 96 ? c : d;
  return (word >>> (31 - (index & 31))) & 1;
}

/** How many leading bits two prefixes share. */
export function commonBits(x: PrefixWords, y: PrefixWords): number {
  let common = Math.clz32(x.a ^ y.a);
  if (common === 32) common += Math.clz32(x.b ^ y.b);
  if (common === 64) common += Math.clz32(x.c ^ y.c);
  if (common === 96) common += Math.clz32(x.d ^ y.d);
  return Math.min(common, x.length, y.length);
}

export function wordsOf(prefix: IpPrefix): PrefixWords {
  const { bytes } = prefix.address;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number) => (at < bytes.length ? view.getUint32(at) : 0);
  return masked({ a: word(0), b: word(4), c: word(8), d: word(12), length: prefix.length }, prefix.length);
}

/** The first `length` bits. */
export function masked(words: PrefixWords, length: number): PrefixWords {
  const mask = (word: number, from: number) => {
    const kept = Math.min(32, Math.max(0, length - from));
    return kept === 0 ? 0 : (word & (0xffffffff << (32 - kept))) >>> 0;
  };
  return { a: mask(words.a, 0), b: mask(words.b, 32), c: mask(words.c, 64), d: mask(words.d, 96), length };
}

export function prefixOf({ a, b, c, d, length }: PrefixWords, family: IpFamily): IpPrefix {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  [a, b, c, d].slice(0, bytes.length / 4).forEach((word, i) => {
    view.setUint32(i * 4, word);
  });
  return new IpPrefix(new IpAddress(bytes), length);
}
