/** The trie against a linear scan: 400 routes, 100 mutations, up to 2,000 peers, at least a million queries. */
import { describe, expect, it } from 'vitest';
import { AllowedIps } from '../../../engine/device/allowed-ips.ts';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const ROUTES = 400;
const MUTATIONS = 100;
const QUERIES = 1_250;

interface Owner {
  readonly name: number;
}

type Words = [number, number, number, number];

/** As slow and plain as can be: every route, compared bit by bit under its mask. */
class LinearScan {
  readonly #routes: { words: Words; masks: Words; length: number; owner: Owner }[] = [];

  static masks(length: number): Words {
    const mask = (kept: number) =>
      kept <= 0 ? 0 : kept >= 32 ? 0xffffffff : (2 ** 32 - 2 ** (32 - kept)) >>> 0;
    return [mask(length), mask(length - 32), mask(length - 64), mask(length - 96)];
  }

  #find(words: Words, length: number) {
    return this.#routes.findIndex((route) => route.length === length && LinearScan.#matches(route, words));
  }

  static #matches(route: { words: Words; masks: Words }, words: Words): boolean {
    for (let i = 0; i < 4; i++) if (((words[i]! ^ route.words[i]!) & route.masks[i]!) !== 0) return false;
    return true;
  }

  insert(words: Words, length: number, owner: Owner): void {
    this.remove(words, length, null);
    this.#routes.push({ words, masks: LinearScan.masks(length), length, owner });
  }

  /** @param owner null for anybody */
  remove(words: Words, length: number, owner: Owner | null): boolean {
    const at = this.#find(words, length);
    if (at < 0 || (owner !== null && this.#routes[at]!.owner !== owner)) return false;
    this.#routes.splice(at, 1);
    return true;
  }

  removeOwner(owner: Owner): void {
    for (let i = this.#routes.length - 1; i >= 0; i--)
      if (this.#routes[i]!.owner === owner) this.#routes.splice(i, 1);
  }

  lookup(words: Words): Owner | null {
    let best = -1;
    let owner: Owner | null = null;
    for (const route of this.#routes) {
      if (route.length > best && LinearScan.#matches(route, words)) {
        best = route.length;
        owner = route.owner;
      }
    }
    return owner;
  }

  count(owner: Owner): number {
    return this.#routes.filter((route) => route.owner === owner).length;
  }

  pick(random: SeededRandom) {
    return random.pick(this.#routes);
  }
}

function prefixOf(words: Words, length: number, family: 4 | 6): IpPrefix {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 4) view.setUint32(at, words[at / 4]!);
  return new IpPrefix(new IpAddress(bytes), length);
}

describe('the oracle', () => {
  it.each([
    [4, 3, 1],
    [4, 50, 2],
    [4, 2_000, 3],
    [4, 2_000, 4],
    [6, 3, 5],
    [6, 50, 6],
    [6, 2_000, 7],
    [6, 2_000, 8],
  ] as const)('IPv%i_with_%i_peers_and_seed_%i_agrees_with_a_linear_scan', (family, peers, seed) => {
    const random = new SeededRandom(seed);
    const owners = Array.from({ length: peers }, (_, name): Owner => ({ name }));
    const table = new AllowedIps<Owner>();
    const scan = new LinearScan();
    const bits = family === 4 ? 32 : 128;
    // Few distinct bits near the top make prefixes collide, nest and share branches.
    const words = (): Words => {
      const narrow = () => (random.uint32() & (random.chance(0.5) ? 0x03000003 : 0xff0000ff)) >>> 0;
      return family === 4 ? [narrow(), 0, 0, 0] : [narrow(), narrow(), narrow(), narrow()];
    };
    const insert = () => {
      const [at, length, owner] = [words(), random.below(bits + 1), random.pick(owners)];
      table.insert(prefixOf(at, length, family), owner);
      scan.insert(at, length, owner);
    };
    for (let i = 0; i < ROUTES; i++) insert();
    let queries = 0;
    let disagreements = 0;
    for (let mutation = 0; mutation < MUTATIONS; mutation++) {
      const known = scan.pick(random);
      switch (random.below(5)) {
        case 0: {
          const owner = random.chance(0.8) ? known.owner : random.pick(owners);
          const expected = scan.remove(known.words, known.length, owner);
          expect(table.remove(prefixOf(known.words, known.length, family), owner)).toBe(expected);
          break;
        }
        case 1: {
          const owner = random.pick(owners);
          table.insert(prefixOf(known.words, known.length, family), owner);
          scan.insert(known.words, known.length, owner);
          break;
        }
        case 2:
          if (peers < 10 && random.chance(0.9)) break;
          table.removeOwner(known.owner);
          scan.removeOwner(known.owner);
          for (let i = 0; i < 5; i++) insert();
          break;
        default:
          insert();
      }
      expect(table.prefixesOf(known.owner)).toHaveLength(scan.count(known.owner));
      for (let i = 0; i < QUERIES; i++) {
        const near = scan.pick(random).words;
        const asked: Words = random.chance(0.5) ? words() : [...near];
        if (random.chance(0.3)) asked[random.below(bits / 32)]! ^= 1 << random.below(32);
        const [a, b, c, d] = asked.map((word) => word >>> 0) as Words;
        const found = family === 4 ? table.lookup4(a) : table.lookup6(a, b, c, d);
        if (found !== scan.lookup(asked)) disagreements++;
        queries++;
      }
    }
    expect(disagreements).toBe(0);
    total += queries;
  });

  let total = 0;

  it('a_million_queries_were_asked', () => {
    console.log(`allowed-ips oracle: ${total} queries`);
    expect(total).toBeGreaterThanOrEqual(1_000_000);
  });
});
