/** Where the protocol puts what it produces (design habit 3): any number of datagrams and packets may come out of one input. */
import type { Endpoint } from './endpoint.ts';

export interface Output {
  /** @returns the offset in packet memory of `length` free bytes, to be given to {@link sendDatagrams} next */
  reserve(length: number): number;
  /**
   * Sends `length` bytes as datagrams of `stride` bytes, the last perhaps shorter.
   * @param trafficClass the outer header's DSCP and ECN byte
   */
  sendDatagrams(
    offset: number,
    length: number,
    stride: number,
    endpoint: Endpoint,
    trafficClass: number,
  ): void;
  /** Takes an inner packet for the TUN device. The 16 bytes before it are free to be overwritten. */
  writePacket(offset: number, length: number): void;
}
