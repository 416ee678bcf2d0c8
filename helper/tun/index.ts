/** The tunnel's network interface: made, addressed, sized and taken away. One implementation a system. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { darwinTunDevices } from './darwin.ts';
import { linuxTunDevices } from './linux.ts';
import { windowsTunDevices } from './windows.ts';

export interface TunDevice {
  /** The name the system gave: not on every system the one asked for. */
  readonly name: string;
  /** For the engine to inherit. The interface stays until {@link close}, also without this process. */
  readonly descriptor: number;
  close(): void;
}

/** Every call throws Failure or SystemError. */
export interface TunDevices {
  /** One that a helper left behind is taken over as it stands: what is routed there stays there. */
  open(name: string): Promise<TunDevice>;
  /** The device has these and no others, but for what the system gives it. Those that it has already stay untouched. */
  setAddresses(device: string, addresses: readonly IpPrefix[]): Promise<void>;
  /** @param mtu bytes */
  setMtu(device: string, mtu: number): Promise<void>;
  setUp(device: string): Promise<void>;
  /** Takes the routes through the interface with it. One that is gone already is no error. */
  setDown(device: string): Promise<void>;
  /** Removes the interfaces that a helper left behind, but for those of some names. @returns what it removed */
  removeLeftovers(kept: readonly string[]): Promise<string[]>;
  /** The same for one. Where there is none, or another program's, nothing is done. */
  removeLeftover(name: string): Promise<void>;
}

export function tunDevicesFor(platform: NodeJS.Platform): TunDevices {
  if (platform === 'darwin') return darwinTunDevices;
  if (platform === 'win32') return windowsTunDevices;
  return linuxTunDevices;
}
