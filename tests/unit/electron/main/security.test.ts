import type { Session } from 'electron';
import { describe, expect, it } from 'vitest';
import {
  confinePages,
  confinePermissions,
  isOurFrame,
  isPermitted,
  offerScreen,
} from '../../../../electron/main/security.ts';
import { FakeApp, FakeContents, FakeSession, OUR_FRAME } from '../../../support/fake-electron.ts';

const IMPORT_VIEW = 'app://wayfare/#/import';
type Permission = Parameters<typeof isPermitted>[0]['permission'];

/** As in Electron's types, but for those that some view may have. */
const NEVER: Permission[] = [
  ...([
    'geolocation',
    'notifications',
    'midi',
    'midiSysex',
    'pointerLock',
    'fullscreen',
    'openExternal',
  ] as const),
  ...(['hid', 'serial', 'usb', 'fileSystem', 'idle-detection', 'window-management', 'local-fonts'] as const),
  ...(['mediaKeySystem', 'storage-access', 'screen-wake-lock', 'speaker-selection', 'unknown'] as const),
  ...(['deprecated-sync-clipboard-read', 'local-network-access', 'persistent-storage'] as const),
];

function ask(permission: Permission, pageUrl: string, media: string[] = [], isMainFrame = true): boolean {
  return isPermitted({ permission, pageUrl, isMainFrame, media });
}

describe('a page', () => {
  const app = new FakeApp();
  confinePages(app);
  const page = new FakeContents();
  app.emit('web-contents-created', {}, page);

  it.each(['will-frame-navigate', 'will-redirect', 'will-attach-webview'])('%s_is_prevented', (event) => {
    expect(page.emitPreventable(event)).toBe(true);
  });

  it('opens_no_window', () => {
    const details = { url: 'https://example.com' } as Parameters<typeof page.openWindow>[0];
    expect(page.openWindow(details)).toEqual({ action: 'deny' });
  });
});

describe('permissions', () => {
  it.each(NEVER)('%s_is_denied_everywhere', (permission) => {
    expect(ask(permission, IMPORT_VIEW)).toBe(false);
    expect(ask(permission, IMPORT_VIEW, ['video'])).toBe(false);
  });

  it.each([
    ['media', ['video']],
    ['display-capture', ['video']],
    ['clipboard-read', []],
  ] as const)('%s_is_granted_to_the_import_view_alone', (permission, media) => {
    expect(ask(permission, IMPORT_VIEW, [...media])).toBe(true);
    for (const url of [
      'app://wayfare/',
      'app://wayfare/#/tunnel/import',
      'app://wayfare/#/imports',
      'https://example.com/#/import',
      'app://elsewhere/#/import',
      'app://wayfare.example/#/import',
      '',
    ])
      expect([url, ask(permission, url, [...media])]).toEqual([url, false]);
    expect(ask(permission, IMPORT_VIEW, [...media], false)).toBe(false);
  });

  it('the_microphone_is_denied', () => {
    expect(ask('media', IMPORT_VIEW, ['audio'])).toBe(false);
    expect(ask('media', IMPORT_VIEW, ['video', 'audio'])).toBe(false);
    expect(ask('media', IMPORT_VIEW, ['unknown'])).toBe(false);
    expect(ask('media', IMPORT_VIEW, [])).toBe(false);
    expect(ask('display-capture', IMPORT_VIEW, ['video', 'audio'])).toBe(false);
  });

  it('a_text_may_be_copied_from_any_view_of_ours', () => {
    expect(ask('clipboard-sanitized-write', 'app://wayfare/#/tunnel/home')).toBe(true);
    expect(ask('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
  });

  it('both_handlers_ask_where_the_page_is_now_and_not_what_it_says', () => {
    const session = new FakeSession();
    confinePermissions(session);
    const page = new FakeContents();
    const answers: boolean[] = [];
    const details = { isMainFrame: true, requestingUrl: IMPORT_VIEW, mediaTypes: ['video' as const] };
    const request = () =>
      session.request(page.asContents(), 'media', (isGranted) => answers.push(isGranted), details);
    const check = () =>
      session.check(page.asContents(), 'media', 'app://wayfare', { ...details, mediaType: 'video' });
    request();
    answers.push(check());
    page.url = IMPORT_VIEW;
    request();
    answers.push(check());
    expect(answers).toEqual([false, false, true, true]);
  });

  it('a_check_for_no_page_and_every_device_are_denied', () => {
    const session = new FakeSession();
    confinePermissions(session);
    expect(session.check(null, 'clipboard-sanitized-write', 'app://wayfare', { isMainFrame: true })).toBe(
      false,
    );
    expect(session.device({} as Parameters<typeof session.device>[0])).toBe(false);
  });
});

describe('a frame', () => {
  it.each([
    ['gone', null],
    ['of_another_origin', { ...OUR_FRAME, origin: 'https://example.com' }],
    ['of_an_opaque_origin', { ...OUR_FRAME, origin: 'null' }],
    ['of_a_longer_host', { ...OUR_FRAME, origin: 'app://wayfare.example' }],
    ['inside_another', { ...OUR_FRAME, parent: OUR_FRAME as never }],
  ])('%s_is_not_ours', (_, frame) => {
    expect(isOurFrame(frame)).toBe(false);
  });

  it('at_the_top_of_our_page_is_ours', () => {
    expect(isOurFrame(OUR_FRAME)).toBe(true);
  });
});

describe('the screen', () => {
  type Asked = Parameters<NonNullable<Parameters<Session['setDisplayMediaRequestHandler']>[0]>>[0];

  function capture(frame: object | null, sources = [source('1'), source('2')]): Promise<unknown> {
    const session = new FakeSession();
    offerScreen(session, {
      sources: async () => sources,
      screen: { getDisplayMatching: () => ({ id: 2 }) as never },
      windowBounds: () => ({ x: 0, y: 0, width: 1, height: 1 }),
    });
    const asked = { frame, videoRequested: true, audioRequested: true } as Asked;
    return new Promise((resolve) => session.capture(asked, resolve));
  }

  function source(display_id: string) {
    return { id: `screen:${display_id}`, name: display_id, display_id };
  }

  it('is_the_one_that_the_window_is_on_without_sound', async () => {
    expect(await capture(OUR_FRAME)).toEqual({ video: source('2') });
  });

  it('is_what_the_desktop_gave_where_it_says_no_number', async () => {
    expect(await capture(OUR_FRAME, [source('')])).toEqual({ video: source('') });
  });

  it.each([
    ['another_view', { ...OUR_FRAME, url: 'app://wayfare/#/tunnels' }],
    ['another_origin', { ...OUR_FRAME, origin: 'https://example.com' }],
    ['nobody', null],
  ])('is_not_given_to_%s', async (_, frame) => {
    expect(await capture(frame)).toBeNull();
  });

  it('is_not_given_where_the_person_refuses', async () => {
    expect(await capture(OUR_FRAME, [])).toBeNull();
  });
});
