/**
 * The helper killed with SIGKILL before each operation on a file, on a machine where resolv.conf is to be written
 * itself: whatever stands there is whole, and the next helper puts back what is the network's own.
 */
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../helper/clock.ts';
import type { DnsSettings } from '../../helper/dns/index.ts';
import { createLinuxDns, SYSTEM_PATHS } from '../../helper/dns/linux.ts';
import { DnsDriver, type DnsProcess } from '../support/dns-process.ts';
import { waitFor } from '../support/processes.ts';

const driver = new DnsDriver();
const base = mkdtempSync(join(tmpdir(), 'wayfare-dns-crash-'));
let trials = 0;
/** Fewer would mean that none was counted: the least is to remove a file, and its journal. */
const FEWEST_OPERATIONS = 2;

beforeAll(() => driver.build());
afterAll(() => {
  driver.close();
  rmSync(base, { recursive: true, force: true });
});

const HOME: DnsSettings = {
  device: 'home',
  servers: ['10.7.0.1', 'fd07::1'],
  searchDomains: ['home.example'],
  isFullTunnel: true,
};
const WORK: DnsSettings = {
  device: 'work',
  servers: ['10.8.0.1'],
  searchDomains: ['work.example'],
  isFullTunnel: false,
};
/** Not text that anything would write again the same way. */
const HOTEL = Buffer.from('# \xe9 hotel\r\nnameserver 192.0.2.53\n\n\toptions rotate', 'latin1');
const STATION = 'nameserver 198.51.100.53\n';

/** A machine with nothing but a resolv.conf. */
class Machine {
  readonly #folder = join(base, String(++trials));
  readonly stateDir = join(this.#folder, 'state');
  readonly etc = join(this.#folder, 'etc');
  readonly resolvConf = join(this.etc, 'resolv.conf');

  constructor() {
    mkdirSync(join(this.#folder, 'run'), { recursive: true });
    mkdirSync(this.etc);
    writeFileSync(join(this.#folder, 'run', 'resolv.conf'), HOTEL);
  }

  copy(): Machine {
    const copy = new Machine();
    cpSync(this.#folder, copy.#folder, { recursive: true, verbatimSymlinks: true });
    return copy;
  }

  startHelper(): DnsProcess {
    const paths = { resolvConf: this.resolvConf };
    return driver.start({ stateDir: this.stateDir, paths, isAlone: true });
  }

  /** As a DHCP client does: a file of its own, moved into place. */
  changeNetwork(): void {
    writeFileSync(join(this.etc, 'dhcp'), STATION, { mode: 0o644 });
    renameSync(join(this.etc, 'dhcp'), this.resolvConf);
  }

  /** Everything about resolv.conf that has to come back. */
  snapshot(): string {
    const stats = lstatSync(this.resolvConf, { throwIfNoEntry: false });
    if (stats === undefined) return 'absent';
    if (stats.isSymbolicLink()) return `-> ${readlinkSync(this.resolvConf)}`;
    return `${stats.mode.toString(8)} ${readFileSync(this.resolvConf).toString('latin1')}`;
  }
}

const ORIGINALS: Record<string, (machine: Machine) => void> = {
  a_file: ({ resolvConf }) => {
    writeFileSync(resolvConf, HOTEL);
    chmodSync(resolvConf, 0o640);
  },
  a_symbolic_link: ({ resolvConf }) => symlinkSync('../run/resolv.conf', resolvConf),
  no_file: () => {},
};

interface Step {
  /** @returns the helper that is to be killed at its work */
  readonly start: (machine: Machine) => Promise<DnsProcess>;
  /** @returns null where it was killed */
  readonly work: (helper: DnsProcess, machine: Machine) => Promise<unknown>;
}

/** A helper of tunnels that are up. */
async function helperOf(machine: Machine, tunnels: readonly DnsSettings[]): Promise<DnsProcess> {
  const helper = machine.startHelper();
  await helper.recover();
  for (const settings of tunnels) await helper.apply(settings);
  return helper;
}

const STEPS: Record<string, Step> = {
  the_first_tunnel_comes_up: {
    start: (machine) => helperOf(machine, []),
    work: (helper) => helper.apply(HOME),
  },
  a_second_tunnel_comes_up: {
    start: (machine) => helperOf(machine, [HOME]),
    work: (helper) => helper.apply(WORK),
  },
  one_of_two_tunnels_goes_down: {
    start: (machine) => helperOf(machine, [HOME, WORK]),
    work: (helper) => helper.revert('work'),
  },
  the_last_tunnel_goes_down: {
    start: (machine) => helperOf(machine, [HOME]),
    work: (helper) => helper.revert('home'),
  },
  it_recovers_from_a_crash: {
    start: async (machine) => {
      await (await helperOf(machine, [HOME])).kill();
      return machine.startHelper();
    },
    work: (helper) => helper.recover(),
  },
};

interface Trial {
  readonly machine: Machine;
  readonly wasKilled: boolean;
  /** What stood at resolv.conf. */
  readonly before: string;
  readonly after: string;
}

/** Kills a helper before the operation of that number. */
async function crashAt(operation: number, lay: (machine: Machine) => void, step: Step): Promise<Trial> {
  const machine = new Machine();
  lay(machine);
  const before = machine.snapshot();
  const helper = await step.start(machine);
  await helper.order({ verb: 'die-at', operation });
  const answer = await step.work(helper, machine);
  await helper.kill();
  return { machine, wasKilled: answer === null, before, after: machine.snapshot() };
}

/** Kills helpers one operation later each time, until one has come to the end of its work. */
async function crashEverywhere(
  lay: (machine: Machine) => void,
  step: Step,
  examine: (trial: Trial) => Promise<void>,
): Promise<void> {
  for (let operation = 1; ; operation++) {
    const trial = await crashAt(operation, lay, step);
    await examine(trial);
    if (trial.wasKilled) continue;
    expect(operation).toBeGreaterThan(FEWEST_OPERATIONS);
    return;
  }
}

async function recover({ stateDir, resolvConf }: Machine): Promise<void> {
  const logged: string[] = [];
  const dns = createLinuxDns({
    paths: { ...SYSTEM_PATHS, resolvConf },
    stateDir,
    clock: systemClock,
    log: (_, message) => logged.push(message),
    run: () => Promise.reject(new Error('there is no such program')),
  });
  await dns.recover([]);
  expect(logged).toEqual([]);
}

function expectNothingLeft(machine: Machine): void {
  expect(readdirSync(machine.etc).filter((file) => file !== 'resolv.conf')).toEqual([]);
  expect(readdirSync(machine.stateDir)).toEqual([]);
}

const isOursWhole = (text: string) => /^100644 # Written by Wayfare.*\n(.+\n)+$/.test(text);

describe.concurrent.each(Object.entries(ORIGINALS))('where_there_was_%s_a_helper_killed_while', (_, lay) => {
  it.each(Object.entries(STEPS))('%s_leaves_what_the_next_one_can_put_right', (_, step) =>
    crashEverywhere(lay, step, async ({ machine, before, after }) => {
      if (after !== before) expect(after).toSatisfy(isOursWhole);
      const elsewhere = machine.copy();
      await recover(machine);
      expect(machine.snapshot()).toBe(before);
      expectNothingLeft(machine);

      elsewhere.changeNetwork();
      await recover(elsewhere);
      expect(elsewhere.snapshot()).toBe(`100644 ${STATION}`);
      expectNothingLeft(elsewhere);
    }),
  );
});

it.concurrent('a_helper_killed_while_it_takes_the_place_of_a_dhcp_clients_file_does_not_lose_that_file', () => {
  const step: Step = {
    start: (machine) => helperOf(machine, [HOME]),
    work: async (helper, machine) => {
      machine.changeNetwork();
      const isSetAgain = () => isOursWhole(machine.snapshot());
      await waitFor(() => isSetAgain() || helper.wasKilled, { what: 'ours, or its end', intervalMs: 2 });
      return helper.wasKilled ? null : helper.recover();
    },
  };
  return crashEverywhere(ORIGINALS.a_file!, step, async ({ machine, after }) => {
    if (after !== `100644 ${STATION}`) expect(after).toSatisfy(isOursWhole);
    await recover(machine);
    expect(machine.snapshot()).toBe(`100644 ${STATION}`);
    expectNothingLeft(machine);
  });
});
