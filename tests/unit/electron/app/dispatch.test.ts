/** What a page may ask, and what it learns of a mistake of ours. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AppHandlers, dispatch } from '../../../../electron/app/dispatch.ts';
import { Failure } from '../../../../helper/failure.ts';

let logged = '';
const asked: unknown[] = [];

beforeEach(() => {
  logged = '';
  asked.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    logged += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

function answering(answer: (request: unknown) => unknown): AppHandlers {
  const handler = async (request: unknown) => {
    asked.push(request);
    return answer(request);
  };
  return new Proxy({}, { get: () => handler }) as AppHandlers;
}

it('answers_what_was_asked', async () => {
  const handlers = answering(() => ({ publicKey: null }));
  const answer = await dispatch('publicKey', { privateKey: 'x' }, handlers);
  expect(answer).toEqual({ ok: true, result: { publicKey: null } });
  expect(asked).toEqual([{ privateKey: 'x' }]);
});

it.each(['reset', '', '__proto__', 'constructor', 'toString', 'hello ', 7, null, undefined, ['up'], {}])(
  'knows_no_verb_%j',
  async (verb) => {
    const answer = await dispatch(
      verb,
      {},
      answering(() => ({})),
    );
    expect(answer).toMatchObject({ ok: false, error: { what: 'the app knows no such request' } });
    expect(asked).toEqual([]);
  },
);

it.each([
  ['up', {}],
  ['up', null],
  ['up', 'home'],
  ['up', { name: '../etc', timeoutSeconds: 30, replace: false }],
  ['up', { name: 'home', timeoutSeconds: 1e9, replace: false }],
  ['up', { name: 'home', timeoutSeconds: 30, replace: false, more: 1 }],
  ['import', { fileName: 'a.conf', content: 'not base64!', name: null }],
  ['import', { fileName: 'a.conf', content: 'A'.repeat(2 * 1024 * 1024), name: null }],
  ['import', { fileName: 'x'.repeat(256), content: '', name: null }],
  ['changeSettings', { theme: 'pink', language: null, autostart: false, connectAtStart: null }],
  ['changeSettings', { theme: undefined }],
  ['changeSettings', { colour: 'dark' }],
  ['logs', { limit: 1e6 }],
])('refuses_a_malformed_%s', async (verb, request) => {
  const answer = await dispatch(
    verb,
    request,
    answering(() => ({})),
  );
  expect(answer).toEqual({
    ok: false,
    error: { what: `a malformed request: ${verb}`, where: '', advice: '' },
  });
  expect(asked).toEqual([]);
});

it('tells_a_failure_as_a_value_and_logs_nothing', async () => {
  const handlers = answering(() => {
    throw new Failure('there is no tunnel home', 'at /x', 'look at the list');
  });
  const answer = await dispatch('down', { name: 'home' }, handlers);
  expect(answer).toEqual({
    ok: false,
    error: { what: 'there is no tunnel home', where: 'at /x', advice: 'look at the list' },
  });
  expect(logged).toBe('');
});

it.each([new TypeError('key is yAnz5TF+'), 'key is yAnz5TF+'])(
  'logs_a_mistake_of_ours_and_does_not_tell_the_page_of_it_%#',
  async (mistake) => {
    const handlers = answering(() => {
      throw mistake;
    });
    const answer = await dispatch('hello', {}, handlers);
    expect(answer).toMatchObject({ ok: false, error: { what: 'something inside Wayfare broke' } });
    expect(JSON.stringify(answer)).not.toContain('yAnz5TF+');
    expect(logged).toContain('key is yAnz5TF+');
  },
);
