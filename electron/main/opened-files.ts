/**
 * Files that somebody opens with the app. The words of a command line come from anybody: what is not a regular file of a
 * kind that can be imported, and small, is passed over without a word.
 */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MAX_CONFIG_BYTES } from '../../helper/ipc/contract.ts';
import { readWhole } from '../../helper/storage/durable-file.ts';
import type { OpenedFiles } from './ipc.ts';

const KINDS = ['.conf', '.zip', '.png', '.jpg', '.jpeg', '.webp', '.gif', '.bmp'];
const MAX_FILES = 50;
const MAX_NAME_LENGTH = 255;

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

export async function readOpened(paths: readonly string[]): Promise<OpenedFiles> {
  const files = await Promise.all(paths.map(readOne));
  return files.flat();
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

async function readOne(path: string): Promise<OpenedFiles> {
  const fileName = basename(path);
  if (fileName.length > MAX_NAME_LENGTH) return [];
  try {
    if (!(await stat(path)).isFile()) return []; // opening a device may do something already
    // Whatever took its place meanwhile, such as a pipe, is not waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_CONFIG_BYTES) return [];
      return [{ fileName, content: (await readWhole(file)).toString('base64') }];
    } finally {
      await file.close();
    }
  } catch {
    return []; // it is not there, or not for this person
  }
}
