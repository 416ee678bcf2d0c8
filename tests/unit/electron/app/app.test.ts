/** What a page hears from the app and what the app asks the helper, over a real socket. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { App, type Desktop } from '../../../../electron/app/app.ts';
import { dispatch } from '../../../../electron/app/dispatch.ts';
import { DEFAULT_SETTINGS } from '../../../../electron/app/settings.ts';
import { type AppEvent, appEvent, type StoredSettings } from '../../../../electron/ipc/contract.ts';
import { Failure } from '../../../../helper/failure.ts';
import { ManualClock, until } from '../../helper/fake-world.ts';
import { DOWN, FakeHelper } from './fake-helper.ts';

const UP = { ...DOWN, state: 'connected' as const };
const REFRESH_MS = 5_000;

let helper: FakeHelper;
let clock: ManualClock;
let stop: AbortController;
let ended: Promise<void>;
let settings: StoredSettings;
let desktop: Desktop;

beforeEach(async () => {
  helper = new FakeHelper();
  clock = new ManualClock();
  stop = new AbortController();
  ended = Promise.resolve();
  settings = { ...DEFAULT_SETTINGS };
  desktop = {
    shell: {
      kind: 'browser',
      versions: [],
      platform: 'linux',
      hasAutostart: true,
      canInstallHelper: false,
    },
    isAutostartOn: async () => false,
    setAutostart: async () => {},
    installHelper: async () => {},
  };
  await helper.start();
});

afterEach(async () => {
  stop.abort();
  await ended;
  await helper.remove();
});

function startApp(): App {
  const store = {
    get current() {
      return settings;
    },
    change: async (change: (settings: StoredSettings) => StoredSettings) => {
      settings = change(settings);
    },
  };
  const app = new App({ socketPath: helper.socketPath, settings: store, desktop, clock });
  ended = app.run(stop.signal);
  return app;
}

/** A page that looks on. */
function open(app: App): { readonly heard: AppEvent[]; readonly close: () => void } {
  const heard: AppEvent[] = [];
  const close = app.listen((event) => heard.push(appEvent.parse(event)));
  return { heard, close };
}

function kindsOf(heard: readonly AppEvent[]): string[] {
  return heard.map((event) => (event.event === 'helper' ? event.link.kind : event.event));
}

it('tells_a_page_that_comes_the_present_state_at_once', async () => {
  helper.tunnels = [UP];
  const app = startApp();
  const early = open(app);
  await until(() => kindsOf(early.heard).includes('tunnels'));
  expect(kindsOf(early.heard)).toEqual(['connecting', 'settings', 'desktop', 'reached', 'tunnels']);
  const late = open(app);
  expect(kindsOf(late.heard)).toEqual(['reached', 'tunnels', 'settings', 'desktop']);
  expect(late.heard[1]).toEqual({ event: 'tunnels', tunnels: [UP], lockdown: false, isClosed: false });
});

it('knows_that_there_is_no_tunnel_though_no_event_tells_it', async () => {
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels'));
  expect(heard.at(-1)).toMatchObject({ event: 'tunnels', tunnels: [] });
});

it('asks_for_the_state_again_when_a_helper_is_back', async () => {
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels'));
  await helper.stop();
  await until(() => kindsOf(heard).includes('unreachable'));
  helper.tunnels = [DOWN];
  await helper.start();
  clock.advance(1_000);
  await until(() => kindsOf(heard).at(-1) === 'tunnels' && heard.length > 5);
  expect(kindsOf(heard).slice(-3)).toEqual(['unreachable', 'reached', 'tunnels']);
  expect(heard.at(-1)).toMatchObject({ tunnels: [{ name: 'home' }] });
});

it('asks_once_more_for_whatever_changes_while_it_asks', async () => {
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels'));
  const before = helper.countOf('status');
  let answer = () => {};
  helper.answers.status = () =>
    new Promise((resolve) => {
      answer = () => resolve({ tunnels: helper.tunnels, lockdown: false, isClosed: false });
    });
  for (let i = 0; i < 50; i++) helper.tell({ event: 'tunnel-removed', name: `t${i}`, newName: null });
  await until(() => helper.countOf('status') === before + 1);
  helper.answers = {};
  helper.tunnels = [DOWN];
  answer();
  await until(() => kindsOf(heard).filter((kind) => kind === 'tunnels').length === 3);
  expect(helper.countOf('status')).toBe(before + 2);
});

it('answers_a_change_only_when_the_page_has_heard_it', async () => {
  const app = startApp();
  const { heard } = open(app);
  await until(() => kindsOf(heard).includes('tunnels'));
  // A refresh is under way that knows nothing of the change yet.
  const answers: (() => void)[] = [];
  helper.answers.status = () => {
    const { tunnels } = helper;
    return new Promise((resolve) => {
      answers.push(() => resolve({ tunnels, lockdown: false, isClosed: false }));
    });
  };
  helper.tell({ event: 'tunnel-removed', name: 'gone', newName: null });
  await until(() => answers.length === 1);
  helper.answers.set = () => {
    helper.tunnels = [{ ...DOWN, allowLan: true }];
    return {};
  };
  const changed = app.handlers.set({ name: 'home', killSwitch: null, allowLan: true });
  await until(() => helper.countOf('set') === 1);
  answers[0]!();
  await until(() => answers.length === 2);
  answers[1]!();
  await changed;
  expect(heard.at(-1)).toMatchObject({ tunnels: [{ allowLan: true }] });
});

it('tells_after_down_whether_the_machine_is_closed_still', async () => {
  const app = startApp();
  const { heard } = open(app);
  helper.answers.status = () => ({ tunnels: [], lockdown: false, isClosed: true });
  await until(() => kindsOf(heard).includes('tunnels'));
  helper.answers = { down: () => ({ names: [], hasOpened: true, leftovers: [] }) };
  await app.handlers.down({ name: null });
  expect(heard.at(-1)).toMatchObject({ event: 'tunnels', isClosed: false });
});

it('tells_that_another_has_changed_the_lockdown', async () => {
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels') && helper.countOf('subscribe') === 1);
  helper.answers.status = () => ({ tunnels: [], lockdown: true, isClosed: true });
  helper.tell({ event: 'machine-state', lockdown: true, isClosed: true });
  await until(() => heard.some((event) => event.event === 'tunnels' && event.lockdown));
});

it('forgets_what_it_knew_of_a_helper_that_is_gone', async () => {
  helper.tunnels = [UP];
  const app = startApp();
  const { heard } = open(app);
  await until(() => kindsOf(heard).includes('tunnels'));
  await helper.stop();
  await until(() => kindsOf(heard).includes('unreachable'));
  expect(kindsOf(open(app).heard)).toEqual(['unreachable', 'settings', 'desktop']);
});

it('says_why_a_helper_does_not_tell_its_state_and_asks_again', async () => {
  helper.answers.status = () => {
    throw new Failure('the disk is broken');
  };
  const app = startApp();
  const { heard } = open(app);
  await until(() => kindsOf(heard).includes('unreachable') && helper.countOf('subscribe') === 1);
  expect(open(app).heard[0]).toMatchObject({ link: { error: { what: 'the disk is broken' } } });
  helper.answers = {};
  await until(() => clock.sleeperCount === 2);
  clock.advance(REFRESH_MS);
  await until(() => kindsOf(heard).at(-1) === 'tunnels');
  expect(kindsOf(heard)).toEqual([
    'connecting',
    'settings',
    'desktop',
    'reached',
    'unreachable',
    'reached',
    'tunnels',
  ]);
});

it('looks_again_every_five_seconds_while_a_tunnel_runs_and_somebody_looks_on', async () => {
  helper.tunnels = [UP];
  const app = startApp();
  const page = open(app);
  await until(() => kindsOf(page.heard).includes('tunnels') && helper.countOf('subscribe') === 1);
  const before = helper.countOf('status');
  clock.advance(REFRESH_MS);
  await until(() => helper.countOf('status') === before + 1);
  page.close();
  app.observe(() => {}); // which is no page
  await until(() => clock.sleeperCount === 2);
  clock.advance(REFRESH_MS);
  await until(() => clock.sleeperCount === 2);
  expect(helper.countOf('status')).toBe(before + 1);
});

it('does_not_look_again_while_no_tunnel_runs', async () => {
  helper.tunnels = [DOWN];
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels') && helper.countOf('subscribe') === 1);
  const before = helper.countOf('status');
  for (let i = 0; i < 3; i++) {
    await until(() => clock.sleeperCount === 2);
    clock.advance(REFRESH_MS);
  }
  await until(() => clock.sleeperCount === 2);
  expect(helper.countOf('status')).toBe(before);
});

it('connects_the_tunnel_of_the_start_once', async () => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [DOWN, { ...DOWN, name: 'other' }];
  const { heard } = open(startApp());
  await until(() => helper.countOf('up') === 1);
  await helper.stop();
  await until(() => kindsOf(heard).at(-1) === 'unreachable' && clock.sleeperCount === 2);
  await helper.start();
  clock.advance(1_000);
  await until(() => helper.countOf('subscribe') === 2 && helper.countOf('status') >= 2);
  expect(helper.asked.filter((words) => words.startsWith('up'))).toEqual(['up home']);
});

it('connects_nothing_at_start_where_the_tunnel_is_up_already', async () => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [UP];
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('tunnels') && helper.countOf('subscribe') === 1);
  expect(helper.countOf('up')).toBe(0);
});

it('says_that_the_tunnel_of_the_start_is_not_there_and_keeps_it_for_a_helper_that_has_it', async () => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [{ ...DOWN, name: 'other' }];
  const { heard } = open(startApp());
  await until(() => kindsOf(heard).includes('start-failed'));
  expect(settings.connectAtStart).toBe('home');
  expect(heard).toContainEqual({ event: 'start-failed', name: 'home', error: null });
  expect(helper.countOf('up')).toBe(0);
});

it('says_to_the_first_page_why_the_tunnel_of_the_start_was_not_even_begun', async () => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [DOWN];
  helper.answers.up = () => {
    throw new Failure('its allowed IPs meet those of work, which is up', '', 'take that down first');
  };
  const app = startApp();
  await until(() => helper.countOf('status') === 2); // what it looks at before it says so
  helper.tell({ event: 'tunnel-removed', name: 'x', newName: null });
  await until(() => helper.countOf('status') === 3);
  const error = {
    what: 'its allowed IPs meet those of work, which is up',
    where: '',
    advice: 'take that down first',
  };
  expect(open(app).heard.at(-1)).toEqual({ event: 'start-failed', name: 'home', error });
  expect(kindsOf(open(app).heard)).not.toContain('start-failed');
});

it('leaves_it_to_its_state_to_say_why_the_tunnel_of_the_start_failed', async () => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [DOWN];
  helper.answers.up = () => {
    const error = { cause: 'handshake' as const, what: 'no answer', where: '', advice: '' };
    helper.tunnels = [{ ...DOWN, state: 'error', error }];
    throw new Failure('no answer');
  };
  const { heard } = open(startApp());
  await until(() => helper.countOf('up') === 1 && helper.countOf('status') === 2);
  helper.tell({ event: 'tunnel-removed', name: 'x', newName: null });
  await until(() => kindsOf(heard).filter((kind) => kind === 'tunnels').length === 3);
  expect(kindsOf(heard)).not.toContain('start-failed');
});

it.each(['office', null])('keeps_to_the_tunnel_of_the_start_that_is_called_%j_by_now', async (newName) => {
  settings = { ...settings, connectAtStart: 'home' };
  helper.tunnels = [UP];
  const { heard } = open(startApp());
  await until(() => helper.countOf('subscribe') === 1 && kindsOf(heard).includes('tunnels'));
  helper.tell({ event: 'tunnel-removed', name: 'other', newName: 'another' });
  helper.tell({ event: 'tunnel-removed', name: 'home', newName });
  await until(() => settings.connectAtStart === newName);
  expect(heard.filter(({ event }) => event === 'settings')).toMatchObject([
    { settings: { connectAtStart: 'home' } },
    { settings: { connectAtStart: newName } },
  ]);
});

it('a_tunnel_that_is_coming_up_is_given_up_by_down_and_left_to_itself_by_the_end_of_the_app', async () => {
  const app = startApp();
  const { heard } = open(app);
  await until(() => kindsOf(heard).includes('tunnels'));
  let giveUp = () => {};
  const detached: boolean[] = [];
  helper.answers.up = (request) => {
    detached.push(request.detached);
    return new Promise((_, reject) => {
      giveUp = () => reject(new Failure('it was taken down again'));
    });
  };
  helper.answers.down = () => {
    giveUp();
    return { names: ['home'], hasOpened: false, leftovers: [] };
  };
  const ask = () => dispatch('up', { name: 'home', timeoutSeconds: 30, replace: true }, app.handlers);
  const first = ask();
  await until(() => helper.countOf('up') === 1);
  expect(await dispatch('down', { name: 'home' }, app.handlers)).toMatchObject({ ok: true });
  expect(await first).toMatchObject({ ok: false, error: { what: 'it was taken down again' } });
  const second = ask();
  await until(() => helper.countOf('up') === 2);
  stop.abort();
  expect(await second).toMatchObject({ ok: false });
  expect(detached).toEqual([true, true]);
});

it('two_pages_hear_the_same_and_one_that_closes_does_not_disturb_the_other', async () => {
  const app = startApp();
  const [one, other] = [open(app), open(app)];
  await until(() => kindsOf(one.heard).includes('tunnels'));
  expect(other.heard).toEqual(one.heard);
  one.close();
  const heardByOne = one.heard.length;
  helper.tell({ event: 'traffic', atMs: 1, tunnels: [] });
  await until(() => kindsOf(other.heard).at(-1) === 'traffic');
  expect(one.heard).toHaveLength(heardByOne);
});

it('keeps_files_for_the_first_page_and_tells_them_once', () => {
  const app = new App({
    socketPath: helper.socketPath,
    settings: { current: settings, change: async () => {} },
    desktop,
    clock,
  });
  const opened = { files: [{ fileName: 'a.conf', content: '' }], notTaken: [] };
  const refused = { files: [], notTaken: [{ fileName: 'b.png', reason: 'too large' }] };
  app.observe(() => {}); // which is no page
  for (const each of [opened, { files: [], notTaken: [] }, refused]) app.openFiles(each);
  const first = open(app).heard.filter(({ event }) => event === 'open-files');
  expect(first).toEqual([opened, refused].map((each) => ({ event: 'open-files', ...each })));
  const second = open(app);
  expect(kindsOf(second.heard)).not.toContain('open-files');
  app.openFiles(opened);
  expect(kindsOf(second.heard).at(-1)).toBe('open-files');
});

it('tells_every_page_of_changed_settings_and_the_desktop_of_its_own', async () => {
  const asked: boolean[] = [];
  desktop = {
    ...desktop,
    isAutostartOn: async () => asked.at(-1) ?? false,
    setAutostart: async (isOn) => void asked.push(isOn),
  };
  const app = startApp();
  const { heard } = open(app);
  await app.handlers.changeSettings({ theme: 'dark', autostart: false });
  await app.handlers.changeSettings({ autostart: true });
  expect(asked).toEqual([false, true]);
  expect(heard.findLast(({ event }) => event === 'settings')).toMatchObject({
    settings: { theme: 'dark', autostart: true },
  });
  expect(settings).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
});

describe('what starts with the desktop', () => {
  let isOn: boolean;
  const autostarts = (heard: readonly AppEvent[]) =>
    heard.flatMap((event) => (event.event === 'settings' ? [event.settings.autostart] : []));

  beforeEach(() => {
    isOn = true;
    desktop = { ...desktop, isAutostartOn: async () => isOn };
  });

  it('is_told_as_the_desktop_has_it', async () => {
    const { heard } = open(startApp());
    await until(() => autostarts(heard).at(-1) === true);
  });

  it('is_read_again_when_the_shell_says_so_and_told_where_it_is_another', async () => {
    const app = startApp();
    const { heard } = open(app);
    await app.readAutostart();
    isOn = false;
    await app.readAutostart();
    await app.readAutostart();
    expect(autostarts(heard)).toEqual([false, true, false]);
  });
});

it('tells_whether_there_is_a_tray_as_it_comes_and_goes', () => {
  const app = startApp();
  const { heard } = open(app);
  app.setTray(true);
  app.setTray(false);
  const told = heard.flatMap((event) => (event.event === 'desktop' ? [event.hasTray] : []));
  expect(told).toEqual([false, true, false]);
  app.setTray(true);
  expect(open(app).heard.at(-1)).toEqual({ event: 'desktop', hasTray: true });
});

it('changes_nothing_where_the_desktop_refuses', async () => {
  desktop = { ...desktop, setAutostart: () => Promise.reject(new Failure('no such folder')) };
  const app = startApp();
  const { heard } = open(app);
  const answer = await dispatch('changeSettings', { theme: 'dark', autostart: true }, app.handlers);
  expect(answer).toEqual({ ok: false, error: { what: 'no such folder', where: '', advice: '' } });
  expect(settings).toEqual(DEFAULT_SETTINGS);
  expect(heard.filter(({ event }) => event === 'settings')).toHaveLength(1);
});
