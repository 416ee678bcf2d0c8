/** What a benchmark needs of the machine: told before anything is begun. */
import { hasProgram } from '../../build/run.mjs';

/** The programs that benchmarks run by name, and the Debian package of each. */
const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  iperf3: 'iperf3',
  sysctl: 'procps',
  ping: 'iputils-ping',
  wg: 'wireguard-tools',
};

/** Ends the process, with what to do, unless it is root's and `programs` are there. */
export function requirePrograms(...programs: readonly (keyof typeof DEBIAN_PACKAGES)[]): void {
  if (process.getuid?.() !== 0) refuse('run it as root: it makes network namespaces');
  const missing = programs
    .filter((program) => !hasProgram(program))
    .map((program) => DEBIAN_PACKAGES[program]);
  if (missing.length > 0) refuse(`install what it measures with: apt-get install ${missing.join(' ')}`);
}

function refuse(advice: string): never {
  console.error(advice);
  process.exit(2);
}
