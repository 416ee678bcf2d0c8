/** What went through a tunnel, as its engine counts it: whole datagrams' worth, both ways. */
export interface TrafficBytes {
  readonly rxBytes: number;
  readonly txBytes: number;
}

export const NO_BYTES: TrafficBytes = { rxBytes: 0, txBytes: 0 };

/** An engine that lies may say any number: a sum stays one that JSON can carry. */
export function plus(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

export function sumOf(a: TrafficBytes, b: TrafficBytes): TrafficBytes {
  return { rxBytes: plus(a.rxBytes, b.rxBytes), txBytes: plus(a.txBytes, b.txBytes) };
}
