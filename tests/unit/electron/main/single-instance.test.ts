import { describe, expect, it } from 'vitest';
import { beTheOnlyOne } from '../../../../electron/main/single-instance.ts';
import { FakeApp } from '../../../support/fake-electron.ts';

function start(isFirst = true) {
  const app = new FakeApp();
  app.isFirst = isFirst;
  const opened: (readonly string[])[] = [];
  const isOnly = beTheOnlyOne(app, { onOpen: (paths) => opened.push(paths) });
  return { app, isOnly, opened };
}

describe('a second start', () => {
  it('learns_that_it_is_one', () => {
    expect(start(false).isOnly).toBe(false);
  });

  it('hands_its_files_to_the_first_which_reads_them_from_its_folder', () => {
    const { app, opened } = start();
    const commandLine = ['/tmp/.mount_x/wayfare-app', '--no-sandbox', 'home.conf', '/etc/hosts'];
    app.emit('second-instance', {}, commandLine, '/home/anna');
    expect(opened).toEqual([['/home/anna/home.conf', '/etc/hosts']]);
  });

  it('without_files_only_shows_the_first', () => {
    const { app, opened } = start();
    app.emit('second-instance', {}, ['/opt/Wayfare/wayfare-app'], '/');
    expect(opened).toEqual([[]]);
  });
});

describe('macOS', () => {
  it('opens_a_file_by_an_event', () => {
    const { app, opened } = start();
    expect(app.emitPreventable('open-file', '/Users/anna/home.conf')).toBe(true);
    expect(app.emitPreventable('open-file', '/Users/anna/notes.txt')).toBe(true);
    expect(opened).toEqual([['/Users/anna/home.conf'], ['/Users/anna/notes.txt']]);
  });

  it('shows_the_window_from_the_dock', () => {
    const { app, opened } = start();
    app.emit('activate');
    expect(opened).toEqual([[]]);
  });
});
