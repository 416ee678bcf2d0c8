/** Windows has no routes of ours yet. */
import { notOnThisSystem } from '../failure.ts';
import type { SystemRoutes } from './index.ts';

export const windowsRoutes: SystemRoutes = {
  pathsTo: () => Promise.reject(notOnThisSystem('routing')),
  defaultPaths: () => Promise.reject(notOnThisSystem('routing')),
  setTunnelRoutes: () => Promise.reject(notOnThisSystem('routing')),
  addBearerRoutes: () => Promise.reject(notOnThisSystem('routing')),
  renewBearerRoutes: () => Promise.reject(notOnThisSystem('routing')),
  removeBearerRoutes: () => Promise.reject(notOnThisSystem('routing')),
  addHolds: () => Promise.reject(notOnThisSystem('routing')),
  removeHolds: () => Promise.reject(notOnThisSystem('routing')),
  removeLeftovers: async () => {},
};
