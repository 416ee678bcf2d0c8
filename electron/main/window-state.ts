/** Where the window was, kept among the person's own files. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Rectangle } from 'electron';
import * as z from 'zod';

export interface WindowState {
  /** Null: where the desktop puts it. */
  readonly bounds: Rectangle | null;
  readonly isMaximized: boolean;
}

export const FIRST_SIZE = { width: 1_000, height: 700 };
export const LEAST_SIZE = { width: 360, height: 480 };
/** So much of it must be on a screen that it can be seen and moved. Pixels. */
const LEAST_VISIBLE = 100;

const coordinate = z.int().min(-100_000).max(100_000);
const length = z.int().min(1).max(100_000);
const file = z.object({
  bounds: z.object({ x: coordinate, y: coordinate, width: length, height: length }),
  isMaximized: z.boolean(),
});

/** What cannot be read is as at first. @param screens what of each screen is free for windows */
export function readWindowState(path: string, screens: readonly Rectangle[]): WindowState {
  const parsed = file.safeParse(readJson(path));
  if (!parsed.success) return { bounds: null, isMaximized: false };
  const { bounds, isMaximized } = parsed.data;
  return { bounds: screens.some((screen) => isVisibleOn(screen, bounds)) ? bounds : null, isMaximized };
}

/** At once, since the app may be ending. A state that cannot be kept is no reason to fail. */
export function writeWindowState(path: string, state: z.output<typeof file>): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    process.stderr.write(`wayfare: where the window was is not kept: ${error}\n`);
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function isVisibleOn(screen: Rectangle, { x, y, width, height }: Rectangle): boolean {
  const wide = Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x);
  const high = Math.min(y + height, screen.y + screen.height) - Math.max(y, screen.y);
  return wide >= LEAST_VISIBLE && high >= LEAST_VISIBLE;
}
