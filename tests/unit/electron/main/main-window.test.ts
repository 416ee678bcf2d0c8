import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MainWindow } from '../../../../electron/main/main-window.ts';
import { FakeWindow } from '../../../support/fake-electron.ts';

let folder = '';
let hasTray = true;
let mayDiscard = false;
let made: FakeWindow[] = [];
let focused = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-window-'));
  hasTray = true;
  mayDiscard = false;
  made = [];
  focused = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function mainWindow(): MainWindow {
  return new MainWindow({
    create(options) {
      const window = new FakeWindow(options);
      made.push(window);
      return window.asWindow();
    },
    preload: '/app/preload.cjs',
    icon: '/app/icon.png',
    isDark: () => true,
    stateFile: join(folder, 'window.json'),
    screens: () => [{ x: 0, y: 0, width: 1_920, height: 1_080 }],
    hasTray: async () => hasTray,
    onFocus: () => {
      focused += 1;
    },
    mayDiscard: () => mayDiscard,
  });
}

function shown(): { window: MainWindow; fake: FakeWindow } {
  const window = mainWindow();
  window.show();
  return { window, fake: made.at(-1)! };
}

/** As a person does. Resolves once all has happened. */
async function close(fake: FakeWindow): Promise<void> {
  fake.close();
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the window', () => {
  it('is_sandboxed_apart_from_the_page_and_without_node', () => {
    expect(shown().fake.options.webPreferences).toEqual({
      preload: '/app/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      spellcheck: false,
    });
  });

  it('loads_the_page_and_appears_once_it_is_drawn', () => {
    const { fake } = shown();
    expect(fake.options).toMatchObject({ show: false, backgroundColor: '#14171c' });
    expect(fake.done).toEqual(['load app://wayfare/']);
    fake.emit('ready-to-show');
    expect(fake.done.at(-1)).toBe('show');
  });

  it('is_one_which_comes_to_the_front', () => {
    const { window, fake } = shown();
    fake.isMin = true;
    window.show();
    expect(made).toHaveLength(1);
    expect(fake.done.slice(-3)).toEqual(['restore', 'show', 'focus']);
  });

  it('shows_a_tunnel', () => {
    const { window, fake } = shown();
    window.show('home');
    expect(fake.done.slice(-3)).toEqual(['load app://wayfare/#/tunnel/home', 'show', 'focus']);
  });

  it('says_when_somebody_looks_at_it', () => {
    const { fake } = shown();
    expect(focused).toBe(0);
    fake.emit('focus');
    expect(focused).toBe(1);
  });

  it('is_revealed_where_it_is_hidden_or_was_never_made_and_else_left_as_it_is', async () => {
    const window = mainWindow();
    window.reveal();
    const fake = made.at(-1)!;
    fake.emit('ready-to-show');
    window.reveal();
    fake.isSeen = false;
    fake.isMin = true;
    window.reveal();
    expect(fake.done).toEqual(['load app://wayfare/', 'show']);
    fake.isMin = false;
    window.reveal();
    expect(fake.done.slice(2)).toEqual(['show', 'focus']);
  });

  it('is_made_again_after_it_has_gone', async () => {
    hasTray = false;
    const { window, fake } = shown();
    await close(fake);
    window.show();
    expect(made).toHaveLength(2);
  });

  it('loads_the_page_again_when_its_process_has_died', () => {
    const { fake } = shown();
    fake.webContents.emit('render-process-gone', {}, { reason: 'clean-exit' });
    expect(fake.done).not.toContain('reload');
    fake.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    expect(fake.done).toContain('reload');
  });
});

describe('closing', () => {
  it('hides_it_where_a_tray_can_bring_it_back', async () => {
    const { fake } = shown();
    await close(fake);
    expect(fake.done.at(-1)).toBe('hide');
  });

  it('ends_it_where_there_is_no_tray', async () => {
    hasTray = false;
    const { fake } = shown();
    await close(fake);
    expect(fake.done.at(-1)).toBe('close');
  });

  it('ends_it_when_the_tray_has_gone_meanwhile', async () => {
    const { window, fake } = shown();
    await close(fake);
    window.show();
    hasTray = false;
    await close(fake);
    expect(fake.done.at(-1)).toBe('close');
  });

  it('is_not_prevented_once_the_app_quits', async () => {
    const { window, fake } = shown();
    window.quit();
    await close(fake);
    expect(fake.done.at(-1)).toBe('close');
  });

  it.each([true, false])('asks_first_where_a_text_is_not_stored, with a tray: %s', async (isThere) => {
    hasTray = isThere;
    const { window, fake } = shown();
    fake.hasUnsavedText = true;
    if (isThere) window.quit();
    await close(fake);
    expect(fake.done).not.toContain('close');
    if (isThere) {
      await close(fake);
      expect(fake.done.at(-1)).toBe('hide'); // it does not quit any more
      window.quit();
    }
    mayDiscard = true;
    await close(fake);
    expect(fake.done.at(-1)).toBe('close');
  });

  it('remembers_where_it_was', async () => {
    const { fake } = shown();
    fake.isMax = true;
    await close(fake);
    mainWindow().show();
    expect(made.at(-1)?.options).toMatchObject({ x: 10, y: 20, width: 800, height: 600 });
    expect(made.at(-1)?.done[0]).toBe('maximize');
  });
});
