/** IP addresses and prefixes as bytes. Text is parsed by ipaddr.js, written as RFC 5952 asks. */
import ipaddr from 'ipaddr.js';

export type IpFamily = 4 | 6;

/** The longest text of an IPv6 address: `ffff:…:ffff:255.255.255.255`. */
const LONGEST_ADDRESS_TEXT = 45;

/** An address: 4 bytes or 16, network order. An IPv4-mapped IPv6 address stays IPv6. */
export class IpAddress {
  readonly family: IpFamily;
  /**
   * Its big-endian words, of which IPv4 has the first. As signed integers they cost nothing beside the object; an
   * array would take five times as much.
   */
  readonly #a: number;
  readonly #b: number;
  readonly #c: number;
  readonly #d: number;

  /** @param bytes 4 or 16 bytes */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== 4 && bytes.length !== 16)
      throw new RangeError(`an IP address of ${bytes.length} bytes`);
    const isV4 = bytes.length === 4;
    this.family = isV4 ? 4 : 6;
    this.#a = wordAt(bytes, 0);
    this.#b = isV4 ? 0 : wordAt(bytes, 4);
    this.#c = isV4 ? 0 : wordAt(bytes, 8);
    this.#d = isV4 ? 0 : wordAt(bytes, 12);
  }

  /** @returns null unless `text` is a whole address: four decimal octets, or IPv6 without a zone */
  static parse(text: string): IpAddress | null {
    if (text.length > LONGEST_ADDRESS_TEXT || text.includes('%')) return null;
    const lastColon = text.lastIndexOf(':');
    if (lastColon < 0) {
      if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return null;
      return new IpAddress(Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray()));
    }
    const tail = text.slice(lastColon + 1);
    // ipaddr.js reads an embedded IPv4 address in octal and hex too, inet_pton(3) only in plain decimal.
    if (tail.includes('.') && !ipaddr.IPv4.isValidFourPartDecimal(tail)) return null;
    if (!ipaddr.IPv6.isValid(text)) return null;
    return new IpAddress(Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()));
  }

  /** 32 or 128. */
  get bits(): number {
    return this.family === 4 ? 32 : 128;
  }

  /** A new array each time. */
  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.bits / 8);
    this.writeTo(new DataView(bytes.buffer), 0);
    return bytes;
  }

  writeTo(view: DataView, offset: number): void {
    view.setInt32(offset, this.#a);
    if (this.family === 4) return;
    view.setInt32(offset + 4, this.#b);
    view.setInt32(offset + 8, this.#c);
    view.setInt32(offset + 12, this.#d);
  }

  equals(other: IpAddress): boolean {
    return (
      this.family === other.family &&
      this.#a === other.#a &&
      this.#b === other.#b &&
      this.#c === other.#c &&
      this.#d === other.#d
    );
  }

  toString(): string {
    const address = ipaddr.fromByteArray([...this.bytes]);
    if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
      return `::ffff:${address.toIPv4Address()}`;
    return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** A prefix of `length` bits. Host bits may be set: an interface's address keeps them, `masked` clears them. */
export class IpPrefix {
  readonly address: IpAddress;
  readonly length: number;

  constructor(address: IpAddress, length: number) {
    if (length < 0 || length > address.bits) throw new RangeError(`a prefix length of ${length}`);
    this.address = address;
    this.length = length;
  }

  /** Reads `ADDRESS` (a /32 or /128) or `ADDRESS/LENGTH`, the length in decimal digits. @returns null if it is neither */
  static parse(text: string): IpPrefix | null {
    const slash = text.indexOf('/');
    const address = IpAddress.parse(slash < 0 ? text : text.slice(0, slash));
    if (address === null) return null;
    const { bits } = address;
    if (slash < 0) return new IpPrefix(address, bits);
    const length = text.slice(slash + 1);
    if (!/^[0-9]{1,3}$/.test(length) || Number(length) > bits) return null;
    return new IpPrefix(address, Number(length));
  }

  get family(): IpFamily {
    return this.address.family;
  }

  /** The same prefix with its host bits cleared. */
  masked(): IpPrefix {
    const { bytes } = this.address;
    for (let i = 0; i < bytes.length; i++) {
      const kept = Math.min(8, Math.max(0, this.length - i * 8));
      bytes[i]! &= (0xff00 >> kept) & 0xff;
    }
    return new IpPrefix(new IpAddress(bytes), this.length);
  }

  hasHostBits(): boolean {
    return !this.masked().address.equals(this.address);
  }

  equals(other: IpPrefix): boolean {
    return this.length === other.length && this.address.equals(other.address);
  }

  toString(): string {
    return `${this.address}/${this.length}`;
  }
}
