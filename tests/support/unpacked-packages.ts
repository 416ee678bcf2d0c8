/**
 * Debian packages that a test needs and that must not be installed, because they would take the machine's own DNS over
 * or rule each other out: unpacked into a folder that a test lays over the machine's in a mount namespace.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.ts';

/** Root's alone, and kept from run to run. */
const CACHE = '/var/cache/wayfare-tests';
/** Debian's packages may still name the folders that have been merged into /usr. */
const MERGED_FOLDERS = ['bin', 'sbin', 'lib'];

export interface UnpackedPackages {
  /** What is to lie over /, or '' where they could not be had. */
  readonly root: string;
  /** Why they could not be had, or ''. */
  readonly missing: string;
}

/** Those that a package depends on come with it, unless they are installed. */
export async function unpackPackages(...names: readonly string[]): Promise<UnpackedPackages> {
  const root = join(CACHE, names.join('+'));
  if (existsSync(root)) return { root, missing: '' };
  if (process.getuid?.() !== 0) return { root: '', missing: 'root is needed' };
  mkdirSync(CACHE, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(CACHE, 'new-'));
  try {
    await download(names, join(work, 'archives'));
    await unpack(join(work, 'archives'), join(work, 'root'));
    renameSync(join(work, 'root'), root);
    return { root, missing: '' };
  } catch (error) {
    if (existsSync(root)) return { root, missing: '' }; // another run was quicker
    return { root: '', missing: String(error) };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(names: readonly string[], archives: string): Promise<void> {
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const options = [`Dir::Cache::archives=${archives}`, 'DPkg::Lock::Timeout=120', 'APT::Sandbox::User=root'];
  const common = options.flatMap((option) => ['-o', option]);
  const install = ['install', '-y', '--no-install-recommends', '--reinstall', '--download-only', ...names];
  try {
    await run('apt-get', [...common, ...install]);
  } catch {
    await run('apt-get', [...common, 'update']);
    await run('apt-get', [...common, ...install]);
  }
}

async function unpack(archives: string, root: string): Promise<void> {
  mkdirSync(join(root, 'usr'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb')))
    await run('dpkg-deb', ['--extract', join(archives, file), root]);
  for (const folder of MERGED_FOLDERS) {
    if (!existsSync(join(root, folder))) continue;
    cpSync(join(root, folder), join(root, 'usr', folder), { recursive: true, verbatimSymlinks: true });
    rmSync(join(root, folder), { recursive: true });
  }
  chmodSync(root, 0o755);
}
