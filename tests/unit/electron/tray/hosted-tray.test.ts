import { beforeEach, describe, expect, it } from 'vitest';
import { HostedTray } from '../../../../electron/tray/hosted-tray.ts';
import type { TrayModel } from '../../../../electron/tray/tray-model.ts';
import { buildFakeMenu, FakeTray, fakeImage } from '../../../support/fake-electron.ts';

let model: TrayModel;
let handles: FakeTray[] = [];
let told: boolean[] = [];
let isAnswered = true;
let answer: (isThere: boolean) => void = () => {};
/** Ends the rest between two updates. */
let wake: (() => void)[] = [];

beforeEach(() => {
  model = { icon: 'disconnected', tooltip: 'Wayfare', menu: [] };
  handles = [];
  told = [];
  isAnswered = true;
  wake = [];
});

function run(): HostedTray {
  const tray = new HostedTray({
    host: {
      ask: async () => isAnswered,
      async follow(_clock, _signal, onAnswer) {
        answer = onAnswer;
      },
    },
    platform: 'linux',
    create: () => {
      const handle = new FakeTray();
      handles.push(handle);
      return handle;
    },
    iconOf: fakeImage,
    buildMenu: buildFakeMenu,
    model: () => model,
    onAction: () => {},
    onPresence: (isThere) => told.push(isThere),
    clock: {
      monotonicMs: () => 0,
      wallMs: () => 0,
      sleep: () => new Promise((resolve) => wake.push(resolve)),
    },
    signal: new AbortController().signal,
  });
  void tray.run();
  return tray;
}

describe('the tray', () => {
  it('is_made_when_its_host_comes_and_shows_what_is_so_by_then', async () => {
    const tray = run();
    model = { ...model, icon: 'connected' };
    tray.update();
    expect(handles).toEqual([]);
    expect(await tray.isThere()).toBe(false);
    answer(true);
    expect(handles.map(({ images }) => images)).toEqual([['connected']]);
    expect(told).toEqual([true]);
    expect(await tray.isThere()).toBe(true);
    isAnswered = false; // it has just gone
    expect(await tray.isThere()).toBe(false);
  });

  it('goes_with_its_host_and_is_made_anew_with_the_next', async () => {
    const tray = run();
    answer(true);
    model = { ...model, icon: 'connecting' };
    tray.update();
    model = { ...model, icon: 'error' };
    tray.update();
    answer(false);
    for (const resolve of wake) resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(handles[0]).toMatchObject({ isDestroyed: true, images: ['disconnected', 'connecting'] });
    expect(await tray.isThere()).toBe(false);
    answer(true);
    expect(handles[1]).toMatchObject({ isDestroyed: false, images: ['error'] });
    expect(told).toEqual([true, false, true]);
  });
});
