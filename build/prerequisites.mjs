// @ts-check
/** What Wayfare's own commands need from the machine, and whether it is there. Needs no node modules. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { capture, hasProgram } from './run.mjs';

/** @typedef {'start' | 'test'} Purpose */

/**
 * The programs that are run by name and the files that are read by path, and the Debian package of each. `unshare`,
 * `nsenter`, `mount` and `setpriv` come with every Debian.
 *
 * @type {readonly { program: string, debianPackage: string, purposes: readonly Purpose[] }[]}
 */
export const PROGRAMS = [
  { program: 'ip', debianPackage: 'iproute2', purposes: ['start', 'test'] },
  { program: 'ping', debianPackage: 'iputils-ping', purposes: ['test'] },
  { program: 'nft', debianPackage: 'nftables', purposes: ['start', 'test'] },
  { program: 'sysctl', debianPackage: 'procps', purposes: ['test'] },
  { program: 'tcpdump', debianPackage: 'tcpdump', purposes: ['test'] },
  { program: 'strace', debianPackage: 'strace', purposes: ['test'] },
  { program: 'wg', debianPackage: 'wireguard-tools', purposes: ['test'] },
  { program: 'wg-quick', debianPackage: 'wireguard-tools', purposes: ['test'] },
  { program: 'wireguard-go', debianPackage: 'wireguard-go', purposes: ['test'] },
  { program: '/lib/systemd/systemd', debianPackage: 'systemd', purposes: ['test'] },
  { program: 'iperf3', debianPackage: 'iperf3', purposes: ['test'] },
  { program: 'chromium', debianPackage: 'chromium', purposes: ['test'] },
  { program: 'useradd', debianPackage: 'passwd', purposes: ['test'] },
  // The names of ports, and of localhost, that wg looks up in the corpus of .conf files.
  { program: '/etc/services', debianPackage: 'netbase', purposes: ['test'] },
  { program: '/etc/hosts', debianPackage: 'netbase', purposes: ['test'] },
];

/** @param {Purpose} purpose */
export function missingPrograms(purpose) {
  return PROGRAMS.filter(({ program, purposes }) => purposes.includes(purpose) && !isThere(program));
}

/** @param {string} program a name, or the path of a file */
function isThere(program) {
  return isAbsolute(program) ? existsSync(program) : hasProgram(program);
}

export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * Network namespaces and TUN devices need root, and a container may refuse them even to root.
 *
 * @returns {Promise<string | null>} why they cannot be had, or null
 */
export async function whyNoNamespaces() {
  if (process.platform !== 'linux') return `network namespaces are Linux's; this is ${process.platform}`;
  if (!isRoot()) return 'root is needed';
  const unshare = await capture('unshare', ['--net', 'true']);
  if (unshare.code !== 0) return `this root may not create a network namespace (${unshare.stderr.trim()})`;
  if (!existsSync('/dev/net/tun')) return 'there is no /dev/net/tun';
  return null;
}

/** @returns {Promise<string | null>} why the tests in tests/netns cannot run here, or null */
export async function whyNoNamespaceTests() {
  const refused = await whyNoNamespaces();
  if (refused !== null) return refused;
  const missing = missingPrograms('test');
  return missing.length === 0 ? null : `not installed: ${missing.map(({ program }) => program).join(', ')}`;
}
