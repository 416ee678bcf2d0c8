/**
 * Files that somebody opens with the app. The words of a command line come from anybody: only regular files of a kind
 * that can be imported, and not too large, are read. Of the others it is said why not.
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
/** Of all together, which go to the page in one message. */
const MAX_TOTAL_BYTES = 64 * MIB;

/**
 * @param commandLine with the program: options are left out, `file:` addresses read as paths
 * @param folder that relative paths begin in
 * @param isDefaultApp whether the first word after the program is the app itself, which Electron's own binary is given
 */
export function pathsIn(
  commandLine: readonly string[],
  folder: string,
  isDefaultApp = process.defaultApp ?? false,
): string[] {
  const words = commandLine.filter((word) => !word.startsWith('-'));
  return words.slice(isDefaultApp ? 2 : 1).map((word) => resolve(folder, pathOf(word)));
}

export async function readOpened(paths: readonly string[], i18n: I18n): Promise<OpenedFiles> {
  const opened: OpenedFiles = { files: [], notTaken: [] };
  let left = MAX_TOTAL_BYTES;
  for (const path of paths.slice(0, MAX_FILES)) {
    const fileName = basename(path);
    const read = await readOne(path, left, i18n).catch(() => i18n._('cannot be read')); // not there, or not for this person
    if (typeof read === 'string') {
      opened.notTaken.push({ fileName, reason: read });
      continue;
    }
    left -= read.length;
    opened.files.push({ fileName, content: read.toString('base64') });
  }
  const rest = paths.length - MAX_FILES;
  if (rest > 0)
    opened.notTaken.push({
      fileName: '',
      reason: i18n._('{rest} more: at most {most} files are opened at once', { rest, most: MAX_FILES }),
    });
  return opened;
}

function pathOf(word: string): string {
  if (!word.startsWith('file:')) return word;
  try {
    return fileURLToPath(word);
  } catch {
    return word; // of another machine, or no address: there is no such file
  }
}

/** @param left bytes that the others leave. @returns why not, where it is not taken. @throws what the system says */
async function readOne(path: string, left: number, i18n: I18n): Promise<Buffer | string> {
  const kind = extname(path).toLowerCase();
  if (!KINDS.includes(kind))
    return i18n._('Wayfare opens .conf files, .zip archives and pictures of QR codes');
  if (!(await stat(path)).isFile()) throw new Error('no file'); // opening a device may do something already
  // Whatever took its place meanwhile, such as a pipe, is not waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error('no file');
    const most = kind === '.conf' ? MAX_CONFIG_BYTES : MAX_BYTES;
    if (found.size > most) return i18n._('larger than {most} MiB', { most: most / MIB });
    if (found.size > left) return i18n._('too large beside the others: open it by itself');
    return await readWhole(file);
  } finally {
    await file.close();
  }
}
