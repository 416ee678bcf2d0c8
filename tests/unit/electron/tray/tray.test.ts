import type { MenuItemConstructorOptions } from 'electron';
import { beforeEach, describe, expect, it } from 'vitest';
import { Tray } from '../../../../electron/tray/tray.ts';
import type { TrayAction, TrayModel } from '../../../../electron/tray/tray-model.ts';
import { buildFakeMenu, FakeTray, fakeImage } from '../../../support/fake-electron.ts';

const OFF: TrayModel = {
  icon: 'disconnected',
  tooltip: 'Wayfare',
  menu: [
    { kind: 'text', label: 'Disconnected' },
    { kind: 'separator' },
    { kind: 'action', label: 'Connect home', action: { kind: 'connect', replace: false, name: 'home' } },
  ],
};
const ON: TrayModel = {
  icon: 'connected',
  tooltip: 'Wayfare\nhome',
  menu: [{ kind: 'text', label: 'home' }],
};

let handle = new FakeTray();
let actions: TrayAction[] = [];
/** Ends the rest between two updates. */
let wake: (() => void)[] = [];

beforeEach(() => {
  handle = new FakeTray();
  actions = [];
  wake = [];
});

function open(platform: NodeJS.Platform): Tray {
  return new Tray(OFF, {
    tray: handle,
    platform,
    iconOf: fakeImage,
    buildMenu: buildFakeMenu,
    onAction: (action) => actions.push(action),
    clock: { sleep: () => new Promise((resolve) => wake.push(resolve)) },
    signal: new AbortController().signal,
  });
}

function click(item: MenuItemConstructorOptions | undefined): void {
  item?.click?.(undefined as never, undefined, undefined as never);
}

async function aSecondLater(): Promise<void> {
  for (const resolve of wake.splice(0)) resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

describe('on Linux', () => {
  it('shows_the_model', () => {
    open('linux');
    expect(handle).toMatchObject({ images: ['disconnected'], tooltips: ['Wayfare'] });
    const [menu] = handle.menus;
    expect(menu).toMatchObject([
      { label: 'Disconnected', enabled: false },
      { type: 'separator' },
      { label: 'Connect home' },
    ]);
    click(menu?.[2]);
    expect(actions).toEqual([{ kind: 'connect', name: 'home', replace: false }]);
  });

  it('opens_the_window_by_a_click', () => {
    open('linux');
    handle.emit('click');
    expect(actions).toEqual([{ kind: 'open' }]);
  });

  it('changes_nothing_that_is_as_it_was', () => {
    const tray = open('linux');
    tray.update({ ...OFF, menu: [...OFF.menu] });
    expect([handle.images, handle.tooltips, handle.menus].map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(wake).toEqual([]);
  });

  it('changes_what_has_changed_alone', () => {
    open('linux').update({ ...OFF, tooltip: 'another' });
    expect([handle.images, handle.tooltips, handle.menus].map(({ length }) => length)).toEqual([1, 2, 1]);
  });

  it('rests_a_second_and_then_shows_the_latest', async () => {
    const tray = open('linux');
    tray.update(ON);
    tray.update(OFF);
    tray.update({ ...ON, icon: 'error' });
    expect(handle.images).toEqual(['disconnected', 'connected']);
    await aSecondLater();
    expect(handle.images).toEqual(['disconnected', 'connected', 'error']);
    await aSecondLater();
    tray.update(OFF);
    expect(handle.images).toHaveLength(4);
  });
});

describe('where a new menu would close the one that is open', () => {
  it.each(['darwin', 'win32'] as const)('on_%s_each_is_made_when_it_is_asked_for', (platform) => {
    const tray = open(platform);
    tray.update(ON);
    expect(handle.menus).toEqual([]);
    handle.emit('right-click');
    expect(handle.poppedUp).toMatchObject([[{ label: 'home' }]]);
  });

  it('a_click_opens_the_menu_on_macOS_and_the_window_on_Windows', () => {
    open('darwin');
    handle.emit('click');
    expect(handle.poppedUp).toHaveLength(1);
    handle = new FakeTray();
    open('win32');
    handle.emit('click');
    expect(handle.poppedUp).toEqual([]);
    expect(actions).toEqual([{ kind: 'open' }]);
  });
});
