// @ts-check
/** The demo's two network namespaces and the veth pair between them. */
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.mjs';

const DIRECTORY = '/run/netns';
/** What a run makes bears its pid, so that a later run can tell leftovers from a demo beside it. */
export const RUN_PREFIX = `wayfare-demo-${process.pid}-`;
const VETH = 'outside';

/** Where the server is reached from outside the tunnel: addresses for documentation (RFC 5737). */
export const SERVER_OUTSIDE = '192.0.2.1';
const TRAVELLER_OUTSIDE = '192.0.2.2';

export class Namespace {
  /** @param {string} role */
  constructor(role) {
    this.role = role;
    this.name = `${RUN_PREFIX}${role}`;
  }

  async create() {
    await ip('netns', 'add', this.name);
    await ip('-n', this.name, 'link', 'set', 'lo', 'up');
  }

  /**
   * How to start a program in this namespace. `ip netns exec` would mount another /sys.
   *
   * @param {string} program
   * @param {readonly string[]} args
   * @returns {[string, string[]]} program and arguments
   */
  command(program, args) {
    return ['nsenter', [`--net=${join(DIRECTORY, this.name)}`, program, ...args]];
  }

  async remove() {
    if (namesInUse().includes(this.name)) await removeNamespace(this.name);
  }
}

/** @param {readonly string[]} args */
function ip(...args) {
  return run('ip', args, { detached: true });
}

/** @param {Namespace} traveller @param {Namespace} server */
export async function connectNamespaces(traveller, server) {
  const peer = ['peer', 'name', VETH, 'netns', server.name];
  await ip('-n', traveller.name, 'link', 'add', VETH, 'type', 'veth', ...peer);
  for (const [{ name }, address] of /** @type {const} */ ([
    [traveller, TRAVELLER_OUTSIDE],
    [server, SERVER_OUTSIDE],
  ])) {
    await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', VETH);
    await ip('-n', name, 'link', 'set', VETH, 'up');
  }
}

/** Removes what a demo left behind that was killed before it could clean up. */
export async function removeLeftovers() {
  for (const name of namesInUse()) if (isLeftover(name)) await removeNamespace(name);
  for (const name of readdirSync(tmpdir())) {
    if (isLeftover(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** @param {string} name */
function isLeftover(name) {
  const pid = /^wayfare-demo-([0-9]+)-/.exec(name)?.[1];
  return pid !== undefined && !signalProcess(Number(pid), 0);
}

function namesInUse() {
  try {
    return readdirSync(DIRECTORY);
  } catch {
    return []; // the first namespace makes the folder
  }
}

/** @param {string} name */
async function removeNamespace(name) {
  const pids = await ip('netns', 'pids', name);
  for (const pid of pids.split('\n').filter(Boolean)) signalProcess(Number(pid), 'SIGKILL');
  await ip('netns', 'delete', name);
}

/** @param {number} pid @param {NodeJS.Signals | 0} signal @returns {boolean} whether there is such a process */
function signalProcess(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
