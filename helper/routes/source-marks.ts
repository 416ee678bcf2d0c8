/**
 * Where rp_filter is strict, the kernel asks whether the way back to a packet's sender is the way that it came, and looks
 * at the packet's mark only if `src_valid_mark` says so (kernel: Documentation/networking/ip-sysctl.rst). Without that,
 * the answers to a full tunnel's own datagrams would be dropped.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { errorCode, Failure, toFailure } from '../failure.ts';
import type { KernelSetting } from './full-tunnel-routing.ts';

const INTERFACES = '/proc/sys/net/ipv4/conf';
const SOURCE_VALID_MARK = 'net.ipv4.conf.all.src_valid_mark';
const ON = '1';
const STRICT = '1';

/** @returns what has to be changed, as it is */
export function settingsToChange(): KernelSetting[] {
  const before = read(pathOf(SOURCE_VALID_MARK));
  const isStrict = readdirSync(INTERFACES).some((name) => read(`${INTERFACES}/${name}/rp_filter`) === STRICT);
  return isStrict && before !== ON ? [{ name: SOURCE_VALID_MARK, before }] : [];
}

/** @throws Failure */
export function changeSettings(settings: readonly KernelSetting[]): void {
  for (const { name } of settings) write(name, ON);
}

/** Puts back what was there, unless somebody else has changed it since. @throws Failure */
export function restoreSettings(settings: readonly KernelSetting[]): void {
  for (const { name, before } of settings) if (read(pathOf(name)) === ON) write(name, before);
}

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

/** @returns '' for an interface that has gone meanwhile */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function write(name: string, value: string): void {
  try {
    writeFileSync(pathOf(name), value);
  } catch (error) {
    throw new Failure(toFailure(error).parts.what, `at ${name}`, `run: sysctl -w ${name}=${value}`);
  }
}
