import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMachineSettings } from '../../../helper/machine-settings.ts';

let stateDir = '';
const file = () => join(stateDir, 'settings.json');

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-settings-'));
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

describe('the settings of the machine', () => {
  it('are without lockdown until somebody sets it', async () => {
    const settings = await openMachineSettings(stateDir);
    expect(await settings.read()).toEqual({ lockdown: false });
    await settings.write({ lockdown: true });
    expect(await (await openMachineSettings(stateDir)).read()).toEqual({ lockdown: true });
    expect(readFileSync(file(), 'utf8')).toBe('{"version":1,"lockdown":true}\n');
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{', '{"lockdown":false}', '{"version":1}', '{"version":1,"lockdown":"off"}'])(
    'are no defaults where the file is damaged: %j',
    async (text) => {
      const settings = await openMachineSettings(stateDir);
      writeFileSync(file(), text, { mode: 0o600 });
      await expect(settings.read()).rejects.toThrow(`the file is damaged, at ${file()}`);
    },
  );

  it('of a newer version are refused and left as they are', async () => {
    const settings = await openMachineSettings(stateDir);
    writeFileSync(file(), '{"version":2}', { mode: 0o600 });
    await expect(settings.read()).rejects.toThrow(
      `it was written by a newer Wayfare (version 2; this one knows 1), at ${file()}`,
    );
    expect(readFileSync(file(), 'utf8')).toBe('{"version":2}');
  });
});
