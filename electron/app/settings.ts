/** What a person has set for the app itself: a small file among their own, with nothing secret in it. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { errorCode } from '../../helper/failure.ts';
import { oneAtATime } from '../../helper/one-at-a-time.ts';
import { replace, writeSynced } from '../../helper/storage/durable-file.ts';
import { type AppSettings, LANGUAGES, THEMES } from '../ipc/contract.ts';

export const DEFAULT_SETTINGS: AppSettings = {
  theme: 'system',
  language: null,
  autostart: false,
  connectAtStart: null,
};

/** What cannot be read is as at first: a person's choice of colours is no reason to fail. */
const file = z.object({
  theme: z.enum(THEMES).catch(DEFAULT_SETTINGS.theme),
  language: z.enum(LANGUAGES).nullable().catch(DEFAULT_SETTINGS.language),
  autostart: z.boolean().catch(DEFAULT_SETTINGS.autostart),
  connectAtStart: z.string().nullable().catch(DEFAULT_SETTINGS.connectAtStart),
});

export interface AppSettingsStore {
  readonly current: AppSettings;
  /** @throws the system's error, and then all is as it was */
  write(settings: AppSettings): Promise<void>;
}

/** @param path such as `~/.config/wayfare/settings.json` */
export async function openAppSettings(path: string): Promise<AppSettingsStore> {
  let current = await readSettings(path);
  const inTurn = oneAtATime();
  return {
    get current() {
      return current;
    },
    write: (settings) =>
      inTurn(async () => {
        const content = `${JSON.stringify(settings, null, 2)}\n`;
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await replace(path, `${path}.new`, (temporary) => writeSynced(temporary, content, { mode: 0o600 }));
        current = settings;
      }),
  };
}

async function readSettings(path: string): Promise<AppSettings> {
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const isExpected =
      errorCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError;
    if (!isExpected) throw error;
    return DEFAULT_SETTINGS;
  }
}
