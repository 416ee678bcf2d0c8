// @ts-check
/** What a Linux package holds beside the app, laid out as it will lie below `/`. Folders get their mode from the umask. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { UNITS } from '../linux/units.mjs';
import { ROOT } from '../setup.mjs';

const HERE = import.meta.dirname;
const PACKAGE = 'usr/lib/wayfare/package';
const PROGRAM = ['wayfare.js', 'wayfare-engine.js', 'wayfare-ui.js', 'kernels.wasm'];
const KOFFI = ['koffi', '@koromix/koffi-linux-x64'];
/** What node loads of koffi, and its licence; as helper/service/payload.ts takes it. */
const KOFFI_FILE = /\.(?:c?js|json|node)$|\bLICENSE\b/;

/**
 * @param {object} parts
 * @param {string} parts.root where it goes; what was there is removed
 * @param {string} parts.dist the bundles
 * @param {string} parts.node the program
 */
export function layOutLinuxRoot({ root, dist, node }) {
  rmSync(root, { recursive: true, force: true });
  const at = (/** @type {string} */ path) => join(root, path);
  const put = (/** @type {string} */ from, /** @type {string} */ to, mode = 0o644) => {
    mkdirSync(dirname(at(to)), { recursive: true });
    copyFileSync(from, at(to));
    chmodSync(at(to), mode);
  };
  for (const name of PROGRAM) put(join(dist, name), `${PACKAGE}/${name}`);
  for (const unit of UNITS) put(unit, `${PACKAGE}/linux/${basename(unit)}`);
  for (const file of filesBelow(join(dist, 'page'))) put(join(dist, 'page', file), `${PACKAGE}/page/${file}`);
  for (const name of KOFFI)
    for (const file of filesBelow(join(ROOT, 'node_modules', name)).filter((file) => KOFFI_FILE.test(file)))
      put(join(ROOT, 'node_modules', name, file), `${PACKAGE}/node_modules/${name}/${file}`);
  put(node, `${PACKAGE}/node`, 0o755);
  put(join(ROOT, 'build', 'linux', 'install-helper'), 'usr/lib/wayfare/install-helper', 0o755);
  put(join(HERE, 'wayfare.sh'), 'usr/bin/wayfare', 0o755);
  put(join(ROOT, 'LICENSE'), 'usr/share/doc/wayfare/copyright');
  put(join(HERE, 'wayfare-mime.xml'), 'usr/share/mime/packages/wayfare.xml');
}

/** @param {string} folder */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** electron-builder's own scripts, with ours behind them. @param {string} folder */
export function writePackageScripts(folder) {
  const require = createRequire(import.meta.url);
  const templates = join(dirname(require.resolve('app-builder-lib/package.json')), 'templates', 'linux');
  mkdirSync(folder, { recursive: true });
  for (const name of ['after-install', 'after-remove']) {
    const theirs = readFileSync(join(templates, `${name}.tpl`), 'utf8');
    writeFileSync(
      join(folder, name),
      `${theirs.trimEnd()}\n${readFileSync(join(HERE, `${name}.sh`), 'utf8')}`,
    );
  }
}
