/**
 * A machine that systemd runs, for tests of the service: this one's files under an overlay, with processes, network,
 * users and cgroups of its own. It is up within a second, and gone without a trace when it is closed.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackgroundProcess, type RunOptions, type RunResult, run, waitFor } from './processes.ts';

const SYSTEMD = '/lib/systemd/systemd';
const CGROUP_PREFIX = 'wayfare-test-';
const NAMESPACES = ['--mount', '--pid', '--fork', '--net', '--uts', '--ipc', '--cgroup'];

let machinesMade = 0;

/** @returns why no machine can be booted here, or null */
export function whyNoBootedMachine(): string | null {
  if (!existsSync(SYSTEMD)) return 'systemd is not installed';
  if (cgroup2Mount() === null) return 'there is no cgroup2 mount';
  return null;
}

export class BootedMachine {
  /** Of its PID 1, as this machine counts. */
  readonly pid: number;
  readonly #process: BackgroundProcess;
  readonly #folder: string;
  readonly #cgroup: string;

  private constructor(pid: number, process: BackgroundProcess, folder: string, cgroup: string) {
    this.pid = pid;
    this.#process = process;
    this.#folder = folder;
    this.#cgroup = cgroup;
  }

  static async boot(): Promise<BootedMachine> {
    removeStaleCgroups();
    const folder = mkdtempSync(join(tmpdir(), 'wayfare-machine-'));
    const cgroup = join(cgroup2Mount()!, `${CGROUP_PREFIX}${process.pid}-${++machinesMade}`);
    mkdirSync(cgroup);
    // The cgroup namespace begins where its maker is. A test run that is killed takes the machine with it.
    const script = 'echo $$ >"$1/cgroup.procs"; shift; exec setpriv --pdeathsig KILL "$@"';
    const boot = join(import.meta.dirname, 'boot-machine.sh');
    const unshare = [
      'unshare',
      ...NAMESPACES,
      '--propagation',
      'private',
      '--kill-child',
      'sh',
      boot,
      folder,
    ];
    const child = new BackgroundProcess('sh', ['-c', script, 'sh', cgroup, ...unshare]);
    try {
      const machine = new BootedMachine(await firstChildOf(child), child, folder, cgroup);
      await waitFor(() => machine.run('systemctl', ['is-system-running']), { what: 'systemd to be up' });
      return machine;
    } catch (error) {
      await child.stop('SIGKILL');
      await remove(folder, cgroup);
      throw new Error(`no machine: ${child.stderr}`, { cause: error });
    }
  }

  /** @returns where this machine sees one of its files. A link with an absolute target leads back here */
  path(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  /** Runs a program in the machine to its end. Rejects with what it said on standard error. */
  run(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return run('nsenter', ['--target', String(this.pid), '--all', '--', program, ...args], options);
  }

  /** Runs lines of sh(1) in the machine. @returns what they printed, trimmed */
  async sh(script: string): Promise<string> {
    return (await this.run('sh', ['-euc', script])).stdout.trim();
  }

  async close(): Promise<void> {
    process.kill(this.pid, 'SIGKILL');
    await this.#process.exited;
    await remove(this.#folder, this.#cgroup);
  }
}

async function remove(folder: string, cgroup: string): Promise<void> {
  await waitFor(() => removeCgroup(cgroup), { what: 'the last process of the machine to end' });
  rmSync(folder, { recursive: true });
}

/** @returns the pid of what `unshare --fork` started */
async function firstChildOf(unshare: BackgroundProcess): Promise<number> {
  const children = `/proc/${unshare.pid}/task/${unshare.pid}/children`;
  const pid = () => Number(readFileSync(children, 'utf8').trim());
  return waitFor(pid, { what: 'its first process' });
}

/** @returns where cgroup v2 is mounted, alone or beside v1 */
function cgroup2Mount(): string | null {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1] ?? null;
}

/** @returns false while there are processes in it */
function removeCgroup(path: string): boolean {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory() && !removeCgroup(join(path, entry.name))) return false;
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false; // EBUSY
  }
}

/** A test run that was killed leaves its cgroups behind; their names hold the pid that made them. */
function removeStaleCgroups(): void {
  const mount = cgroup2Mount()!;
  for (const name of readdirSync(mount)) {
    const maker = name.startsWith(CGROUP_PREFIX) ? Number(name.split('-')[2]) : null;
    if (maker !== null && !existsSync(`/proc/${maker}`)) removeCgroup(join(mount, name));
  }
}
