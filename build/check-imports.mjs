// @ts-check
/** Holds the source against import-rules.mjs. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { BARRED, LAYERS, MODULES, NAMES, TYPES_ONLY } from './import-rules.mjs';
import { Failure, step } from './report.mjs';
import { ROOT } from './setup.mjs';
import { findImports, lineAt, maskLiterals } from './typescript-scanner.mjs';

/** @import { Import } from './typescript-scanner.mjs' */
/** @typedef {{ file: string, line: number, what: string, rule: string }} Violation */

const PRODUCT_FOLDERS = ['engine', 'helper', 'electron', 'renderer'];

/** @param {string} file @param {string} pattern a folder that ends in `/`, or a file */
function matches(file, pattern) {
  return pattern.endsWith('/') ? file.startsWith(pattern) : file === pattern;
}

/** @param {string} file @param {readonly string[]} patterns */
function matchesAny(file, patterns) {
  return patterns.some((pattern) => matches(file, pattern));
}

/** @param {string} file @returns {number} index into {@link LAYERS}, or -1 */
function layerOf(file) {
  return LAYERS.findIndex(({ files }) => matchesAny(file, files));
}

/** @param {string} file @param {Import} imported @returns {string | null} the rule that it breaks */
function brokenByFile(file, { specifier, typesOnly }) {
  if (specifier === null) return 'an import names its module in a literal';
  const target = posix.join(posix.dirname(file), specifier);
  const [from, to] = [layerOf(file), layerOf(target)];
  if (to < 0) return 'the product imports only engine, helper, electron and renderer';
  const barred = BARRED.find(
    (row) => matches(file, row.from) && matches(target, row.to) && target !== row.except,
  );
  if (barred !== undefined) return barred.rule;
  const typed = TYPES_ONLY.find((row) => matches(file, row.from) && matches(target, row.to));
  if (typed !== undefined && !typesOnly) return typed.rule;
  if (to > from) return `${LAYERS[from]?.name} may not import ${LAYERS[to]?.name}: imports go one way`;
  return null;
}

/** @param {string} file @param {string} specifier @returns {string | null} the rule that it breaks */
function brokenByModule(file, specifier) {
  const builtin = isBuiltin(specifier);
  if (builtin && !specifier.startsWith('node:')) return `node's own modules are written node:${specifier}`;
  const row = MODULES.find(
    ({ from, module }) => matches(file, from) && (module === specifier || (module === 'node:*' && builtin)),
  );
  return row === undefined || matchesAny(file, row.allowed) ? null : row.rule;
}

/**
 * @param {string} file from the repository's root, with `/`
 * @param {string} text
 * @returns {Violation[]}
 */
export function checkFile(file, text) {
  /** @type {Violation[]} */
  const violations = [];
  if (layerOf(file) < 0) {
    violations.push({
      file,
      line: 1,
      what: file,
      rule: 'every file has a layer: add it to build/import-rules.mjs',
    });
  }
  for (const imported of findImports(text)) {
    const { specifier, line } = imported;
    const rule =
      specifier === null || specifier.startsWith('.')
        ? brokenByFile(file, imported)
        : brokenByModule(file, specifier);
    if (rule !== null) violations.push({ file, line, what: `import ${specifier ?? '(computed)'}`, rule });
  }
  const masked = maskLiterals(text);
  for (const { from, allowed, pattern, rule } of NAMES) {
    if (!matches(file, from) || matchesAny(file, allowed)) continue;
    for (const match of masked.matchAll(pattern)) {
      violations.push({ file, line: lineAt(text, match.index), what: match[0], rule });
    }
  }
  return violations;
}

/** @param {string} root */
function sourceFiles(root) {
  return PRODUCT_FOLDERS.flatMap((folder) =>
    readdirSync(posix.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:[cm]?ts|tsx|[cm]?js)$/.test(name))
      .map((name) => posix.join(folder, name)),
  );
}

/**
 * Checks every file of the product.
 *
 * @returns {number} how many files there are
 * @throws {Failure} that lists each violation as `file:line: import: rule`
 */
export function checkImports() {
  const files = sourceFiles(ROOT);
  const violations = files.flatMap((file) => checkFile(file, readFileSync(posix.join(ROOT, file), 'utf8')));
  if (violations.length === 0) return files.length;
  throw new Failure(
    violations.map(({ file, line, what, rule }) => `${file}:${line}: ${what}: ${rule}`).join('\n'),
  );
}

if (process.argv[1] === import.meta.filename) {
  await step('checking imports', checkImports).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
