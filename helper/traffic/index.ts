/** What has gone through the tunnels, kept across restarts of the helper and of the machine. Nothing here throws. */
import type { ResultOf, TrafficSpan } from '../ipc/contract.ts';
import { type TrafficCounter, type TrafficSources, TunnelTraffic } from './tunnel-traffic.ts';

export class Traffic {
  readonly #sources: TrafficSources;
  /** Those that were asked for since the helper started. */
  readonly #tunnels = new Map<string, TunnelTraffic>();

  constructor(sources: TrafficSources) {
    this.#sources = sources;
  }

  /** A session begins. */
  begin(name: string): TrafficCounter {
    const tunnel = this.#tunnel(name);
    tunnel.begin();
    return tunnel;
  }

  read(name: string, span: TrafficSpan): Promise<ResultOf<'traffic'>> {
    return this.#tunnel(name).read(span);
  }

  /** Of a tunnel that is down. */
  async rename(name: string, newName: string): Promise<void> {
    const tunnel = this.#tunnel(name);
    this.#tunnels.delete(name);
    this.#tunnels.set(newName, tunnel);
    await tunnel.rename(newName);
  }

  /** Of a tunnel that is down. */
  async remove(name: string): Promise<void> {
    const tunnel = this.#tunnel(name);
    this.#tunnels.delete(name);
    await tunnel.remove();
  }

  /** Resolves once everything is on the disk, as far as it takes it. */
  async settled(): Promise<void> {
    await Promise.all([...this.#tunnels.values()].map((tunnel) => tunnel.settled()));
  }

  #tunnel(name: string): TunnelTraffic {
    const known = this.#tunnels.get(name);
    if (known !== undefined) return known;
    const tunnel = new TunnelTraffic(name, this.#sources);
    this.#tunnels.set(name, tunnel);
    return tunnel;
  }
}
