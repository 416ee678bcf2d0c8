// @ts-check
/** The units of systemd, beside this file: all that helper/service/units.ts installs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Their paths. */
export const UNITS = readdirSync(import.meta.dirname)
  .filter((name) => /\.(?:service|socket)$/.test(name))
  .map((name) => join(import.meta.dirname, name));
