/** Windows has no routes of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { Routes } from './index.ts';

export const windowsRoutes: Routes = {
  pathsTo: () => Promise.reject(notOnThisSystem('routing')),
  defaultPaths: () => Promise.reject(notOnThisSystem('routing')),
  addTunnelRoutes: () => Promise.reject(notOnThisSystem('routing')),
  addBearerRoutes: () => Promise.reject(notOnThisSystem('routing')),
  removeBearerRoutes: () => Promise.reject(notOnThisSystem('routing')),
  removeLeftovers: async () => {},
};
