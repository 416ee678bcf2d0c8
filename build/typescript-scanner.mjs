// @ts-check
/**
 * Reads just enough of a TypeScript file to see its imports and the names that it uses: no compiler with a JavaScript
 * API comes with TypeScript 7, and bundlers drop type-only imports, which must go one way too.
 */

/** A `/` after one of these begins a regular expression, after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield))\s*$/;

/**
 * The text with comments, and the contents of strings, templates and regular expressions, turned into spaces.
 * Line breaks, quotes, and the code inside `${…}` stay where they were, so that an index means the same in both.
 *
 * @param {string} text
 */
export function maskLiterals(text) {
  const out = text.split('');
  /** @type {number[]} for each template that is open, the depth of braces inside its `${` */
  const templates = [];
  let i = 0;

  const blank = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let k = from; k < to && k < out.length; k++) if (out[k] !== '\n') out[k] = ' ';
  };
  const skipString = (/** @type {string} */ quote) => {
    const start = i + 1;
    for (i = start; i < text.length && text[i] !== quote && text[i] !== '\n'; i++) if (text[i] === '\\') i++;
    blank(start, i);
    i++;
  };
  const skipRegex = () => {
    const start = i + 1;
    let inClass = false;
    for (i = start; i < text.length && text[i] !== '\n' && (inClass || text[i] !== '/'); i++) {
      if (text[i] === '\\') i++;
      else if (text[i] === '[') inClass = true;
      else if (text[i] === ']') inClass = false;
    }
    blank(start, i);
    i++;
  };
  /** From just inside a template to its end, or to just inside its next `${`. */
  const skipTemplate = () => {
    const start = i;
    while (i < text.length && text[i] !== '`' && !text.startsWith('${', i)) i += text[i] === '\\' ? 2 : 1;
    blank(start, i);
    if (text[i] === '$') {
      templates.push(0);
      i += 2;
    } else {
      i++;
    }
  };

  while (i < text.length) {
    const c = text[i];
    if (text.startsWith('//', i)) {
      const end = text.indexOf('\n', i);
      const stop = end < 0 ? text.length : end;
      blank(i, stop);
      i = stop;
    } else if (text.startsWith('/*', i)) {
      const end = text.indexOf('*/', i + 2);
      const stop = end < 0 ? text.length : end + 2;
      blank(i, stop);
      i = stop;
    } else if (c === "'" || c === '"') {
      skipString(c);
    } else if (c === '`') {
      i++;
      skipTemplate();
    } else if (c === '/' && BEFORE_REGEX.test(out.slice(Math.max(0, i - 40), i).join(''))) {
      skipRegex();
    } else if (c === '{' && templates.length > 0) {
      templates[templates.length - 1] = (templates.at(-1) ?? 0) + 1;
      i++;
    } else if (c === '}' && templates.at(-1) === 0) {
      templates.pop();
      i++;
      skipTemplate();
    } else {
      if (c === '}' && templates.length > 0) templates[templates.length - 1] = (templates.at(-1) ?? 0) - 1;
      i++;
    }
  }
  return out.join('');
}

/** @param {string} text @param {number} index @returns {number} 1-based */
export function lineAt(text, index) {
  return text.slice(0, index).split('\n').length;
}

/**
 * @typedef {object} Import
 * @property {string | null} specifier null where it is computed
 * @property {boolean} typesOnly `import type …` or `export type … from`
 * @property {number} line
 */

const STATIC_IMPORT =
  /\b(?:import|export)\b(\s+type\b(?!\s*(?:,|from\s*['"])))?(?:[\w\s$*,{}]*?\bfrom)?\s*['"]/g;
const CALL = /(?<![.\w$])(?:import|require)\s*\(\s*(['"])/g;
/** Told from a method that is called `import` by what stands before it. */
const COMPUTED_CALL = /(?:\bawait\s+|\breturn\s+|[=(,:?]\s*)import\s*\(\s*(?!['"\s])/g;

/**
 * @param {string} text of a TypeScript or JavaScript file
 * @returns {Import[]} in the order of the file
 */
export function findImports(text) {
  const masked = maskLiterals(text);
  /** @type {(Import & { index: number })[]} */
  const found = [];
  const add = (
    /** @type {number} */ index,
    /** @type {boolean} */ typesOnly,
    /** @type {string | null} */ specifier,
  ) => found.push({ index, specifier, typesOnly, line: lineAt(text, index) });
  /** The text of the literal whose opening quote `match` ends with. */
  const literalAfter = (/** @type {RegExpExecArray} */ match) => {
    const start = match.index + match[0].length;
    return text.slice(start, masked.indexOf(text[start - 1] ?? '', start));
  };
  for (const match of masked.matchAll(STATIC_IMPORT))
    add(match.index, match[1] !== undefined, literalAfter(match));
  // `import('x').Y` as a type looks like a call; it is held to the stricter rule.
  for (const match of masked.matchAll(CALL)) add(match.index, false, literalAfter(match));
  for (const match of masked.matchAll(COMPUTED_CALL)) add(match.index, false, null);
  return found.sort((a, b) => a.index - b.index).map(({ index: _, ...rest }) => rest);
}
