/**
 * The engine process, a drop-in for `wireguard-go [-f] NAME`: it makes the interface and its socket, unless they are
 * inherited (WG_TUN_FD, WG_UAPI_FD), and runs in the background, unless asked not to (-f, WG_PROCESS_FOREGROUND=1).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, type FSWatcher, unlinkSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { SystemError } from './errors.ts';
import { Engine, type EngineDescriptors } from './index.ts';
import { adoptTun, closeDescriptor, openTun, openUapiListener, uapiSocketPath } from './io/descriptors.ts';
import { giveUpRights } from './io/linux/rights.ts';

const USAGE = 'usage: wayfare-engine [-f|--foreground] INTERFACE-NAME';
/** `--without-rights UID GID INTERFACE-NAME`, by which the helper starts its own. The name is for `ps` alone. */
const WITHOUT_RIGHTS = '--without-rights';
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** Where a background engine finds what its parent opened. */
const INHERITED: EngineDescriptors = { tun: 3, uapi: 4 };
/** Where an engine without rights does. */
export const HANDED_OVER = { parent: 3, tun: 4, uapi: 5, udp: [6, 7] } as const;

interface Arguments {
  readonly isForeground: boolean;
  readonly name: string;
}

/** @param args what follows the program's name @returns the exit code, in the foreground once the engine has ended */
export async function main(args: readonly string[]): Promise<number> {
  try {
    if (args[0] === WITHOUT_RIGHTS) return await runWithoutRights(args.slice(1).map(Number));
    const parsed = parseArguments(args);
    if (parsed === null) {
      console.error(USAGE);
      return EXIT_USAGE;
    }
    const opened = openDescriptors(parsed.name);
    return parsed.isForeground ? await runForeground(opened) : await runBackground(opened);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    console.error(`wayfare-engine: ${error.message}`);
    return EXIT_FAILURE;
  }
}

/**
 * Serves what the helper has opened, as a user who owns nothing. The engine is started as root with no capability but
 * those to change its ids, so that it finds its program wherever that lies, and gives them up before it reads a packet.
 */
async function runWithoutRights([uid = 0, gid = 0]: number[]): Promise<number> {
  if (!(uid > 0 && gid > 0))
    throw new SystemError(WITHOUT_RIGHTS, 'EINVAL', 'give a user and a group, not root');
  const { ended } = begin(HANDED_OVER);
  giveUpRights(uid, gid);
  await ended;
  return 0;
}

function parseArguments(args: readonly string[]): Arguments | null {
  const [first, second] = args;
  const hasFlag = first === '-f' || first === '--foreground';
  const name = hasFlag ? second : first;
  const isUnknownFlag = !hasFlag && name?.startsWith('-') === true;
  if (name === undefined || isUnknownFlag || args.length !== (hasFlag ? 2 : 1)) return null;
  return { isForeground: hasFlag || process.env.WG_PROCESS_FOREGROUND === '1', name };
}

interface Opened {
  readonly descriptors: EngineDescriptors;
  readonly name: string;
}

function openDescriptors(name: string): Opened {
  const inheritedTun = inheritedDescriptor('WG_TUN_FD');
  if (inheritedTun !== null) adoptTun(inheritedTun);
  const tun = inheritedTun === null ? openTun(name) : { descriptor: inheritedTun, name };
  try {
    const uapi = inheritedDescriptor('WG_UAPI_FD') ?? openUapiListener(tun.name);
    return { descriptors: { tun: tun.descriptor, uapi }, name: tun.name };
  } catch (error) {
    closeDescriptor(tun.descriptor);
    throw error;
  }
}

function inheritedDescriptor(variable: string): number | null {
  const value = process.env[variable];
  if (value === undefined || value === '') return null;
  if (!/^[0-9]{1,6}$/.test(value))
    throw new SystemError(`${variable}=${value}`, 'EBADF', 'give a descriptor’s number');
  return Number(value);
}

/** Hands the open descriptors to a child of its own session, and returns once that child serves them. */
async function runBackground({ descriptors, name }: Opened): Promise<number> {
  const program = join(dirname(fileURLToPath(import.meta.url)), 'wayfare-engine.js');
  const child = spawn(process.execPath, [program, '--foreground', name], {
    detached: true,
    cwd: '/',
    env: {
      ...ownEnvironment(),
      WG_TUN_FD: String(INHERITED.tun),
      WG_UAPI_FD: String(INHERITED.uapi),
    },
    stdio: ['ignore', 'ignore', logTarget(), descriptors.tun, descriptors.uapi, 'ipc'],
  });
  const isReady = await Promise.race([once(child, 'message').then(() => true), ended(child)]);
  if (!isReady) {
    removeSocket(uapiSocketPath(name));
    console.error(`wayfare-engine: the engine of ${name} ended as it started, run it with -f to see why`);
    return EXIT_FAILURE;
  }
  child.disconnect();
  child.unref();
  return 0;
}

/** What of the caller's environment concerns an engine, which outlives the caller and may be looked into. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const concerns = (name: string) => name === 'PATH' || name === 'LOG_LEVEL' || name.startsWith('WG_');
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => concerns(name)));
}

/** LOG_LEVEL as wireguard-go has it: in the background there is silence unless it asks for more. */
function logTarget(): 'inherit' | 'ignore' {
  const level = process.env.LOG_LEVEL;
  return level === 'verbose' || level === 'debug' ? 'inherit' : 'ignore';
}

function ended(child: ChildProcess): Promise<false> {
  return Promise.race([once(child, 'exit'), once(child, 'error')]).then(() => false);
}

/** Serves until a signal, the interface's end, or the end of its socket's file. */
async function runForeground({ descriptors, name }: Opened): Promise<number> {
  const { end, ended } = begin(descriptors);
  const socketPath = uapiSocketPath(name);
  const socketWatch = existsSync(socketPath) ? watchForRemoval(socketPath, end) : null;
  process.send?.('ready');
  await ended;
  socketWatch?.close();
  removeSocket(socketPath);
  return 0;
}

/** @returns what ends the engine, and its end, which a signal, the interface's end or the parent's brings too */
function begin(descriptors: EngineDescriptors): { end: () => void; ended: Promise<void> } {
  keepYoungGenerationSmall();
  let end = () => {};
  const asked = new Promise<void>((resolve) => {
    end = resolve;
  });
  const engine = new Engine(descriptors, end);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, end);
  return { end, ended: asked.then(() => engine.close()) };
}

/**
 * V8 doubles its young generation, up to 32 MB, while what is in it stays, as the peers of a configuration do, and an idle
 * process gives that back late or never. Packets leave nothing that stays: their memory is enough as it began.
 */
function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

function watchForRemoval(path: string, onRemoved: () => void): FSWatcher {
  return watch(dirname(path), (_event, file) => {
    if (file === basename(path) && !existsSync(path)) onRemoved();
  });
}

/** An engine without rights leaves it to whoever made it. */
function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES') throw error;
  }
}
