/** What the UAPI socket may look at and change. */
import type { Device } from '../device/device.ts';
import type { Output } from '../peer/output.ts';
import type { Clock } from '../ports.ts';

/** The device's place in the operating system. */
export interface LinkControl {
  readonly listenPort: number;
  readonly mark: number;
  /** @param port 0 for a random one @throws SystemError, with the old port kept */
  setListenPort(port: number): void;
  /** @throws SystemError */
  setMark(mark: number): void;
  /** The index of an interface, for the zone of a link-local endpoint. @returns null where there is none of that name */
  interfaceIndex(name: string): number | null;
  /** Sends what the changes have produced. */
  settle(): void;
}

export interface EngineControl {
  readonly device: Device;
  readonly link: LinkControl;
  readonly clock: Clock;
  readonly output: Output;
}
