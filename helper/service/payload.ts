/** The files of the program: this bundle, the node that runs it, and koffi with its native module. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire as requireFrom } from 'node:module';
import { dirname, join, relative } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { errorCode, Failure } from '../failure.ts';
import { requireRootOnly } from './trust.ts';
import { UNITS } from './units.ts';

export interface Source {
  /** The node that shall run the helper. */
  readonly node: string;
  /** The folder with the bundle. */
  readonly bundle: string;
}

export interface PayloadFile {
  readonly from: string;
  /** Below the version's folder. */
  readonly to: string;
}

type Place = readonly [from: string, to: string];

export interface Payload {
  /** `VERSION-HASH`: two payloads have one name only if they are the same. */
  readonly name: string;
  readonly files: readonly PayloadFile[];
}

const BUNDLE = [
  'wayfare.js',
  'wayfare-engine.js',
  'kernels.wasm',
  ...UNITS.map((unit) => join('linux', unit)),
];
/** What node loads of koffi, and its licence; not its source. */
const KOFFI_FILE = /\.(?:c?js|json|node)$|\bLICENSE\b/;
const HASH_LENGTH = 12;

/** @throws Failure where a file is missing, or others than root may change it */
export async function locatePayload({ node, bundle }: Source): Promise<Payload> {
  const places: Place[] = [
    [node, 'node'],
    ...BUNDLE.map((name): Place => [join(bundle, name), name]),
    ...(await koffiFiles(bundle)),
  ];
  const files = await Promise.all(places.map(payloadFile));
  return { name: `${packageJson.version}-${await hashOf(files)}`, files };
}

async function payloadFile([path, to]: Place): Promise<PayloadFile> {
  try {
    return { from: await requireRootOnly(path), to };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new Failure('a part of the program is missing', `at ${path}`, 'build it, or install the package');
  }
}

/** Koffi itself, and the package with its native module for this machine. */
async function koffiFiles(bundle: string): Promise<Place[]> {
  const koffi = dirname(resolveFrom(join(bundle, 'wayfare.js'), 'koffi'));
  const nativeName = `@koromix/koffi-${process.platform}-${process.arch}`;
  const native = dirname(resolveFrom(join(koffi, 'index.cjs'), nativeName));
  const found = await Promise.all([filesOf(koffi, 'koffi'), filesOf(native, nativeName)]);
  return found.flat();
}

function resolveFrom(file: string, name: string): string {
  try {
    return requireFrom(file).resolve(name);
  } catch {
    throw new Failure(`a part of the program is missing: ${name}`, `for ${file}`, 'install the package');
  }
}

async function filesOf(folder: string, name: string): Promise<Place[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && KOFFI_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path, join('node_modules', name, relative(folder, path))]);
}

async function hashOf(files: readonly PayloadFile[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { from, to } of files.toSorted((a, b) => (a.to < b.to ? -1 : 1))) {
    const content = await readFile(from);
    hash.update(`${to}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
