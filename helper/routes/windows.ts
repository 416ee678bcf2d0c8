/** Windows has no routes of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { Routes } from './index.ts';

export const windowsRoutes: Routes = {
  pathTo: () => Promise.reject(notOnThisSystem('routing')),
  defaultPaths: () => Promise.reject(notOnThisSystem('routing')),
  addTunnelRoutes: () => Promise.reject(notOnThisSystem('routing')),
  addBearerRoute: () => Promise.reject(notOnThisSystem('routing')),
  removeBearerRoute: () => Promise.reject(notOnThisSystem('routing')),
};
