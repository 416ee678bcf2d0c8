/** macOS has no tunnel interface of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { TunDevices } from './index.ts';

export const darwinTunDevices: TunDevices = {
  open: () => Promise.reject(notOnThisSystem('a tunnel interface')),
  setAddresses: () => Promise.reject(notOnThisSystem('a tunnel interface')),
  setMtu: () => Promise.reject(notOnThisSystem('a tunnel interface')),
  setUp: () => Promise.reject(notOnThisSystem('a tunnel interface')),
  setDown: () => Promise.reject(notOnThisSystem('a tunnel interface')),
  removeLeftovers: async () => [],
  removeLeftover: async () => {},
};
