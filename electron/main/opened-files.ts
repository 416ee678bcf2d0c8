/**
 * Files that somebody opens with the app. The words of a command line come from anybody: what is not of a kind that can
 * be imported is passed over without a word; of the rest, only regular files that are not too large are read.
 */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { I18n } from '@lingui/core';
import { MAX_CONFIG_BYTES } from '../../helper/ipc/contract.ts';
import { readWhole } from '../../helper/storage/durable-file.ts';
import type { OpenedFiles } from '../ipc/contract.ts';

const KINDS = ['.conf', '.zip', '.png', '.jpg', '.jpeg', '.webp', '.gif', '.bmp'];
const MAX_FILES = 50;
const MIB = 1024 * 1024;
/** Of a picture or an archive. The page itself takes larger ones, which do not come in one message. */
const MAX_BYTES = 16 * MIB;

/**
 * @param args of a command line: options are left out, `file:` addresses read as paths
 * @param folder that relative paths begin in
 */
export function pathsIn(args: readonly string[], folder: string): string[] {
  return args
    .filter((arg) => !arg.startsWith('-'))
    .flatMap((arg) => pathOf(arg))
    .filter((path) => KINDS.includes(extname(path).toLowerCase()))
    .slice(0, MAX_FILES)
    .map((path) => resolve(folder, path));
}

export async function readOpened(paths: readonly string[], i18n: I18n): Promise<OpenedFiles> {
  const opened: OpenedFiles = { files: [], notTaken: [] };
  for (const path of paths) {
    const fileName = basename(path);
    try {
      opened.files.push({ fileName, content: (await readOne(path)).toString('base64') });
    } catch (error) {
      const reason =
        error instanceof TooLarge
          ? i18n._('larger than {most} MiB', { most: error.most / MIB })
          : i18n._('cannot be read'); // it is not there, or not for this person
      opened.notTaken.push({ fileName, reason });
    }
  }
  return opened;
}

class TooLarge extends Error {
  /** In bytes. */
  readonly most: number;

  constructor(most: number) {
    super('too large');
    this.most = most;
  }
}

function pathOf(arg: string): string[] {
  if (arg.includes('\0')) return [];
  if (!arg.startsWith('file:')) return [arg];
  try {
    return [fileURLToPath(arg)];
  } catch {
    return []; // of another machine, or no address
  }
}

/** @throws TooLarge, or what the system says */
async function readOne(path: string): Promise<Buffer> {
  if (!(await stat(path)).isFile()) throw new Error('no file'); // opening a device may do something already
  // Whatever took its place meanwhile, such as a pipe, is not waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('no file');
    const most = extname(path).toLowerCase() === '.conf' ? MAX_CONFIG_BYTES : MAX_BYTES;
    if (found.size > most) throw new TooLarge(most);
    return await readWhole(file);
  } finally {
    await file.close();
  }
}
