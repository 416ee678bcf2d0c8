/** Echo requests and what became of them. */

export interface PingResult {
  sent: number;
  received: number;
  lossPercent: number;
  /** null where nothing came back. */
  rttMs: { min: number; mean: number; max: number } | null;
}

/** @param output of iputils' ping, for one request that was answered. @returns the round trip in milliseconds */
export function parseEcho(output: string): number {
  const time = / time=([\d.]+) ms/.exec(output)?.[1];
  if (time === undefined) throw new Error(`not ping's output: ${output}`);
  return Number(time);
}

/** @param echoes the round trip of each request in milliseconds, or null where no answer came */
export function summarizeEchoes(echoes: readonly (number | null)[]): PingResult {
  const times = echoes.filter((time) => time !== null);
  const [sent, received] = [echoes.length, times.length];
  const sum = times.reduce((total, time) => total + time, 0);
  return {
    sent,
    received,
    lossPercent: sent === 0 ? 0 : (100 * (sent - received)) / sent,
    rttMs: received === 0 ? null : { min: Math.min(...times), mean: sum / received, max: Math.max(...times) },
  };
}
