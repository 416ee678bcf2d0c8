/**
 * Cryptokey routing (paper §2): a table of prefixes and their owners, one binary trie a family with chains of single
 * children compressed. A prefix has one owner; giving it to another takes it from the first.
 *
 * Addresses are four big-endian u32 words; IPv4 uses the first alone.
 */
import { IpAddress, type IpFamily, IpPrefix } from '../wire/ip-prefix.ts';

class Node<Owner> {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** How many leading bits of the words count. */
  readonly length: number;
  /** Null where the node only branches. */
  owner: Owner | null = null;
  parent: Node<Owner> | null = null;
  zero: Node<Owner> | null = null;
  one: Node<Owner> | null = null;

  constructor(a: number, b: number, c: number, d: number, length: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.length = length;
  }

  /** Whether the first `length` bits of the address are this node's. Shifts count modulo 32, as JavaScript's do. */
  covers(a: number, b: number, c: number, d: number): boolean {
    const { length } = this;
    if (length <= 32) return length === 0 || (a ^ this.a) >>> (32 - length) === 0;
    if (a !== this.a) return false;
    if (length <= 64) return (b ^ this.b) >>> (64 - length) === 0;
    if (b !== this.b) return false;
    if (length <= 96) return (c ^ this.c) >>> (96 - length) === 0;
    return c === this.c && (d ^ this.d) >>> (128 - length) === 0;
  }
}

/** The bit at `index`, counted from the most significant. */
function bitAt(a: number, b: number, c: number, d: number, index: number): number {
  const word = index < 32 ? a : index < 64 ? b : index < 96 ? c : d;
  return (word >>> (31 - (index & 31))) & 1;
}

function commonBits<Owner>(x: Node<Owner>, y: Node<Owner>): number {
  const most = Math.min(x.length, y.length);
  let common = Math.clz32(x.a ^ y.a);
  if (common === 32) common += Math.clz32(x.b ^ y.b);
  if (common === 64) common += Math.clz32(x.c ^ y.c);
  if (common === 96) common += Math.clz32(x.d ^ y.d);
  return Math.min(most, common);
}

export class AllowedIps<Owner extends object> {
  readonly #roots: Record<IpFamily, Node<Owner> | null> = { 4: null, 6: null };
  readonly #owned = new Map<Owner, Set<Node<Owner>>>();

  /** @param address an IPv4 address as a u32 @returns the owner of the longest prefix that covers it */
  lookup4(address: number): Owner | null {
    return this.#lookup(this.#roots[4], address, 0, 0, 0);
  }

  /** @param a … d an IPv6 address as four u32 words */
  lookup6(a: number, b: number, c: number, d: number): Owner | null {
    return this.#lookup(this.#roots[6], a, b, c, d);
  }

  #lookup(root: Node<Owner> | null, a: number, b: number, c: number, d: number): Owner | null {
    let found: Owner | null = null;
    let node = root;
    while (node?.covers(a, b, c, d)) {
      if (node.owner !== null) found = node.owner;
      node = bitAt(a, b, c, d, node.length) === 0 ? node.zero : node.one;
    }
    return found;
  }

  /** Gives exactly this prefix to `owner`, whoever had it. Host bits are ignored. */
  insert(prefix: IpPrefix, owner: Owner): void {
    const node = this.#nodeAt(prefix);
    if (node.owner === owner) return;
    this.#disown(node);
    node.owner = owner;
    const owned = this.#owned.get(owner);
    if (owned === undefined) this.#owned.set(owner, new Set([node]));
    else owned.add(node);
  }

  /** Takes exactly this prefix away, if it is `owner`'s. @returns whether it was */
  remove(prefix: IpPrefix, owner: Owner): boolean {
    const wanted = nodeOf<Owner>(prefix);
    let node = this.#roots[prefix.family];
    while (
      node !== null &&
      node.length < wanted.length &&
      node.covers(wanted.a, wanted.b, wanted.c, wanted.d)
    ) {
      node = child(node, wanted);
    }
    if (node === null || node.owner !== owner || node.length !== wanted.length) return false;
    if (!node.covers(wanted.a, wanted.b, wanted.c, wanted.d)) return false;
    this.#disown(node);
    this.#prune(node, prefix.family);
    return true;
  }

  removeOwner(owner: Owner): void {
    const nodes = this.#owned.get(owner);
    if (nodes === undefined) return;
    this.#owned.delete(owner);
    for (const node of nodes) {
      node.owner = null;
      this.#prune(node, this.#familyOf(node));
    }
  }

  /** In the order in which they were given. */
  prefixesOf(owner: Owner): IpPrefix[] {
    const nodes = this.#owned.get(owner);
    return nodes === undefined ? [] : [...nodes].map((node) => prefixOf(node, this.#familyOf(node)));
  }

  #disown(node: Node<Owner>): void {
    if (node.owner === null) return;
    const owned = this.#owned.get(node.owner)!;
    owned.delete(node);
    if (owned.size === 0) this.#owned.delete(node.owner);
    node.owner = null;
  }

  /** Finds or makes the node of a prefix. */
  #nodeAt(prefix: IpPrefix): Node<Owner> {
    const added = nodeOf<Owner>(prefix);
    let parent: Node<Owner> | null = null;
    let node = this.#roots[prefix.family];
    while (node !== null && node.length <= added.length && node.covers(added.a, added.b, added.c, added.d)) {
      if (node.length === added.length) return node;
      parent = node;
      node = child(node, added);
    }
    if (node === null) {
      this.#attach(parent, added, prefix.family);
      return added;
    }
    const common = commonBits(node, added);
    if (common === added.length) {
      this.#attach(parent, added, prefix.family);
      this.#attach(added, node, prefix.family);
      return added;
    }
    const branch = maskedNode<Owner>(added.a, added.b, added.c, added.d, common);
    this.#attach(parent, branch, prefix.family);
    this.#attach(branch, node, prefix.family);
    this.#attach(branch, added, prefix.family);
    return added;
  }

  /** Removes a node that has no owner and does not branch, and its parent if that no longer branches either. */
  #prune(node: Node<Owner>, family: IpFamily): void {
    if (node.owner !== null || (node.zero !== null && node.one !== null)) return;
    const { parent } = node;
    const only = node.zero ?? node.one;
    if (only !== null) this.#attach(parent, only, family);
    else if (parent === null) this.#roots[family] = null;
    else {
      if (parent.zero === node) parent.zero = null;
      else parent.one = null;
      this.#prune(parent, family);
    }
  }

  #attach(parent: Node<Owner> | null, node: Node<Owner>, family: IpFamily): void {
    node.parent = parent;
    if (parent === null) this.#roots[family] = node;
    else if (bitAt(node.a, node.b, node.c, node.d, parent.length) === 0) parent.zero = node;
    else parent.one = node;
  }

  #familyOf(node: Node<Owner>): IpFamily {
    let top = node;
    while (top.parent !== null) top = top.parent;
    return top === this.#roots[4] ? 4 : 6;
  }
}

function child<Owner>(node: Node<Owner>, towards: Node<Owner>): Node<Owner> | null {
  return bitAt(towards.a, towards.b, towards.c, towards.d, node.length) === 0 ? node.zero : node.one;
}

function nodeOf<Owner>(prefix: IpPrefix): Node<Owner> {
  const { bytes } = prefix.address;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number) => (at < bytes.length ? view.getUint32(at) : 0);
  return maskedNode(word(0), word(4), word(8), word(12), prefix.length);
}

function maskedNode<Owner>(a: number, b: number, c: number, d: number, length: number): Node<Owner> {
  const mask = (word: number, from: number) => {
    const kept = Math.min(32, Math.max(0, length - from));
    return kept === 0 ? 0 : (word & (0xffffffff << (32 - kept))) >>> 0;
  };
  return new Node(mask(a, 0), mask(b, 32), mask(c, 64), mask(d, 96), length);
}

function prefixOf<Owner>(node: Node<Owner>, family: IpFamily): IpPrefix {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  [node.a, node.b, node.c, node.d].slice(0, bytes.length / 4).forEach((word, i) => {
    view.setUint32(i * 4, word);
  });
  return new IpPrefix(new IpAddress(bytes), node.length);
}
