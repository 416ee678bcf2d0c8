/** Sets, keeps and takes back the tunnels' DNS servers: write-ahead in the journal, all or nothing on the machine. */
import { Failure, toFailure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Backend, BackendName, TunnelList } from './backend.ts';
import type { Candidate } from './choice.ts';
import type { DnsSettings } from './index.ts';
import type { DnsState, Journal } from './journal.ts';

export interface ConfiguratorParts {
  readonly journal: Journal;
  readonly backends: Readonly<Record<BackendName, Backend>>;
  /** The best first. */
  readonly candidates: () => Promise<readonly Candidate[]>;
  readonly log: Log;
}

type Failures = ReadonlyMap<BackendName, Failure>;

/** Whoever calls waits for the end of one call before the next. */
export class DnsConfigurator {
  readonly #parts: ConfiguratorParts;
  /**
   * What has to be in force, once it is known. The journal may name more backends: what they were told is taken back at
   * the end.
   */
  #chosen: Candidate | null = null;

  constructor(parts: ConfiguratorParts) {
    this.#parts = parts;
  }

  get #state(): DnsState {
    return this.#parts.journal.state;
  }

  get isIdle(): boolean {
    return this.#state.tunnels.length === 0;
  }

  isToldTo(name: BackendName): boolean {
    return this.#state.backends.includes(name);
  }

  /** @param adopted devices of tunnels that live on */
  async recover(adopted: readonly string[]): Promise<void> {
    const kept = this.#state.tunnels.filter(({ device }) => adopted.includes(device));
    for (const [name, { message }] of await this.#keepOnly(kept))
      this.#parts.log('error', 'what a killed helper set for DNS cannot be taken back', {
        through: name,
        reason: message,
      });
    if (!this.isIdle) await this.check();
  }

  async apply(settings: DnsSettings): Promise<void> {
    const others = without(this.#state.tunnels, [settings]);
    await this.#establish([...others, settings]);
  }

  async revert(device: string): Promise<void> {
    const rest = this.#state.tunnels.filter((tunnel) => tunnel.device !== device);
    if (rest.length === this.#state.tunnels.length) return;
    const [failure] = (await this.#keepOnly(rest)).values();
    if (failure !== undefined) throw failure;
  }

  /** @returns whether all was as we had left it: what was not is set again. @throws Failure where it cannot be */
  async check(): Promise<boolean> {
    const { tunnels } = this.#state;
    if (this.isIdle || (await this.#isInForce(this.#chosen, tunnels))) return true;
    // The same again is soonest done: a question to the hotel's server may be asked any moment.
    const isDone =
      this.#chosen !== null && (await this.#putInForce(this.#chosen, tunnels).catch(() => false));
    if (!isDone) await this.#establish(tunnels);
    return false;
  }

  async #establish(tunnels: TunnelList): Promise<void> {
    let failure = new Failure('nobody can be told about DNS');
    for (const candidate of await this.#parts.candidates()) {
      try {
        return await this.#tryOut(candidate, tunnels);
      } catch (error) {
        failure = toFailure(error);
        this.#parts.log('warning', 'DNS cannot be set this way', {
          through: candidate.backends.join(' and '),
          reason: failure.message,
        });
      }
    }
    throw failure;
  }

  /** Who was told before stays told while tunnels are up: taking that back would let the hotel's servers in. */
  async #tryOut(candidate: Candidate, tunnels: TunnelList): Promise<void> {
    const { journal, log } = this.#parts;
    const { backends, why } = candidate;
    const former = this.#state;
    await journal.write({ ...former, tunnels, backends: union(former.backends, backends) });
    try {
      if (!(await this.#putInForce(candidate, tunnels)))
        throw new Failure('programs would still ask other servers');
    } catch (error) {
      await this.#takeBack(backends, tunnels, former);
      throw error;
    }
    this.#chosen = candidate;
    log('info', 'DNS goes to the tunnel', {
      tunnels: tunnels.map(({ device }) => device).join(' '),
      through: backends.join(' and '),
      why,
    });
  }

  /** Twice, for a DHCP client may come in between. */
  async #putInForce(candidate: Candidate, tunnels: TunnelList): Promise<boolean> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      for (const name of candidate.backends) await this.#parts.backends[name].apply(tunnels);
      if (await this.#isInForce(candidate, tunnels)) return true;
    }
    return false;
  }

  /** Back to `former`, as far as it was set by these backends. */
  async #takeBack(backends: readonly BackendName[], tunnels: TunnelList, former: DnsState): Promise<void> {
    const added = backends.filter((name) => !former.backends.includes(name));
    const kept = backends.filter((name) => former.backends.includes(name));
    const failures = new Map([
      ...(await this.#revert(added, tunnels, [])),
      ...(await this.#revert(kept, without(tunnels, former.tunnels), former.tunnels)),
    ]);
    const owed = failures.size === 0 ? [] : without(tunnels, former.tunnels);
    await this.#parts.journal.forget(
      this.#stateOf(former.tunnels, union(former.backends, [...failures.keys()]), [
        ...former.leftovers,
        ...owed,
      ]),
      this.#parts.log,
    );
  }

  /** Takes back all but `kept`. @returns why it could not */
  async #keepOnly(kept: TunnelList): Promise<Failures> {
    const { tunnels, leftovers, backends } = this.#state;
    const gone = [...leftovers, ...without(tunnels, kept)];
    const failures = await this.#revert(backends, gone, kept);
    const still = kept.length > 0 ? backends : [...failures.keys()];
    await this.#parts.journal.forget(
      this.#stateOf(kept, still, failures.size === 0 ? [] : gone),
      this.#parts.log,
    );
    return failures;
  }

  async #revert(backends: readonly BackendName[], gone: TunnelList, rest: TunnelList): Promise<Failures> {
    const failures = new Map<BackendName, Failure>();
    for (const name of backends.toReversed())
      await this.#parts.backends[name]
        .revert(gone, rest)
        .catch((error) => failures.set(name, toFailure(error)));
    return failures;
  }

  async #isInForce(candidate: Candidate | null, tunnels: TunnelList): Promise<boolean> {
    if (candidate === null) return false;
    const { backends, suffices } = candidate;
    const answers = [
      ...backends.map((name) => this.#parts.backends[name].isInForce(tunnels)),
      suffices(tunnels),
    ].map((answer) => answer.catch(() => false)); // who does not answer sees to nothing
    return !(await Promise.all(answers)).includes(false);
  }

  #stateOf(tunnels: TunnelList, backends: readonly BackendName[], leftovers: TunnelList): DnsState {
    const original = backends.includes('file') ? this.#state.original : null;
    return { tunnels, backends, leftovers, original };
  }
}

function without(tunnels: TunnelList, others: TunnelList): DnsSettings[] {
  return tunnels.filter(({ device }) => !others.some((other) => other.device === device));
}

function union(names: readonly BackendName[], others: readonly BackendName[]): BackendName[] {
  return [...new Set([...names, ...others])];
}
