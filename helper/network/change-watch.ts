/** Tells when something of the machine's network has changed, once for changes that come together. */
import type { HelperClock } from '../clock.ts';

/** What one event of the person's, such as another Wi-Fi, changes comes within so long. */
const SETTLING_MS = 100;
/** Others may change their rules all the time, and nobody's machine is to be busy with looking. */
const PAUSE_MS = 1_000;

type OnChange = () => Promise<void>;
type End = () => void;

/** Links, addresses, routes and rules. @param onChange a call at a time; it handles its own failures */
export async function watchNetwork(clock: HelperClock, onChange: OnChange): Promise<End> {
  return watch('ofNetworkAndLinks', new Gathering(clock, SETTLING_MS, 0, onChange));
}

/** The packet filter. @param onChange as above */
export async function watchFirewall(clock: HelperClock, onChange: OnChange): Promise<End> {
  return watch('ofNftables', new Gathering(clock, 0, PAUSE_MS, onChange));
}

async function watch(what: 'ofNetworkAndLinks' | 'ofNftables', gathering: Gathering): Promise<End> {
  if (process.platform !== 'linux') return () => {};
  const { NetlinkWatch } = await import('../../engine/io/linux/netlink-watch.ts');
  const watch = NetlinkWatch[what](() => gathering.note());
  return () => {
    gathering.end();
    watch.close();
  };
}

class Gathering {
  readonly #clock: HelperClock;
  readonly #beforeMs: number;
  readonly #afterMs: number;
  readonly #onChange: OnChange;
  readonly #ended = new AbortController();
  #isDue = false;
  #isRunning = false;

  constructor(clock: HelperClock, beforeMs: number, afterMs: number, onChange: OnChange) {
    this.#clock = clock;
    this.#beforeMs = beforeMs;
    this.#afterMs = afterMs;
    this.#onChange = onChange;
  }

  note(): void {
    this.#isDue = true;
    if (!this.#isRunning) void this.#run();
  }

  end(): void {
    this.#ended.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isDue && !this.#ended.signal.aborted) {
      await this.#pause(this.#beforeMs);
      this.#isDue = false;
      if (!this.#ended.signal.aborted) await this.#onChange();
      await this.#pause(this.#afterMs);
    }
    this.#isRunning = false;
  }

  async #pause(milliseconds: number): Promise<void> {
    await this.#clock.sleep(milliseconds, this.#ended.signal).catch(() => {}); // it has ended
  }
}
