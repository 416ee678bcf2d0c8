/** How much processor time a process has taken (proc_pid_stat(5)). */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** sysconf(_SC_CLK_TCK), which is 100 on every Linux that node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time together. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return ((userTicks + systemTicks) * 1_000) / TICKS_PER_SECOND;
}

/** Over the next `overMs`. @returns 1 for a whole core */
export async function cpuShare(pid: number, overMs: number): Promise<number> {
  const [cpuBefore, startedAt] = [cpuMs(pid), performance.now()];
  await delay(overMs);
  return (cpuMs(pid) - cpuBefore) / (performance.now() - startedAt);
}
