/** The helper's socket in a process of its own, and clients of it that are other people. */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { BackgroundProcess, ProcessGroup, waitFor } from './processes.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAMS = ['ipc-server', 'ipc-client', 'ipc-fuzzer'] as const;
type Program = (typeof PROGRAMS)[number];

/** Numbers that no user and no group of this machine has. */
export const GROUPS = { operators: 61_998, admins: 61_997 } as const;

export interface Person {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

/** Open it before the tests of a file, close it after them. */
export class IpcWorld {
  folder = '';
  server!: BackgroundProcess;
  readonly #processes = new ProcessGroup();

  async open(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'wayfare-ipc-'));
    chmodSync(this.folder, 0o755); // the other people's programs lie here
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    await build({
      entryPoints: PROGRAMS.map((name) => join(ROOT, 'tests/support', `${name}.ts`)),
      outdir: this.folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['koffi'],
      logLevel: 'silent',
    });
    this.server = await this.startServer();
  }

  async close(): Promise<void> {
    await this.#processes.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get socketPath(): string {
    return join(this.folder, 'run', 'helper.sock');
  }

  /** @param launcher a command that runs the server with other means */
  async startServer(
    socketPath = this.socketPath,
    launcher: readonly string[] = [],
  ): Promise<BackgroundProcess> {
    const args = [this.#path('ipc-server'), JSON.stringify({ socketPath, groups: GROUPS })];
    const [program, ...words] = [...launcher, process.execPath, ...args];
    const server = this.#processes.add(new BackgroundProcess(program!, words));
    await waitFor(() => server.stdout === 'ready\n', { what: 'the server to be ready' });
    return server;
  }

  /** Starts a client as somebody, or as whoever runs the tests. @param launcher a command that runs it */
  start(
    person: Person | null,
    program: Program,
    args: readonly string[],
    launcher: readonly string[] = [],
  ): BackgroundProcess {
    const command = [...launcher, process.execPath, this.#path(program), ...args];
    const [first, ...words] = person === null ? command : [...becoming(person), ...command];
    return this.#processes.add(new BackgroundProcess(first!, words));
  }

  #path(program: Program): string {
    return join(this.folder, `${program}.mjs`);
  }
}

function becoming({ uid, gid, groups }: Person): string[] {
  const supplementary = groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`;
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, supplementary];
}

/** Makes {@link peakBytes} begin anew. Takes root. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5'); // proc(5)
}

/** The most memory that a process has had at any time since it started, or since {@link resetPeak}. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

/** How many sockets a process has open. */
export function socketCount(pid: number): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed since it was listed
    }
  });
  return links.filter((link) => link.startsWith('socket:')).length;
}
