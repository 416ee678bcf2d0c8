/** Where a peer's datagrams come from and go to: its address and port, and which of our addresses it reached. */
import { IpAddress } from '../wire/ip-prefix.ts';

/** Our side of a path, from IP_PKTINFO or IPV6_PKTINFO: replies leave from the address that was addressed. */
export interface LocalSource {
  readonly address: IpAddress;
  readonly interfaceIndex: number;
}

export class Endpoint {
  readonly address: IpAddress;
  readonly port: number;
  /** The interface of a link-local IPv6 address, else 0 (RFC 4007 §6). */
  readonly scopeId: number;
  readonly source: LocalSource | null;

  constructor(address: IpAddress, port: number, scopeId = 0, source: LocalSource | null = null) {
    this.address = address;
    this.port = port;
    this.scopeId = scopeId;
    this.source = source;
  }

  /** Reads `1.2.3.4:51820`, `[::1]:51820` and `[fe80::1%2]:51820`, the zone as an interface's index. @returns null if it is none of them */
  static parse(text: string): Endpoint | null {
    const parts =
      /^\[([0-9a-fA-F:.]+)(?:%([0-9]{1,9}))?\]:([0-9]{1,5})$/.exec(text) ??
      /^([0-9.]+)():([0-9]{1,5})$/.exec(text);
    if (parts === null) return null;
    const address = IpAddress.parse(parts[1]!);
    const port = Number(parts[3]);
    if (address === null || port > 65_535 || (address.family === 6) !== text.startsWith('[')) return null;
    return new Endpoint(address, port, Number(parts[2] || 0));
  }

  equals(other: Endpoint): boolean {
    if (this === other) return true;
    if (this.port !== other.port || this.scopeId !== other.scopeId) return false;
    if (!this.address.equals(other.address)) return false;
    if (this.source === null || other.source === null) return this.source === other.source;
    return (
      this.source.interfaceIndex === other.source.interfaceIndex &&
      this.source.address.equals(other.source.address)
    );
  }

  withoutSource(): Endpoint {
    return this.source === null ? this : new Endpoint(this.address, this.port, this.scopeId);
  }

  /** Address and port as bytes: what a cookie is bound to. */
  toBytes(): Uint8Array {
    return Uint8Array.of(...this.address.bytes, this.port >> 8, this.port & 0xff);
  }

  /** As `wg show` prints it. */
  toString(): string {
    if (this.address.family === 4) return `${this.address}:${this.port}`;
    const zone = this.scopeId === 0 ? '' : `%${this.scopeId}`;
    return `[${this.address}${zone}]:${this.port}`;
  }
}
