/** What all tunnels together, and the person's lockdown, ask of the packet filter: kept, changed and told here alone. */
import type { Firewall } from '../firewall/index.ts';
import type { ProtectedTunnel, ProtectionState } from '../firewall/policy.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { LiveJournal } from './live-journal.ts';

export class Protection {
  readonly #firewall: Firewall;
  readonly #journal: LiveJournal;
  #lockdown: boolean;
  readonly #tunnels = new Map<string, ProtectedTunnel>();
  /** Closed by rules that were found standing, until a person opens them. */
  #isHeld = false;
  /** Whether rules of ours may stand: another helper may have left some. */
  #stands = true;
  readonly #inTurn = oneAtATime();

  constructor(firewall: Firewall, journal: LiveJournal, lockdown: boolean) {
    this.#firewall = firewall;
    this.#journal = journal;
    this.#lockdown = lockdown;
  }

  get lockdown(): boolean {
    return this.#lockdown;
  }

  /** Whether nothing may leave but what a tunnel, or its bearer, sends. */
  get isClosed(): boolean {
    return this.#isHeld || this.#lockdown || [...this.#tunnels.values()].some(({ killSwitch }) => killSwitch);
  }

  get #guards(): boolean {
    const tunnels = [...this.#tunnels.values()];
    return this.#isHeld || this.#lockdown || tunnels.some(({ isFull, killSwitch }) => isFull || killSwitch);
  }

  /** What a tunnel asked for last. */
  of(name: string): ProtectedTunnel | null {
    return this.#tunnels.get(name) ?? null;
  }

  /** @param tunnel null: it asks for nothing any more. @throws Failure, with the rules and all else as before */
  set(name: string, tunnel: ProtectedTunnel | null): Promise<void> {
    return this.#inTurn(() => this.#set(name, tunnel));
  }

  /** @returns what a tunnel that asks for something asks for now, null for any other. @throws as {@link set} */
  update(
    name: string,
    change: (tunnel: ProtectedTunnel) => ProtectedTunnel,
  ): Promise<ProtectedTunnel | null> {
    return this.#inTurn(async () => {
      const before = this.#tunnels.get(name);
      if (before === undefined) return null;
      await this.#set(name, change(before));
      return this.of(name);
    });
  }

  /** Nothing is asked for any more, but by the lockdown. @throws Failure */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      this.#tunnels.clear();
      this.#isHeld = false;
      await this.#apply();
      await this.#journal.writeTunnels(this.#tunnels).catch(() => {}); // logged
    });
  }

  /** @throws Failure, with the rules and all else as before */
  setLockdown(lockdown: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#lockdown;
      this.#lockdown = lockdown;
      await this.#apply().catch((error) => {
        this.#lockdown = before;
        throw error;
      });
    });
  }

  /** The machine's links or networks have changed. @throws Failure */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#apply());
  }

  /** Somebody has changed the packet filter. @returns whether it was ours, which are in force again. @throws Failure */
  mend(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#guards || (await this.#firewall.isStanding())) return false;
      await this.#apply();
      return true;
    });
  }

  /**
   * What a killed helper left, in the place of its rules, which are never lifted in between.
   *
   * @throws Failure
   */
  resume(tunnels: ReadonlyMap<string, ProtectedTunnel>): Promise<void> {
    return this.#inTurn(async () => {
      for (const [name, tunnel] of tunnels) this.#keep(name, tunnel);
      // Rules that nobody answers for were somebody's kill switch: only a person opens it.
      this.#isHeld = !this.#guards && (await this.#firewall.isStanding());
      await this.#apply();
    });
  }

  async #set(name: string, tunnel: ProtectedTunnel | null): Promise<void> {
    const before = this.of(name);
    this.#keep(name, tunnel);
    try {
      // What is not written down, the next helper would open.
      const written = this.#journal.writeTunnels(this.#tunnels);
      await (tunnel?.killSwitch ? written : written.catch(() => {})); // logged
      await this.#apply();
    } catch (error) {
      this.#keep(name, before);
      await this.#journal.writeTunnels(this.#tunnels).catch(() => {}); // logged
      throw error;
    }
  }

  #keep(name: string, tunnel: ProtectedTunnel | null): void {
    if (tunnel === null) this.#tunnels.delete(name);
    else this.#tunnels.set(name, tunnel);
  }

  /** A machine with nothing to guard needs no packet filter to be installed. */
  async #apply(): Promise<void> {
    if (this.#guards) {
      this.#stands = true;
      const lockdown = this.#lockdown || this.#isHeld;
      const state: ProtectionState = { lockdown, tunnels: [...this.#tunnels.values()] };
      await this.#firewall.apply(state);
    } else if (this.#stands) {
      await this.#firewall.reset();
      this.#stands = false;
    }
  }
}
