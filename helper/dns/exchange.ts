/** renameat2(2), which node has no call for: two files change places, and at no moment is either of them absent. */
import koffi from 'koffi';
import { check } from '../../engine/io/linux/libc.ts';

const renameat2 = koffi
  .load('libc.so.6')
  .func('int renameat2(int oldFolder, const char *old, int newFolder, const char *new, uint flags)');
/** Both paths are whole ones: no folder to begin at. */
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/** Links themselves change places, not what they lead to. @throws SystemError, as `ENOENT` where one is not there */
export function exchange(path: string, other: string): void {
  check(renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE), 'exchange files');
}
