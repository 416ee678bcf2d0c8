/** Reads the capture file format of libpcap from a stream: https://www.tcpdump.org/manpages/pcap-savefile.5.html */

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC_LITTLE_ENDIAN = 0xa1b2c3d4;

export class PcapReader {
  /** The captured bytes of each frame. */
  readonly frames: Buffer[] = [];
  /** When each of them passed, in Unix milliseconds. */
  readonly times: number[] = [];
  /** LINKTYPE_ of the file header: 1 is Ethernet, 101 raw IP. Null until it was read. */
  linkType: number | null = null;
  #pending = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.linkType === null && !this.#readFileHeader()) return;
    while (this.#readRecord());
  }

  #readFileHeader(): boolean {
    if (this.#pending.length < FILE_HEADER) return false;
    if (this.#pending.readUInt32LE(0) !== MAGIC_LITTLE_ENDIAN)
      throw new Error('not a little-endian pcap file');
    this.linkType = this.#pending.readUInt32LE(20);
    this.#pending = this.#pending.subarray(FILE_HEADER);
    return true;
  }

  #readRecord(): boolean {
    if (this.#pending.length < RECORD_HEADER) return false;
    const end = RECORD_HEADER + this.#pending.readUInt32LE(8);
    if (this.#pending.length < end) return false;
    this.times.push(this.#pending.readUInt32LE(0) * 1_000 + this.#pending.readUInt32LE(4) / 1_000);
    this.frames.push(Buffer.from(this.#pending.subarray(RECORD_HEADER, end)));
    this.#pending = this.#pending.subarray(end);
    return true;
  }
}
