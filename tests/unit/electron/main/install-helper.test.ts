import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canInstallHelper, type Elevation, installHelper } from '../../../../electron/main/install-helper.ts';

/** Root's on every machine; it is never run here. */
const SCRIPT = '/bin/sh';
const ran: unknown[] = [];
let folder = '';
/** This person's. */
let script = '';

beforeEach(() => {
  ran.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'wayfare-install-'));
  script = join(folder, 'install-helper');
  writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

function elevation(error?: Error, stderr = ''): Elevation {
  return {
    chdir: (folder) => void ran.push(`cd ${folder}`),
    exec(command, options, callback) {
      ran.push([command, options]);
      callback(error, '', stderr);
    },
  };
}

describe('installing the helper', () => {
  it('runs_the_script_of_root_by_its_path_and_nothing_more_from_the_root_folder', async () => {
    await installHelper(elevation(), SCRIPT);
    expect(ran).toEqual(['cd /', [SCRIPT, { name: 'Wayfare' }]]);
  });

  it('refuses_a_script_that_others_may_change', async () => {
    chmodSync(script, 0o777);
    await expect(installHelper(elevation(), script)).rejects.toThrow('can change it');
    expect(ran).toEqual([]);
  });

  it('says_that_no_password_was_given', async () => {
    const refused = new Error('User did not grant permission.');
    await expect(installHelper(elevation(refused), SCRIPT)).rejects.toMatchObject({
      parts: { what: 'the helper was not installed', advice: 'it needs the password once' },
    });
  });

  it('says_the_last_of_what_the_script_said', async () => {
    const failed = new Error('Command failed');
    const said = 'one\nwayfare: the helper ended 3 times\n';
    await expect(installHelper(elevation(failed, said), SCRIPT)).rejects.toMatchObject({
      parts: {
        what: 'the helper was not installed (wayfare: the helper ended 3 times)',
        advice: `in a terminal: sudo ${SCRIPT}`,
        coded: {
          code: 'helper-not-installed',
          reason: 'wayfare: the helper ended 3 times',
          script: SCRIPT,
        },
      },
    });
  });

  it('says_what_is_missing_where_no_dialog_can_be_shown', async () => {
    const missing = new Error('No polkit authentication agent found.');
    await expect(installHelper(elevation(missing), SCRIPT)).rejects.toThrow(missing.message);
  });
});

describe('it can be installed', () => {
  it('where_the_package_has_put_the_script', () => {
    expect(canInstallHelper('linux', script)).toBe(true);
    expect(canInstallHelper('linux', `${script}-missing`)).toBe(false);
  });

  it('on_Linux_alone', () => {
    expect(canInstallHelper('darwin', script)).toBe(false);
    expect(canInstallHelper('win32', script)).toBe(false);
  });
});
