// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text that holds templates is what is scanned
import { describe, expect, it } from 'vitest';
import { findImports, maskLiterals } from '../../../build/typescript-scanner.mjs';

describe('maskLiterals', () => {
  it.each([
    ['a; // b', 'a;     '],
    ['a /* b\nc */ d', 'a     \n     d'],
    [`f('it\\'s')`, `f('     ')`],
    ['"a" + b', '" " + b'],
    ['`a${b}c`', '` ${b} `'],
    ['`${f({ a: `x${y}` })}z`', '`${f({ a: ` ${y}` })} `'],
    [`x = /['"/]/.test(y)`, 'x = /     /.test(y)'],
    ['return /a\\/b/g;', 'return /    /g;'],
    [`a / b / 'c'`, `a / b / ' '`],
    ['(a) / b // c', '(a) / b     '],
  ])('%j', (text, masked) => {
    expect(maskLiterals(text)).toBe(masked);
  });
});

describe('findImports', () => {
  const specifiers = (text: string) => findImports(text).map(({ specifier }) => specifier);

  it('every_form_is_found', () => {
    const text = [
      `import a from 'a';`,
      `import * as b from "b";`,
      `import {\n  c,\n  type C,\n} from 'c';`,
      `import 'd';`,
      `export { e } from 'e';`,
      `export * from 'f';`,
      `const g = await import('g');`,
      `const h = require('h');`,
      `import i, { from } from 'i';`,
      `type J = import('j').J;`,
    ].join('\n');
    expect(specifiers(text)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']);
  });

  it('type_imports_are_told_apart', () => {
    const text = `import type { A } from 'a';\nexport type { B } from 'b';\nimport type from 'c';\nimport { type D } from 'd';`;
    expect(findImports(text).map(({ typesOnly }) => typesOnly)).toEqual([true, true, false, false]);
  });

  it('lines_are_counted_from_one', () => {
    expect(findImports(`\n/* \n */ import 'a';`)).toEqual([{ specifier: 'a', typesOnly: false, line: 3 }]);
  });

  it('what_only_looks_like_an_import_is_none', () => {
    const text = [
      `// import 'a';`,
      'const text = `import "b";`;',
      `store.import('c');`,
      `async import(file: string) {}`,
      `export const d = 'from';`,
      `export default 'e';`,
      `export type F = 'f';`,
    ].join('\n');
    expect(specifiers(text)).toEqual([]);
  });

  it('a_computed_import_has_no_specifier', () => {
    expect(specifiers('await import(`./${name}.ts`)')).toEqual([null]);
  });
});
