/** What a person has set for the app itself: a small file among their own, with nothing secret in it. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { oneAtATime } from '../../helper/one-at-a-time.ts';
import { diskFailure } from '../../helper/storage/disk-failure.ts';
import { replace, writeSynced } from '../../helper/storage/durable-file.ts';
import { LANGUAGES, type StoredSettings, THEMES } from '../ipc/contract.ts';

export const DEFAULT_SETTINGS: StoredSettings = {
  theme: 'system',
  language: null,
  connectAtStart: null,
};

/** What cannot be read is as at first: a person's choice of colours is no reason to fail. */
const file = z.object({
  theme: z.enum(THEMES).catch(DEFAULT_SETTINGS.theme),
  language: z.enum(LANGUAGES).nullable().catch(DEFAULT_SETTINGS.language),
  connectAtStart: z.string().nullable().catch(DEFAULT_SETTINGS.connectAtStart),
});

export interface AppSettingsStore {
  readonly current: StoredSettings;
  /**
   * @param change is given what the file has by now: another Wayfare of the same person may have changed it. What it
   * gives back as it is is not written.
   * @throws Failure, and then all is as it was
   */
  change(change: (settings: StoredSettings) => StoredSettings): Promise<void>;
}

/** @param path such as `~/.config/wayfare/settings.json` */
export async function openAppSettings(path: string): Promise<AppSettingsStore> {
  let current = await readSettings(path, DEFAULT_SETTINGS);
  const inTurn = oneAtATime();
  const folder = dirname(path);
  // The process's own: two may write at the same time.
  const temporary = `${path}.${process.pid}.new`;
  return {
    get current() {
      return current;
    },
    change: (change) =>
      inTurn(async () => {
        const stored = await readSettings(path, current);
        const changed = change(stored);
        if (changed === stored) return;
        const content = `${JSON.stringify(changed, null, 2)}\n`;
        try {
          await mkdir(folder, { recursive: true, mode: 0o700 });
          await replace(path, temporary, (made) => writeSynced(made, content, { mode: 0o600 }));
        } catch (error) {
          throw diskFailure(error, folder);
        }
        current = changed;
      }),
  };
}

/** @returns `otherwise` where there is no such file, or nothing of it can be read */
async function readSettings(path: string, otherwise: StoredSettings): Promise<StoredSettings> {
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return otherwise;
  }
}
