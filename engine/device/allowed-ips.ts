/**
 * Cryptokey routing (paper §2): which peer a destination goes to, and a source must come from. Longest prefix wins; a
 * prefix has one owner, and giving it to another takes it from the first.
 *
 * One binary trie a family, in which chains of single children are one step. Addresses are big-endian u32 words.
 */
import type { IpFamily, IpPrefix } from '../wire/ip-prefix.ts';
import { commonBits, masked, NONE, PrefixNodes, prefixOf, wordsOf } from './prefix-nodes.ts';

export class AllowedIps<Owner extends object> {
  readonly #families: Record<IpFamily, PrefixTrie<Owner>> = { 4: new PrefixTrie(4), 6: new PrefixTrie(6) };

  /** @param address an IPv4 address as a u32 @returns the owner of the longest prefix that covers it */
  lookup4(address: number): Owner | null {
    return this.#families[4].lookup(address, 0, 0, 0);
  }

  /** @param a … d an IPv6 address as four u32 words */
  lookup6(a: number, b: number, c: number, d: number): Owner | null {
    return this.#families[6].lookup(a, b, c, d);
  }

  /** Gives exactly this prefix to `owner`, whoever had it. Host bits are ignored. */
  insert(prefix: IpPrefix, owner: Owner): void {
    this.#families[prefix.family].insert(prefix, owner);
  }

  /** Takes exactly this prefix away, if it is `owner`'s. @returns whether it was */
  remove(prefix: IpPrefix, owner: Owner): boolean {
    return this.#families[prefix.family].remove(prefix, owner);
  }

  removeOwner(owner: Owner): void {
    this.#families[4].removeOwner(owner);
    this.#families[6].removeOwner(owner);
  }

  /** IPv4 before IPv6, each in the order in which they were given. */
  prefixesOf(owner: Owner): IpPrefix[] {
    return [...this.#families[4].prefixesOf(owner), ...this.#families[6].prefixesOf(owner)];
  }
}

class PrefixTrie<Owner extends object> {
  readonly #family: IpFamily;
  readonly #nodes = new PrefixNodes();
  /** By node; null where the node only branches. */
  readonly #owners: (Owner | null)[] = [null];
  /** An owner's only node, or its nodes in order. */
  readonly #owned = new Map<Owner, number | Set<number>>();
  #root = NONE;

  constructor(family: IpFamily) {
    this.#family = family;
  }

  lookup(a: number, b: number, c: number, d: number): Owner | null {
    let found = NONE;
    for (let node = this.#root; node !== NONE && this.#nodes.covers(node, a, b, c, d); ) {
      if (this.#nodes.isOwned(node)) found = node;
      node = this.#nodes.childTowards(node, a, b, c, d);
    }
    return this.#owners[found] ?? null;
  }

  insert(prefix: IpPrefix, owner: Owner): void {
    const node = this.#findOrAdd(prefix);
    if (this.#owners[node] === owner) return;
    this.#disown(node);
    this.#setOwner(node, owner);
    const owned = this.#owned.get(owner);
    if (owned === undefined) this.#owned.set(owner, node);
    else if (typeof owned === 'number') this.#owned.set(owner, new Set([owned, node]));
    else owned.add(node);
  }

  remove(prefix: IpPrefix, owner: Owner): boolean {
    const { above, node } = this.#descend(prefix);
    const isExact = node === NONE && above !== NONE && this.#nodes.length(above) === prefix.length;
    if (!isExact || this.#owners[above] !== owner) return false;
    this.#disown(above);
    this.#prune(above);
    return true;
  }

  removeOwner(owner: Owner): void {
    const nodes = this.#nodesOf(owner);
    this.#owned.delete(owner);
    for (const node of nodes) {
      this.#setOwner(node, null);
      this.#prune(node);
    }
  }

  prefixesOf(owner: Owner): IpPrefix[] {
    return this.#nodesOf(owner).map((node) => prefixOf(this.#nodes.words(node), this.#family));
  }

  #nodesOf(owner: Owner): number[] {
    const owned = this.#owned.get(owner);
    if (owned === undefined) return [];
    return typeof owned === 'number' ? [owned] : [...owned];
  }

  #setOwner(node: number, owner: Owner | null): void {
    this.#owners[node] = owner;
    this.#nodes.setOwned(node, owner !== null);
  }

  #disown(node: number): void {
    const owner = this.#owners[node] ?? null;
    if (owner === null) return;
    this.#setOwner(node, null);
    const owned = this.#owned.get(owner)!;
    if (typeof owned === 'number') this.#owned.delete(owner);
    else {
      owned.delete(node);
      if (owned.size === 0) this.#owned.delete(owner);
    }
  }

  /**
   * Walks down while nodes cover the prefix. @returns the last that does, NONE where none does; and the node below it
   * in the prefix's way, NONE where there is none or where the last is the prefix itself
   */
  #descend(prefix: IpPrefix): { above: number; node: number } {
    const { a, b, c, d, length } = wordsOf(prefix);
    let above = NONE;
    let node = this.#root;
    while (node !== NONE && this.#nodes.length(node) <= length && this.#nodes.covers(node, a, b, c, d)) {
      above = node;
      if (this.#nodes.length(node) === length) return { above, node: NONE };
      node = this.#nodes.childTowards(node, a, b, c, d);
    }
    return { above, node };
  }

  #findOrAdd(prefix: IpPrefix): number {
    const { above, node } = this.#descend(prefix);
    if (above !== NONE && this.#nodes.length(above) === prefix.length) return above;
    const words = wordsOf(prefix);
    const added = this.#add(words);
    if (node === NONE) {
      this.#attach(above, added);
      return added;
    }
    const common = commonBits(this.#nodes.words(node), words);
    if (common === words.length) {
      this.#attach(above, added);
      this.#attach(added, node);
      return added;
    }
    const branch = this.#add(masked(words, common));
    this.#attach(above, branch);
    this.#attach(branch, node);
    this.#attach(branch, added);
    return added;
  }

  #add(words: ReturnType<typeof wordsOf>): number {
    const node = this.#nodes.add(words);
    this.#owners[node] = null;
    return node;
  }

  #attach(parent: number, node: number): void {
    this.#nodes.attach(parent, node);
    if (parent === NONE) this.#root = node;
  }

  /** Removes a node that has no owner and does not branch, and then its parent if that does not either. */
  #prune(node: number): void {
    const zero = this.#nodes.zero(node);
    const one = this.#nodes.one(node);
    if (this.#nodes.isOwned(node) || (zero !== NONE && one !== NONE)) return;
    const parent = this.#nodes.parent(node);
    const only = zero === NONE ? one : zero;
    this.#nodes.delete(node);
    if (only !== NONE) {
      this.#attach(parent, only);
    } else if (parent === NONE) {
      this.#root = NONE;
    } else {
      this.#nodes.detach(parent, node);
      this.#prune(parent);
    }
  }
}
