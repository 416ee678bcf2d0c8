/**
 * Looks at the wire, as an eavesdropper would: every frame that passes an interface, before any firewall on the way in
 * and after it on the way out (AF_PACKET, through tcpdump).
 */
import { spawn } from 'node:child_process';
import type { Namespace } from './netns.ts';
import { PcapReader } from './pcap.ts';
import { waitFor } from './processes.ts';

/** tcpdump hands frames on as they come; this long without one, and those already sent have been seen. */
const QUIET_MS = 150;
const LINK_TYPE_ETHERNET = 1;
const ETHERNET_HEADER = 14;

export type Direction = 'in' | 'out' | 'inout';

export interface SniffOptions {
  /** A pcap-filter(7) expression: the kernel drops other frames. */
  filter?: string;
  direction?: Direction;
}

export class Sniffer {
  readonly #pcap = new PcapReader();
  readonly #child;
  readonly #exited: Promise<void>;
  #stderr = '';
  #lastFrameAt = 0;

  constructor(
    namespace: Namespace,
    interfaceName: string,
    { filter = '', direction = 'inout' }: SniffOptions,
  ) {
    // -U and --immediate-mode: each frame at once; -Z root: keep the right to write to our pipe; -B: room for a burst.
    const options = ['-n', '-U', '--immediate-mode', '-Z', 'root', '-s', '0', '-B', '16384', '-w', '-'];
    const args = [`--net=${namespace.path}`, 'tcpdump', ...options, '-i', interfaceName, '-Q', direction];
    this.#child = spawn('nsenter', filter === '' ? args : [...args, filter]);
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.#pcap.push(bytes);
      this.#lastFrameAt = performance.now();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.#exited = new Promise((resolve) => this.#child.on('close', () => resolve()));
  }

  /** Resolves once frames are being captured. */
  async ready(): Promise<this> {
    const listening = () => this.#stderr.includes('listening on') && this.#pcap.linkType !== null;
    await waitFor(() => listening() || this.#child.exitCode !== null, { what: 'tcpdump to listen' });
    if (!listening()) throw new Error(this.#stderr);
    return this;
  }

  /** The frames so far, from their link header on. */
  get frames(): readonly Buffer[] {
    return this.#pcap.frames;
  }

  /** The IP packets so far, without link header; other frames, such as ARP, are left out. */
  get packets(): Buffer[] {
    const header = this.#pcap.linkType === LINK_TYPE_ETHERNET ? ETHERNET_HEADER : 0;
    return this.frames
      .map((frame) => frame.subarray(header))
      .filter((packet, i) => header === 0 || isIp(this.frames[i]!, packet));
  }

  /** @param time Unix milliseconds @returns how many frames passed later, once those that passed by now are seen */
  async countSince(time: number): Promise<number> {
    const asked = performance.now();
    await waitFor(() => performance.now() - Math.max(asked, this.#lastFrameAt) > QUIET_MS, {
      what: `${QUIET_MS} ms without a frame`,
    });
    return this.#pcap.times.filter((passed) => passed > time).length;
  }

  count(predicate: (frame: Buffer) => boolean): number {
    return this.frames.filter(predicate).length;
  }

  /**
   * Ends the capture and returns every frame. It waits for the wire to be quiet first, so that what was sent just
   * before is in it; throws where the kernel had to drop frames, since a count would then mean nothing.
   */
  async stop({ timeoutMs = 5_000 } = {}): Promise<readonly Buffer[]> {
    const started = performance.now();
    await waitFor(() => performance.now() - Math.max(started, this.#lastFrameAt) > QUIET_MS, {
      what: `${QUIET_MS} ms without a frame`,
      timeoutMs,
    });
    await this.close();
    const dropped = Number(/(\d+) packets? dropped by kernel/.exec(this.#stderr)?.[1] ?? 0);
    if (dropped > 0) throw new Error(`the capture missed ${dropped} frames`);
    return this.frames;
  }

  /** Ends the capture at once, for clean-up. */
  async close(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#exited;
  }
}

function isIp(frame: Buffer, packet: Buffer): boolean {
  const etherType = frame.readUInt16BE(12);
  return packet.length > 0 && (etherType === 0x0800 || etherType === 0x86dd);
}

/** Captures on one interface of a namespace. Resolves once it does. */
export function sniff(
  namespace: Namespace,
  interfaceName: string,
  options: SniffOptions = {},
): Promise<Sniffer> {
  return new Sniffer(namespace, interfaceName, options).ready();
}
