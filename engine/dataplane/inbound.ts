/** From a run of datagrams, as GRO hands them over, to the device. */
import type { Device } from '../device/device.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { Output } from '../peer/output.ts';
import type { MonotonicMs } from '../ports.ts';

/**
 * Datagrams of one sender, `segmentSize` bytes each, the last perhaps shorter, in packet memory. One object serves many
 * runs, one after the other.
 */
export interface DatagramRun {
  offset: number;
  length: number;
  segmentSize: number;
  source: Endpoint;
  /** The outer header's DSCP and ECN. */
  trafficClass: number;
}

export function handleDatagramRun(device: Device, run: DatagramRun, now: MonotonicMs, output: Output): void {
  const { offset, length, segmentSize, source, trafficClass } = run;
  device.handleDatagrams(offset, length, segmentSize, source, trafficClass, now, output);
}
