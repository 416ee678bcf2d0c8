import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingPrograms, PROGRAMS } from '../../../build/prerequisites.mjs';
import { hasProgram } from '../../../build/run.mjs';
import { checkNode, installCommand, nodeModulesInStep } from '../../../build/setup.mjs';

describe('checkNode', () => {
  it.each(['20.18.0', '20.20.2', '22.0.0', '26.1.0'])('%s_is_new_enough', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });

  it.each(['18.20.4', '20.9.0', '20.17.9'])('%s_is_named_as_too_old', (version) => {
    expect(() => checkNode(version)).toThrow(`Node 20.18 or newer is needed, and this is ${version}`);
  });
});

describe('nodeModulesInStep', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'wayfare-setup-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  type Packages = Record<string, { version: string; optional?: boolean }>;

  function lay(wanted: Packages, installed: Packages): void {
    writeFileSync(
      join(root, 'package-lock.json'),
      JSON.stringify({ packages: { '': { version: '0' }, ...wanted } }),
    );
    for (const path of Object.keys(installed)) {
      mkdirSync(join(root, path), { recursive: true });
      writeFileSync(join(root, path, 'package.json'), '{}');
    }
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  }

  const A = { 'node_modules/a': { version: '1.0.0' } };
  const OTHER_PLATFORM = { 'node_modules/a-win32': { version: '1.0.0', optional: true } };

  it('nothing_installed_is_out_of_step', () => {
    expect(nodeModulesInStep(root)).toBe(false);
  });

  it('the_same_packages_are_in_step', () => {
    lay(A, A);
    expect(nodeModulesInStep(root)).toBe(true);
  });

  it('an_optional_package_may_be_absent', () => {
    lay({ ...A, ...OTHER_PLATFORM }, A);
    expect(nodeModulesInStep(root)).toBe(true);
  });

  it('a_package_of_another_version_is_out_of_step', () => {
    lay(A, { 'node_modules/a': { version: '1.0.1' } });
    expect(nodeModulesInStep(root)).toBe(false);
  });

  it('a_package_too_many_is_out_of_step', () => {
    lay({}, A);
    expect(nodeModulesInStep(root)).toBe(false);
  });

  it('a_package_whose_folder_is_gone_is_out_of_step', () => {
    lay(A, A);
    rmSync(join(root, 'node_modules/a'), { recursive: true });
    expect(nodeModulesInStep(root)).toBe(false);
  });
});

describe('Debian packages', () => {
  it('the_command_is_one_line_and_takes_no_kernel_along', () => {
    expect(installCommand(['wireguard-tools', 'tcpdump'])).toBe(
      'apt-get install -y --no-install-recommends wireguard-tools tcpdump',
    );
  });

  it('a_program_is_looked_for_by_name', () => {
    expect(hasProgram('sh')).toBe(true);
    expect(hasProgram('no-such-program')).toBe(false);
  });

  it('a_file_is_looked_for_by_path', () => {
    const netbase = PROGRAMS.filter(({ debianPackage }) => debianPackage === 'netbase');
    expect(netbase.map(({ program }) => program)).toContain('/etc/services');
    for (const { program } of missingPrograms('test'))
      if (program.startsWith('/')) expect(existsSync(program)).toBe(false);
  });
});
