/** One engine process: started without rights, with what it needs already open, watched, and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { systemClock } from '../clock.ts';
import { type Log, redactKeys } from '../log.ts';
import { type UapiRequest, uapiOver } from './uapi-client.ts';

/** How long an engine may take to end by itself. */
const STOP_TIMEOUT_MS = 2_000;
const MAX_LOG_LINE_LENGTH = 1_000;
/** Of one process: it has little to say, and shall not push out what others said. */
const MAX_LOG_LINES = 1_000;
/** The engine gives both up as soon as its program is loaded. */
const CAPABILITIES_TO_CHANGE_IDS = '-all,+setuid,+setgid';

/** Who an engine is: nobody else, and no group of anybody's. */
export interface EngineUser {
  readonly uid: number;
  readonly gid: number;
}

/** What an engine inherits. */
export interface EngineDescriptors {
  readonly tun: number;
  readonly uapi: number;
  /** One or two sockets. */
  readonly udp: readonly number[];
}

export interface EngineProcess {
  /** Speaks the UAPI with this engine, over a pipe that nobody else has. */
  readonly request: UapiRequest;
  /** Resolves once it has ended, whatever the reason, with how in words. */
  readonly ended: Promise<string>;
  kill(): void;
  stop(): Promise<void>;
}

export interface EngineOrder {
  /** The tunnel's, for `ps`. */
  readonly name: string;
  /** The program that `wayfare-engine` names, a script for this very node. */
  readonly program: string;
  readonly user: EngineUser;
  readonly descriptors: EngineDescriptors;
  readonly log: Log;
}

/** The descriptors' numbers in the child are HANDED_OVER's of engine/main.ts. */
export function startEngineProcess(order: EngineOrder): EngineProcess {
  const { name, program, user, descriptors } = order;
  const rights = ['--no-new-privs', '--inh-caps=-all', `--bounding-set=${CAPABILITIES_TO_CHANGE_IDS}`];
  const engine = [process.execPath, program, '--without-rights', String(user.uid), String(user.gid), name];
  const [udp4, udp6 = 'ignore'] = descriptors.udp;
  const child = spawn('/usr/bin/setpriv', [...rights, ...engine], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', descriptors.tun, descriptors.uapi, udp4, udp6],
    detached: true, // Ctrl-C at the helper's terminal is for the helper alone
  });
  const lastWords = logLines(child.stderr as Readable, name, order.log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('close', (code, signal) =>
      resolve([signal ?? `exit code ${code}`, lastWords()].filter(Boolean).join(': ')),
    );
  });
  return {
    request: uapiOver(child.stdio[3] as Duplex),
    ended,
    kill: () => void child.kill('SIGKILL'),
    stop: () => stop(child, ended),
  };
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  const stopped = new AbortController();
  child.kill('SIGTERM');
  const overdue = systemClock.sleep(STOP_TIMEOUT_MS, stopped.signal).then(
    () => child.kill('SIGKILL'),
    () => false, // it ended in time
  );
  await ended;
  stopped.abort();
  await overdue;
}

/** Hands each line of the engine's stderr to the log. @returns a function that gives the last one */
function logLines(stream: Readable, tunnel: string, log: Log): () => string {
  let last = '';
  let rest = '';
  let count = 0;
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > MAX_LOG_LINE_LENGTH) rest = '';
    for (const line of lines) {
      if (line.trim() === '' || ++count > MAX_LOG_LINES) continue;
      last = redactKeys(line).slice(0, MAX_LOG_LINE_LENGTH); // not the other way: what is left of a key is one no more
      log('info', last, { tunnel, from: 'engine' });
    }
  });
  return () => last;
}
