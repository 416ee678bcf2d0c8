/** A WireGuard engine under test: ours as it was bundled, Debian's wireguard-go as the second opinion, or another's path. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Namespace, uniqueInterface } from './netns.ts';
import { type BackgroundProcess, type Exit, waitFor } from './processes.ts';

export type EngineKind = 'wayfare' | 'wireguard-go' | `/${string}`;

/** What `node build/bundle.mjs` makes. */
export const WAYFARE_ENGINE = fileURLToPath(new URL('../../dist/wayfare-engine.js', import.meta.url));

const START_TIMEOUT_MS = 10_000;

export function enginePath(kind: EngineKind): string {
  return kind === 'wayfare' ? WAYFARE_ENGINE : kind;
}

export function uapiSocket(name: string): string {
  return `/var/run/wireguard/${name}.sock`;
}

/** An engine in the foreground of a background process. */
export class EngineProcess {
  readonly kind: EngineKind;
  readonly namespace: Namespace;
  /** The interface's. */
  readonly name: string;
  readonly child: BackgroundProcess;

  constructor(kind: EngineKind, namespace: Namespace, name: string, child: BackgroundProcess) {
    this.kind = kind;
    this.namespace = namespace;
    this.name = name;
    this.child = child;
  }

  get isRunning(): boolean {
    return this.child.exit === null;
  }

  /** `wg set NAME …`, with the arguments as one string. */
  async set(args: string): Promise<void> {
    await this.namespace.wg('set', this.name, ...args.split(' '));
  }

  /** `wg show NAME WHAT`, trimmed. */
  async show(what: string): Promise<string> {
    return (await this.namespace.wg('show', this.name, what)).trim();
  }

  /** Resident memory. */
  residentBytes(): number {
    return residentBytes(this.child.pid);
  }

  stop(): Promise<Exit> {
    return this.child.stop();
  }
}

export async function startEngine(
  kind: EngineKind,
  namespace: Namespace,
  name = uniqueInterface(kind === 'wayfare' ? 'wf' : 'go'),
): Promise<EngineProcess> {
  const child = namespace.spawn(enginePath(kind), ['-f', name]);
  const isServing = async () => {
    if (child.exit !== null) throw new Error(`${kind} ended: ${child.stderr}`);
    return existsSync(uapiSocket(name)) && (await namespace.wg('show', name)) !== '';
  };
  await waitFor(isServing, { what: `${kind} to serve ${name}`, timeoutMs: START_TIMEOUT_MS });
  return new EngineProcess(kind, namespace, name, child);
}

export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}

/** Whether a process runs. One that has ended and waits for its parent's word (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The processes whose command line has `word` in it, among those of a namespace: an engine in the background. */
export async function pidsIn(namespace: Namespace, word: string): Promise<number[]> {
  const pids = (await namespace.run('ip', ['netns', 'pids', namespace.name])).stdout;
  return pids
    .split('\n')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => commandLine(pid).includes(word));
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it has ended meanwhile
  }
}
