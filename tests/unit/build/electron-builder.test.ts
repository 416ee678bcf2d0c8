import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateConfiguration } from 'app-builder-lib/out/util/config/config.js';
import { DebugLogger } from 'builder-util';
import type { Configuration } from 'electron-builder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import config from '../../../build/electron/config.mjs';
import { layOutLinuxRoot, writePackageScripts } from '../../../build/electron/linux-root.mjs';
import { capture, run } from '../../../build/run.mjs';
import { locatePayload } from '../../../helper/service/payload.ts';
import packageJson from '../../../package.json' with { type: 'json' };

const validate = (configuration: Configuration) =>
  validateConfiguration(configuration, new DebugLogger(false));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-package-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the configuration', () => {
  it('is_one_that_electron_builder_takes', async () => {
    await validate(config);
    await expect(validate({ ...config, targets: [] } as Configuration)).rejects.toThrow('targets');
  });

  it('makes_each_package', () => {
    expect(config).toMatchObject({
      linux: { target: ['deb', 'rpm', 'AppImage'] },
      mac: { target: ['dmg'] },
      win: { target: ['nsis'] },
    });
  });

  /** As app-builder-lib's FpmTarget and fpm write it; dpkg-deb(1) reads it as it does any other. */
  it.runIf(existsSync('/usr/bin/dpkg-deb'))('describes_a_deb_that_dpkg_takes', async () => {
    const { linux, deb, extraMetadata } = config;
    const control = {
      Package: packageJson.name,
      Version: packageJson.version,
      Vendor: linux?.vendor,
      Architecture: 'amd64',
      Maintainer: linux?.maintainer,
      Depends: [deb?.depends].flat().join(', '),
      Recommends: [deb?.recommends].flat().join(', '),
      Section: deb?.packageCategory,
      Priority: 'optional',
      Homepage: extraMetadata.homepage,
      Description: `${linux?.synopsis}\n  ${linux?.description}`,
    };
    const text = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
    mkdirSync(join(folder, 'root', 'DEBIAN'), { recursive: true });
    writeFileSync(join(folder, 'root', 'DEBIAN', 'control'), text.join(''));
    const made = join(folder, 'wayfare.deb');
    const order = ['--build', '--root-owner-group', join(folder, 'root'), made];
    expect(await capture('dpkg-deb', order)).toMatchObject({ code: 0, stderr: '' }); // nor a warning
    expect((await capture('dpkg-deb', ['--field', made])).stdout).toContain(
      `Homepage: ${control.Homepage}\n`,
    );
    // Debian policy 5.6.2 and 3.4.1, which dpkg leaves to others.
    expect(control.Maintainer).toMatch(/^[^<>,@]+ <[^<>\s@]+@[a-z0-9.-]+>$/);
    expect(linux?.synopsis).toMatch(/^(?!an? |the )[^\n]{1,79}[^.\n]$/i);
  });

  /** As fpm writes it, for rpmspec(8). */
  it.runIf(existsSync('/usr/bin/rpmspec'))('describes_an_rpm_that_rpm_takes', async () => {
    const { linux, rpm, extraMetadata } = config;
    const requires = [rpm?.depends].flat();
    const spec = {
      Name: packageJson.name,
      Version: packageJson.version,
      Release: '1',
      Summary: linux?.synopsis,
      License: packageJson.license,
      Vendor: linux?.vendor,
      Packager: linux?.maintainer,
      URL: extraMetadata.homepage,
    };
    const lines = [...Object.entries(spec), ...requires.map((each) => ['Requires', each] as const)];
    const text = lines.map(([tag, value]) => `${tag}: ${value}\n`).join('');
    writeFileSync(join(folder, 'wayfare.spec'), `${text}%description\n${linux?.description}\n%files\n`);
    const { code, stdout, stderr } = await capture('rpmspec', [
      ...['--query', '--queryformat', '%{url} [%{requires}|]'],
      join(folder, 'wayfare.spec'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${extraMetadata.homepage} `);
    for (const name of requires) expect(stdout).toContain(`${name}|`);
  });

  it('leaves_no_way_to_run_other_code_in_the_apps_name', () => {
    expect(config.electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      onlyLoadAppFromAsar: true,
    });
    expect(config.asar).toBe(true);
  });
});

describe('a Linux package', () => {
  function layOut(): string {
    const [root, dist] = [join(folder, 'root'), join(folder, 'dist')];
    mkdirSync(join(dist, 'page'), { recursive: true });
    const programs = ['wayfare.js', 'wayfare-engine.js', 'wayfare-ui.js', 'kernels.wasm', 'page/index.html'];
    for (const name of [...programs, 'wayfare.js.map']) writeFileSync(join(dist, name), name);
    writeFileSync(join(folder, 'node'), '', { mode: 0o700 });
    layOutLinuxRoot({ root, dist, node: join(folder, 'node') });
    return root;
  }

  it('holds_the_app_and_its_page', () => {
    const files = readdirSync(layOut(), { recursive: true, encoding: 'utf8' });
    const below = 'usr/lib/wayfare/package';
    expect(files).toEqual(
      expect.arrayContaining([
        ...['usr/bin/wayfare', 'usr/lib/wayfare/install-helper', 'usr/share/doc/wayfare/copyright'],
        ...['wayfare-ui.js', 'page/index.html'].map((name) => `${below}/${name}`),
      ]),
    );
    expect(files.filter((name) => /\.(?:map|cc|h)$/.test(name))).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)('holds_all_that_the_helper_installs_itself_from', async () => {
    const bundle = join(layOut(), 'usr/lib/wayfare/package');
    const { files } = await locatePayload({ node: join(bundle, 'node'), bundle });
    expect(files.map(({ from }) => from).filter((path) => !path.startsWith(bundle))).toEqual([]);
    expect(files.map(({ to }) => to)).toContain('linux/wayfare.socket');
  });

  it('can_be_read_by_all_and_changed_by_its_owner_alone', () => {
    const umask = process.umask(0o022);
    const root = layOut();
    process.umask(umask);
    const runnable = ['usr/bin/wayfare', 'usr/lib/wayfare/install-helper', 'usr/lib/wayfare/package/node'];
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const found = statSync(join(root, name));
      const mode = found.isDirectory() || runnable.includes(name) ? 0o755 : 0o644;
      expect([name, found.mode & 0o7777]).toEqual([name, mode]);
    }
  });

  it('has_scripts_that_a_shell_reads_and_that_install_the_helper_by_the_fixed_script', async () => {
    writePackageScripts(folder);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect(read('after-install')).toContain('chrome-sandbox');
    expect(read('after-install')).toMatch(/^\/usr\/lib\/wayfare\/install-helper \|\|/m);
    expect(read('after-remove')).toContain('/var/lib/wayfare');
    for (const name of ['after-install', 'after-remove']) await run('bash', ['-n', join(folder, name)]);
    await run('sh', ['-n', 'build/electron/before-remove.sh']);
  });

  /** Its other half would remove what is installed on this machine: tests/netns/service-systemd.test.ts runs it on another. */
  it('keeps_the_service_at_an_upgrade', async () => {
    const script = 'build/electron/before-remove.sh';
    for (const word of ['upgrade', '1', 'deconfigure']) await run('sh', [script, word]);
    expect(readFileSync(script, 'utf8')).toMatch(/^ {2}remove \| 0\)\n[^;]*wayfare\.js service remove$/m);
  });
});
