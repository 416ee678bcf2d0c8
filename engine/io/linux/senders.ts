/**
 * The senders of late, by the bytes with which the kernel names them and the address of ours that they reached: so that
 * datagrams of one place bring the same {@link Endpoint} object each time, and none is made for each.
 */
import type { Endpoint, LocalSource } from '../../peer/endpoint.ts';
import { IpAddress, type IpFamily } from '../../wire/ip-prefix.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { readSockaddr } from './sockaddr.ts';

/** A power of two. */
const SLOTS = 64;
/** What tells senders apart, in u32 words: of the sockaddr (without sin_zero), and of the pktinfo. */
const NAME_WORDS: Record<IpFamily, number> = { 4: 2, 6: 7 };
const PKTINFO_WORDS: Record<IpFamily, number> = { 4: 2, 6: 5 };
const PKTINFO_AT = 28;
const SLOT_LENGTH = 48;

export class Senders {
  readonly #memory: SharedMemory;
  readonly #slots: number;
  readonly #endpoints: (Endpoint | null)[] = new Array(SLOTS).fill(null);

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#slots = memory.allocate(SLOTS * SLOT_LENGTH);
  }

  /**
   * @param name offset of a sockaddr_in or sockaddr_in6
   * @param pktinfo offset of an in_pktinfo or in6_pktinfo, 0 where there is none
   */
  endpoint(family: IpFamily, name: number, pktinfo: number): Endpoint {
    const { view } = this.#memory;
    // Port and lowest address word.
    const lastWord = name + (family === 4 ? 4 : 20);
    const hash = view.getUint16(name + 2) ^ view.getUint16(lastWord) ^ view.getUint16(lastWord + 2);
    const slot = hash & (SLOTS - 1);
    const at = this.#slots + slot * SLOT_LENGTH;
    const known = this.#endpoints[slot]!;
    if (
      known !== null &&
      (known.source === null) === (pktinfo === 0) &&
      this.#isSame(at, name, NAME_WORDS[family]) &&
      (pktinfo === 0 || this.#isSame(at + PKTINFO_AT, pktinfo, PKTINFO_WORDS[family]))
    ) {
      return known;
    }
    this.#copy(at, name, NAME_WORDS[family]);
    if (pktinfo !== 0) this.#copy(at + PKTINFO_AT, pktinfo, PKTINFO_WORDS[family]);
    const source = pktinfo === 0 ? null : this.#readPktinfo(family, pktinfo);
    const endpoint = readSockaddr(this.#memory, name, source);
    this.#endpoints[slot] = endpoint;
    return endpoint;
  }

  #isSame(a: number, b: number, words: number): boolean {
    const { view } = this.#memory;
    for (let i = 0; i < words; i++) {
      if (view.getUint32(a + 4 * i) !== view.getUint32(b + 4 * i)) return false;
    }
    return true;
  }

  #copy(to: number, from: number, words: number): void {
    this.#memory.bytes.copyWithin(to, from, from + 4 * words);
  }

  /** struct in_pktinfo {int ifindex; in_addr spec_dst; in_addr addr} and in6_pktinfo {in6_addr addr; uint ifindex}. */
  #readPktinfo(family: IpFamily, at: number): LocalSource {
    const { bytes, view } = this.#memory;
    if (family === 4) {
      const address = new IpAddress(bytes.slice(at + 4, at + 8));
      return { address, interfaceIndex: view.getInt32(at, true) };
    }
    const address = new IpAddress(bytes.slice(at, at + 16));
    return { address, interfaceIndex: view.getUint32(at + 16, true) };
  }
}
