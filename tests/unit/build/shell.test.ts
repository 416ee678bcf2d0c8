/** What the app is shown in. */
import { expect, it } from 'vitest';
import { chooseShell } from '../../../build/shell.mjs';

const binary = '/electron/dist/electron';

it('is_Electron_where_that_can_be_started', () => {
  const shell = chooseShell({ asRoot: false, binary, why: null });
  expect(shell).toEqual({ kind: 'electron', binary });
});

it.each([
  ['its_binary_is_not_here', null, 'its binary is not here'],
  ['there_is_no_display', binary, 'there is no display'],
])('is_the_browser_where_%s_and_says_so', (_, program, why) => {
  const reason = `Electron cannot be started: ${why}`;
  for (const asRoot of [true, false])
    expect(chooseShell({ asRoot, binary: program, why })).toEqual({ kind: 'browser', reason });
});

it('is_the_browser_for_root_in_any_case', () => {
  const reason = "Electron's sandbox does not work as root";
  expect(chooseShell({ asRoot: true, binary, why: null })).toEqual({ kind: 'browser', reason });
});
