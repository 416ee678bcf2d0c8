/** From a run of datagrams, as GRO hands them over, to the device. */
import type { Device } from '../device/device.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { Output } from '../peer/output.ts';
import type { MonotonicMs } from '../ports.ts';

/** Datagrams of one sender, `segmentSize` bytes each, the last perhaps shorter, in packet memory. */
export interface DatagramRun {
  readonly offset: number;
  readonly length: number;
  readonly segmentSize: number;
  readonly source: Endpoint;
  /** The outer header's DSCP and ECN. */
  readonly trafficClass: number;
}

export function handleDatagramRun(device: Device, run: DatagramRun, now: MonotonicMs, output: Output): void {
  const { offset, length, segmentSize, source, trafficClass } = run;
  device.handleDatagrams(offset, length, segmentSize, source, trafficClass, now, output);
}
