import { beforeEach, describe, expect, it } from 'vitest';
import type { AppListener } from '../../../../electron/app/app.ts';
import type { AppHandlers } from '../../../../electron/app/dispatch.ts';
import { EVENT, LISTEN, REQUEST } from '../../../../electron/ipc/channels.ts';
import type { AppEvent } from '../../../../electron/ipc/contract.ts';
import { PageServer } from '../../../../electron/main/ipc.ts';
import { FakeContents, FakeIpcMain, OUR_FRAME } from '../../../support/fake-electron.ts';

const LINK: AppEvent = { event: 'helper', link: { kind: 'connecting' } };

class FakeWayfare {
  readonly listeners = new Set<AppListener>();
  readonly asked: unknown[] = [];
  readonly handlers = {
    down: async (request: unknown) => {
      this.asked.push(request);
      return { names: ['home'], leftovers: [] };
    },
  } as unknown as AppHandlers;

  listen(listener: AppListener): () => void {
    listener(LINK);
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(event: AppEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

let wayfare = new FakeWayfare();
let ipc = new FakeIpcMain();
let page = new FakeContents();

beforeEach(() => {
  wayfare = new FakeWayfare();
  ipc = new FakeIpcMain();
  page = new FakeContents();
  new PageServer(wayfare, ipc);
});

const request = (frame: object | null, ...args: unknown[]) => ipc.invoke(page, frame, REQUEST, ...args);
const listen = () => ipc.invoke(page, OUR_FRAME, LISTEN);

describe('a request', () => {
  it('of_our_page_is_answered', async () => {
    expect(await request(OUR_FRAME, 'down', { name: null })).toEqual({
      ok: true,
      result: { names: ['home'], leftovers: [] },
    });
    expect(wayfare.asked).toEqual([{ name: null }]);
  });

  it.each([
    ['another_origin', { ...OUR_FRAME, origin: 'https://example.com' }],
    ['a_frame_within', { ...OUR_FRAME, parent: OUR_FRAME }],
    ['a_frame_that_is_gone', null],
  ])('of_%s_is_refused', async (_, frame) => {
    await expect(request(frame, 'down', { name: null })).rejects.toThrow('refused');
    await expect(ipc.invoke(page, frame, LISTEN)).rejects.toThrow('refused');
    expect(wayfare.asked).toEqual([]);
    expect(wayfare.listeners.size).toBe(0);
  });

  it.each([
    ['an_unknown_verb', 'format', {}, 'the app knows no such request'],
    ['a_verb_of_the_prototype', 'constructor', {}, 'the app knows no such request'],
    ['no_verb', undefined, undefined, 'the app knows no such request'],
    ['a_verb_that_is_no_text', { verb: 'down' }, {}, 'the app knows no such request'],
    ['a_field_too_many', 'down', { name: null, force: true }, 'a malformed request: down'],
    ['a_name_that_is_none', 'down', { name: '../home' }, 'a malformed request: down'],
  ])('with_%s_fails_in_words', async (_, verb, body, what) => {
    expect(await request(OUR_FRAME, verb, body)).toEqual({
      ok: false,
      error: { what, where: '', advice: '' },
    });
    expect(wayfare.asked).toEqual([]);
  });
});

describe('events', () => {
  it('begin_with_the_present_state_and_go_on', async () => {
    await listen();
    wayfare.tell(LINK);
    expect(page.sent).toEqual([
      { channel: EVENT, value: LINK },
      { channel: EVENT, value: LINK },
    ]);
  });

  it('are_told_once_however_often_a_page_listens', async () => {
    await listen();
    await listen();
    wayfare.tell(LINK);
    expect(page.sent).toHaveLength(3);
  });

  it.each([
    ['the_page_goes', 'destroyed', undefined],
    ['its_process_dies', 'render-process-gone', undefined],
    ['another_document_comes', 'did-start-navigation', { isMainFrame: true, isSameDocument: false }],
  ])('end_when_%s', async (_, event, details) => {
    await listen();
    page.emit(event, details);
    wayfare.tell(LINK);
    expect(page.sent).toHaveLength(1);
    expect(wayfare.listeners.size).toBe(0);
  });

  it('are_watched_for_their_end_once_however_often_a_page_is_loaded', async () => {
    for (let loads = 0; loads < 20; loads++) await listen();
    expect(page.listenerCount('did-start-navigation')).toBe(1);
  });

  it.each([
    ['the_view_changes', { isMainFrame: true, isSameDocument: true }],
    ['a_frame_within_navigates', { isMainFrame: false, isSameDocument: false }],
  ])('go_on_when_%s', async (_, details) => {
    await listen();
    page.emit('did-start-navigation', details);
    wayfare.tell(LINK);
    expect(page.sent).toHaveLength(2);
  });
});
