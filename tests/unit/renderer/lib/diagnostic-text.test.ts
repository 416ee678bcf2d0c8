// @vitest-environment jsdom
/** What a window says of a `.conf`. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { inspect } from '../../../../electron/app/inspect.ts';
import { inEnglish } from '../../../../engine/sentence.ts';
import { diagnosticText } from '../../../../renderer/lib/diagnostic-text.ts';
import { activate } from '../../../../renderer/lib/i18n.ts';

const PARSER = 'engine/config';
/** As they stand in its source. */
const TEMPLATES = readdirSync(PARSER).flatMap((file) => {
  const source = readFileSync(`${PARSER}/${file}`, 'utf8');
  return [...source.matchAll(/\/\*i18n\*\/\s+(['"])(.*?)\1/g)].map((match) => match[2]!);
});

beforeEach(() => activate('en'));

function said(text: string): string[] {
  return inspect('home.conf', Buffer.from(text)).diagnostics.map(diagnosticText);
}

it.each(TEMPLATES)('says with all its values: %s', (template) => {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const values = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
  const message = inEnglish({ template, values });
  const diagnostic = { severity: 'error', line: 1, message, sentence: { template, values } } as const;
  expect(diagnosticText(diagnostic)).toBe(message);
  activate('de');
  const german = diagnosticText(diagnostic);
  expect(german).not.toBe(message);
  expect((german.match(/<\w+>|[{}]/g) ?? []).sort()).toEqual(Object.values(values).sort());
});

describe('the parser', () => {
  it('has more than a few of them', () => {
    expect(TEMPLATES.length).toBeGreaterThan(50);
  });

  it('is heard in German, with what it says within what it says', () => {
    activate('de');
    expect(said('[Interface]\nPostUp = true\nMTU = many\n')).toEqual([
      'MTU "many": Schreibe eine Zahl von 576 bis 65535, oder lass es weg, dann wird sie ermittelt',
    ]);
    expect(said('[Interface]\n; by hand\n')).toEqual([
      '";" hat kein „=“; schreibe „Name = Wert“ oder setze „#“ davor; mit „;“ beginnt kein Kommentar, mit „#“ schon',
    ]);
    expect(said('[Interface]\nyAnz5TF+lXXJte14tji3zlMNq+hd2rYU\n')).toEqual([
      expect.stringMatching(/^\(verborgen, es könnte Teil eines Schlüssels sein\) hat kein „=“/),
    ]);
    expect(said('[Interface]\nPostUp = true\nBlockInternet = true\n')).toEqual([
      'Der private Schlüssel fehlt; füge zum Verbinden einen ein',
      'Hooks werden behalten und gezeigt, aber nie ausgeführt',
      'BlockInternet ist eine Einstellung von TunSafe, die dessen Notausschalter ist; sie wurde weggelassen',
    ]);
  });

  it('keeps its English where this page does not know what it says', () => {
    activate('de');
    const sentence = { template: 'a {thing} of tomorrow', values: { thing: 'key' } };
    const message = 'as the parser says it';
    expect(diagnosticText({ severity: 'warning', line: 1, message, sentence })).toBe(message);
  });
});
