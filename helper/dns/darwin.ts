/** macOS has no DNS of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { Dns } from './index.ts';

export const darwinDns: Dns = {
  recover: () => Promise.resolve(),
  apply: () => Promise.reject(notOnThisSystem('DNS')),
  revert: () => Promise.reject(notOnThisSystem('DNS')),
};
