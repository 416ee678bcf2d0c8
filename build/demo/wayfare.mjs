// @ts-check
/** One side's Wayfare: its helper in its namespace, and the command line that talks to it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../report.mjs';
import { run } from '../run.mjs';
import { ROOT } from '../setup.mjs';
import { Background } from './background.mjs';

/** @import { Namespace } from './namespaces.mjs' */

/**
 * @typedef {object} TunnelStatus the part of `wayfare status --json` that is read here
 * @property {string} name
 * @property {string} state
 * @property {{ what: string } | null} error
 * @property {number} rxBytes
 * @property {number} txBytes
 * @property {{ endpoint: string | null, latestHandshake: number | null }[]} peers
 */

const PROGRAM = join(ROOT, 'dist', 'wayfare.js');
const READY_TIMEOUT_MS = 20_000;

/** The sockets of WireGuard interfaces lie in one folder for all network namespaces: the demo has one of its own. */
const WITH_PRIVATE_SOCKETS = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mkdir -p /var/run/wireguard && mount -t tmpfs -o mode=755 tmpfs /var/run/wireguard && exec "$@"',
  'sh',
];

/**
 * Runs a verb of the command line that needs no helper, such as `genkey`.
 *
 * @param {readonly string[]} args
 * @param {{ input?: string, env?: Record<string, string>, signal: AbortSignal }} options
 */
export async function runWayfare(args, options) {
  const output = await run(process.execPath, [PROGRAM, ...args], { ...options, detached: true });
  return output.trim();
}

export class Wayfare {
  #stateDirectory;
  #signal;
  /** @type {Background | null} */
  #helper = null;

  /** @param {Namespace} namespace @param {string} home an empty directory @param {AbortSignal} signal */
  constructor(namespace, home, signal) {
    this.namespace = namespace;
    this.home = home;
    this.socketPath = join(home, 'helper.sock');
    this.#stateDirectory = join(home, 'state');
    this.#signal = signal;
  }

  async startHelper() {
    const args = ['helper', '--socket', this.socketPath, '--state-dir', this.#stateDirectory];
    const [enter, enterArgs] = this.namespace.command('env', [
      ...WITH_PRIVATE_SOCKETS,
      process.execPath,
      PROGRAM,
      ...args,
    ]);
    this.#helper = new Background(enter, enterArgs);
    const isReady = () => existsSync(this.socketPath);
    await this.#helper.waitUntil(
      `the ${this.namespace.role}'s helper`,
      isReady,
      READY_TIMEOUT_MS,
      this.#signal,
    );
  }

  /**
   * Runs a verb against this side's helper.
   *
   * @param {...string} args
   */
  async run(...args) {
    try {
      return await runWayfare(args, { env: { WAYFARE_SOCKET: this.socketPath }, signal: this.#signal });
    } catch (error) {
      const log = this.#helper?.lastLines ?? '';
      if (!(error instanceof Failure) || log === '') throw error;
      throw new Failure(`${error.message}\nThe ${this.namespace.role}'s helper said last:\n${log}`);
    }
  }

  /** @param {string} name @returns {Promise<TunnelStatus>} */
  async tunnel(name) {
    const { tunnels } = JSON.parse(await this.run('status', name, '--json'));
    return tunnels[0];
  }

  async stop() {
    await this.#helper?.stop();
  }
}
