// @vitest-environment jsdom
/** What a window says of the failures that have a code. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../../electron/ipc/contract.ts';
import { codedFailure } from '../../../../helper/coded-failure.ts';
import { failureText } from '../../../../renderer/lib/failure-text.ts';
import { activate, LANGUAGE_NAMES } from '../../../../renderer/lib/i18n.ts';

const LANGUAGES = Object.keys(LANGUAGE_NAMES) as (keyof typeof LANGUAGE_NAMES)[];
const ENGLISH = { what: 'it failed', where: 'at /x', advice: 'run wayfare down home' };
/** Each code, with values that are found again in its text. */
const EACH = codedFailure.options.map(({ shape: { code, ...values } }) => {
  const sentinels = Object.keys(values).map((name) => [name, `<${name}>`]);
  return codedFailure.parse({ code: code.value, ...Object.fromEntries(sentinels) });
});

beforeEach(() => activate('en'));

function said(coded: Failure['coded'], language: keyof typeof LANGUAGE_NAMES = 'en') {
  activate(language);
  return failureText({ ...ENGLISH, coded });
}

describe.each(EACH.map((coded) => [coded.code, coded] as const))('%s', (_, coded) => {
  it('is said in every language, each in its own words', () => {
    const all = LANGUAGES.map((language) => said(coded, language));
    expect(new Set(all.map(({ what }) => what)).size).toBe(LANGUAGES.length);
    for (const { what, where } of all) {
      expect(what).toMatch(/^.+\.$/);
      expect(where).toBe('');
    }
  });

  it('is said with all of its values, and no others', () => {
    const { code: _code, ...values } = coded;
    for (const language of LANGUAGES) {
      const { what, advice } = said(coded, language);
      const shown = new Set(`${what} ${advice}`.match(/<\w+>|[{}]|undefined/g) ?? []);
      expect([...shown].sort()).toEqual(Object.values(values).sort());
    }
  });

  it('names no command of a terminal', () => {
    for (const language of LANGUAGES) {
      const { what, advice } = said(coded, language);
      expect(`${what} ${advice}`).not.toMatch(/\bwayfare \w+ |sudo|systemctl|usermod|(^|\s)--\w/);
    }
  });
});

it('leaves the English words to a failure without a code', () => {
  expect(said(undefined, 'de')).toEqual(ENGLISH);
});
