/** @param share such as 0.95. @returns the smallest value that so many are not above */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Such as `p50 168, p95 213, worst 278 ms of 20`. @param milliseconds what was measured */
export function spreadText(milliseconds: readonly number[]): string {
  const [p50, p95, worst] = [0.5, 0.95, 1].map((share) => percentile(milliseconds, share).toFixed(0));
  return `p50 ${p50}, p95 ${p95}, worst ${worst} ms of ${milliseconds.length}`;
}
