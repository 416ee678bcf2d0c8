/** What a person sets for the machine, whatever tunnel is up: STATE/settings.json. */
import { join } from 'node:path';
import * as z from 'zod';
import { openPrivateFolder } from './storage/private-folder.ts';
import { parseVersioned } from './storage/versioned.ts';

const FILE = 'settings.json';
const VERSION = 1;
const MAX_BYTES = 4_096;

const machineSettings = z.strictObject({
  /** Nothing leaves this machine without a tunnel, from its start on. */
  lockdown: z.boolean(),
});
export type MachineSettings = Readonly<z.output<typeof machineSettings>>;

const file = machineSettings.extend({ version: z.literal(VERSION) });
const DEFAULTS: MachineSettings = { lockdown: false };

/** Every call throws Failure. */
export interface MachineSettingsStore {
  /** A file that cannot be read must not open what a person closed: whoever asks treats a failure as lockdown. */
  read(): Promise<MachineSettings>;
  write(settings: MachineSettings): Promise<void>;
}

export async function openMachineSettings(stateDir: string): Promise<MachineSettingsStore> {
  const folder = await openPrivateFolder(stateDir);
  const where = `at ${join(stateDir, FILE)}`;
  return {
    async read() {
      const bytes = await folder.read(FILE, MAX_BYTES);
      if (bytes === null) return DEFAULTS;
      const { version: _, ...settings } = parseVersioned(Buffer.from(bytes).toString(), file, VERSION, where);
      return settings;
    },
    write: (settings) => folder.replace(FILE, `${JSON.stringify({ version: VERSION, ...settings })}\n`),
  };
}
