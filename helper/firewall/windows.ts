/** Windows has no kill switch of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { Firewall } from './index.ts';

export const windowsFirewall: Firewall = {
  apply: () => Promise.reject(notOnThisSystem('the kill switch')),
  isStanding: () => Promise.reject(notOnThisSystem('the kill switch')),
  reset: () => Promise.reject(notOnThisSystem('the kill switch')),
};
