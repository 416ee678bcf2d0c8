/** One engine process a tunnel: started with open descriptors, watched, and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { systemClock } from '../clock.ts';
import { errorCode, Failure } from '../failure.ts';
import { type Log, redactKeys } from '../log.ts';
import { type UapiRequest, uapiRequestTo } from './uapi-client.ts';

/** How long an engine may take to end by itself. */
const STOP_TIMEOUT_MS = 2_000;
const MAX_LOG_LINE_LENGTH = 1_000;
/** The numbers of the descriptors in the child, as wireguard-go takes them. */
const CHILD_TUN_DESCRIPTOR = 3;
const CHILD_UAPI_DESCRIPTOR = 4;

export interface EngineProcess {
  /** Speaks the UAPI with this engine. */
  readonly request: UapiRequest;
  /** Resolves once it has ended, whatever the reason, with how in words. */
  readonly ended: Promise<string>;
  /** Ends it and takes its socket away. */
  stop(): Promise<void>;
}

/** @throws Failure or SystemError */
export type StartEngine = (name: string, tunDescriptor: number, log: Log) => Promise<EngineProcess>;

/**
 * @param enginePath the program that `wayfare-engine` names, a script for this very node
 */
export function engineStarter(enginePath: string): StartEngine {
  return async (name, tunDescriptor, log) => {
    const { closeDescriptor, openUapiListener, uapiSocketPath } = await import(
      '../../engine/io/descriptors.ts'
    );
    const uapiDescriptor = openUapiListener(name);
    try {
      const child = spawnEngine(enginePath, name, tunDescriptor, uapiDescriptor);
      return watch(child, name, uapiSocketPath(name), log);
    } finally {
      closeDescriptor(uapiDescriptor); // the engine has its own
    }
  };
}

function spawnEngine(
  enginePath: string,
  name: string,
  tunDescriptor: number,
  uapiDescriptor: number,
): ChildProcess {
  // Should the helper be killed, the kernel ends the engine too, and with it the interface: nothing is left behind
  // that would stop the next helper. A helper that adopts what it finds will not need this.
  const words = ['--pdeathsig', 'TERM', process.execPath, enginePath, '-f', name];
  return spawn('/usr/bin/setpriv', words, {
    cwd: '/',
    env: { WG_TUN_FD: String(CHILD_TUN_DESCRIPTOR), WG_UAPI_FD: String(CHILD_UAPI_DESCRIPTOR) },
    stdio: ['ignore', 'ignore', 'pipe', tunDescriptor, uapiDescriptor],
    detached: true, // Ctrl-C at the helper's terminal is for the helper alone
  });
}

function watch(child: ChildProcess, name: string, socketPath: string, log: Log): EngineProcess {
  const lastWords = logLines(child.stderr as Readable, name, log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    child.once('close', (code, signal) =>
      resolve([signal ?? `exit code ${code}`, redactKeys(lastWords())].filter(Boolean).join(': ')),
    );
  });
  return {
    request: uapiRequestTo(socketPath),
    ended,
    async stop() {
      const stopped = new AbortController();
      child.kill('SIGTERM');
      const overdue = systemClock.sleep(STOP_TIMEOUT_MS, stopped.signal).then(
        () => child.kill('SIGKILL'),
        () => false, // it ended in time
      );
      await ended;
      stopped.abort();
      await overdue;
      await unlink(socketPath).catch((error) => {
        if (errorCode(error) !== 'ENOENT')
          throw new Failure(`cannot remove ${socketPath} (${error.message})`);
      });
    },
  };
}

/** Hands each line of the engine's stderr to the log. @returns a function that gives the last one */
function logLines(stream: Readable, tunnel: string, log: Log): () => string {
  let last = '';
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!.slice(0, MAX_LOG_LINE_LENGTH);
    for (const line of lines) {
      if (line.trim() === '') continue;
      last = line.slice(0, MAX_LOG_LINE_LENGTH);
      log('info', last, { tunnel, from: 'engine' });
    }
  });
  return () => last;
}
