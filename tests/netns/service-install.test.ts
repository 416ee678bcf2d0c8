/** What installation, upgrade and removal do to a system's files, below a folder that stands for its root. As root. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../helper/clock.ts';
import { installService, removeService, upgradeService } from '../../helper/service/index.ts';

const NATIVE = `@koromix/koffi-${process.platform}-${process.arch}`;
const PERSON = 1_000;

let folder = '';
let said: string[] = [];

const root = (...path: string[]) => join(folder, 'root', ...path);
const source = (...path: string[]) => join(folder, 'source', ...path);
const program = (...path: string[]) => root('usr/lib/wayfare', ...path);

function put(path: string, text = '', mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, text, { mode });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-install-'));
  said = [];
  for (const name of ['wayfare.js', 'wayfare-engine.js', 'kernels.wasm']) put(source('dist', name), name);
  for (const name of ['wayfare.service', 'wayfare.socket', 'wayfare-lockdown.service'])
    put(
      source('dist/linux', name),
      `[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n`,
    );
  for (const name of ['koffi', NATIVE])
    put(source('node_modules', name, 'package.json'), '{"main":"./index.cjs"}');
  for (const name of ['koffi/index.cjs', 'koffi/src/koffi.cc', `${NATIVE}/index.cjs`, `${NATIVE}/koffi.node`])
    put(source('node_modules', name), name);
  put(source('node'), 'a node', 0o755);
  put(root('etc/passwd'), `root:x:0:0::/root:/bin/sh\nanna:x:${PERSON}:${PERSON}::/home/anna:/bin/sh\n`);
  put(root('etc/group'), `root:x:0:\nanna:x:${PERSON}:\n`);
  put(root('etc/shadow'), 'root:*:1::::::\nanna:*:1::::::\n', 0o600);
  put(root('etc/gshadow'), 'root:*::\nanna:!::\n', 0o600);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function order(person: number | null = null) {
  const node = source('node');
  const bundle = source('dist');
  return { root: root(), source: { node, bundle }, person, clock: systemClock, say };
}

function say(line: string): void {
  said.push(line);
}

const install = (person?: number) => installService(order(person));
const remove = (purge = false) =>
  removeService({ root: root(), purge, reset: failIfCalled, clock: systemClock, say });

/** What is to be reset is this machine's network, not that of the system below the root. */
async function failIfCalled(): Promise<void> {
  throw new Error('reset');
}

/** Everything below a folder: paths, modes, owners, targets, and inodes, which tell a new file from an old one. */
function snapshot(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, uid, ino } = lstatSync(join(top, name));
      return [name, mode.toString(8), uid, ino].join(' ');
    });
}

describe('install', () => {
  it('lays_a_version_down_that_root_alone_can_change_and_makes_it_the_current', async () => {
    const umask = process.umask(0o077);
    chmodSync(source('node'), 0o700);
    chmodSync(source('dist/wayfare.js'), 0o4755);
    chmodSync(source('dist/kernels.wasm'), 0o600);
    await install();
    process.umask(umask);
    const [version] = readdirSync(program('versions'));
    expect(readlinkSync(program('current'))).toBe(`versions/${version}`);
    const files = readdirSync(program('current/'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => statSync(program('current', name)).isFile()).sort()).toEqual(
      [
        ...['linux/wayfare-lockdown.service', 'linux/wayfare.service', 'linux/wayfare.socket'],
        ...['kernels.wasm', 'node'],
        ...[`node_modules/${NATIVE}/index.cjs`, `node_modules/${NATIVE}/koffi.node`],
        ...[
          `node_modules/${NATIVE}/package.json`,
          'node_modules/koffi/index.cjs',
          'node_modules/koffi/package.json',
        ],
        ...['wayfare-engine.js', 'wayfare.js'],
      ].sort(),
    );
    for (const name of ['', ...files]) {
      const { mode, uid } = statSync(program('current', name));
      const isFile = (mode & 0o170000) === 0o100000;
      expect([name, uid, (mode & 0o7777).toString(8)]).toEqual([
        name,
        0,
        isFile && name !== 'node' ? '644' : '755',
      ]);
    }
  });

  it('puts_units_into_place_and_enables_them', async () => {
    await install();
    for (const unit of ['wayfare.service', 'wayfare.socket', 'wayfare-lockdown.service']) {
      expect(readFileSync(root('etc/systemd/system', unit), 'utf8')).toContain('ExecStart=');
      expect(readlinkSync(root('etc/systemd/system/multi-user.target.wants', unit))).toBe(
        `/etc/systemd/system/${unit}`,
      );
    }
  });

  it('says_how_to_run_the_helper_where_systemd_does_not', async () => {
    await install();
    expect(said.at(-1)).toBe(
      `systemd does not run here. Start the helper in the foreground with: sudo ${program('current')}/node ${program('current')}/wayfare.js helper`,
    );
  });

  it('makes_groups_and_a_user_without_home_or_shell', async () => {
    await install(PERSON);
    expect(readFileSync(root('etc/passwd'), 'utf8')).toMatch(
      /^wayfare-engine:x:[1-9]\d{0,2}:[1-9]\d{0,2}:Wayfare engine:\/nonexistent:\/usr\/sbin\/nologin$/m,
    );
    const groups = readFileSync(root('etc/group'), 'utf8');
    for (const name of ['wayfare', 'wayfare-admin'])
      expect(groups).toMatch(new RegExp(`^${name}:x:\\d+:anna$`, 'm'));
    expect(groups).toMatch(/^wayfare-engine:x:\d+:$/m);
    expect(said).toContain('anna may use it after the next login.');
    expect(existsSync(root('nonexistent'))).toBe(false);
  });

  it('refuses_an_engine_user_that_is_a_person', async () => {
    put(root('etc/passwd'), 'wayfare-engine:x:1001:1001::/home/w:/bin/sh\n');
    await expect(install()).rejects.toThrow('the user wayfare-engine is no system user (uid 1001)');
    expect(existsSync(program())).toBe(false);
  });

  it('changes_nothing_the_second_time', async () => {
    await install(PERSON);
    const before = snapshot(program());
    const accounts = ['passwd', 'group'].map((name) => readFileSync(root('etc', name), 'utf8'));
    await install(PERSON);
    expect(snapshot(program())).toEqual(before);
    expect(['passwd', 'group'].map((name) => readFileSync(root('etc', name), 'utf8'))).toEqual(accounts);
    expect(said.filter((line) => line.startsWith('Wayfare '))).toEqual([
      `Wayfare ${readdirSync(program('versions'))[0]} is installed already.`,
    ]);
  });

  it('clears_what_an_interrupted_one_left', async () => {
    put(program('versions/.new-abcdef/node'), 'half a no');
    symlinkSync('versions/.new-abcdef', program('.new-current'));
    await install();
    expect(readdirSync(program()).sort()).toEqual(['current', 'versions']);
    expect(readdirSync(program('versions'))).toHaveLength(1);
  });

  it('names_the_part_that_is_missing', async () => {
    rmSync(source('dist/kernels.wasm'));
    await expect(install()).rejects.toThrow(
      `a part of the program is missing, at ${source('dist/kernels.wasm')}`,
    );
    expect(existsSync(program())).toBe(false);
  });
});

describe('install refuses', () => {
  const refusal = 'and what is installed from it runs as root';

  it.each([
    ['a_file_that_a_group_can_write_to', 'dist/wayfare.js', 0o664, 0],
    ['a_file_that_everybody_can_write_to', 'dist/wayfare-engine.js', 0o666, 0],
    ['a_file_of_another_user', 'dist/kernels.wasm', 0o644, PERSON],
    ['a_unit_of_another_user', 'dist/linux/wayfare.service', 0o644, PERSON],
    ['a_folder_that_everybody_can_write_to', 'dist', 0o777, 0],
    ['a_folder_of_another_user', '', 0o755, PERSON],
    ['a_sticky_folder_of_another_user', '', 0o1777, PERSON],
    ['a_node_of_another_user', 'node', 0o755, PERSON],
    ['a_native_module_that_everybody_can_write_to', `node_modules/${NATIVE}/koffi.node`, 0o666, 0],
    ['node_modules_of_another_user', 'node_modules', 0o755, PERSON],
  ])('%s', async (_, name, mode, uid) => {
    const path = name === '' ? join(folder, 'source') : source(name);
    chownSync(path, uid, 0);
    chmodSync(path, mode);
    const who = uid === 0 ? 'users other than root' : `the user with uid ${PERSON}`;
    await expect(install()).rejects.toThrow(
      `${who} can change it, ${refusal}, at ${path}, install from a package`,
    );
    expect(existsSync(program())).toBe(false);
  });

  it('a_link_to_what_another_user_can_change', async () => {
    put(join(folder, 'theirs/wayfare.js'), 'evil');
    chownSync(join(folder, 'theirs'), PERSON, PERSON);
    rmSync(source('dist/wayfare.js'));
    symlinkSync(join(folder, 'theirs/wayfare.js'), source('dist/wayfare.js'));
    await expect(install()).rejects.toThrow(`${refusal}, at ${join(folder, 'theirs')}`);
  });

  it('to_put_a_program_where_others_can_change_it', async () => {
    mkdirSync(program(), { recursive: true });
    chmodSync(program(), 0o777);
    await expect(install()).rejects.toThrow(`${refusal}, at ${program()}`);
    expect(existsSync(program('current'))).toBe(false);
  });
});

describe('upgrade', () => {
  it('puts_the_new_version_in_the_place_of_the_old_one', async () => {
    await install();
    const [old] = readdirSync(program('versions'));
    writeFileSync(source('dist/wayfare.js'), 'the next version');
    await upgradeService(order());
    expect(readFileSync(program('current/wayfare.js'), 'utf8')).toBe('the next version');
    expect(readdirSync(program('versions'))).toHaveLength(1);
    expect(readdirSync(program('versions'))).not.toContain(old);
  });

  it('needs_an_installation', async () => {
    await expect(upgradeService(order())).rejects.toThrow(
      `Wayfare is not installed, in ${program()}, run 'wayfare service install'`,
    );
    expect(existsSync(program())).toBe(false);
  });

  it('leaves_the_old_version_current_where_it_fails', async () => {
    await install();
    const before = snapshot(program());
    writeFileSync(source('dist/wayfare.js'), 'the next version');
    rmSync(source('dist/wayfare-engine.js'));
    await expect(upgradeService(order())).rejects.toThrow('a part of the program is missing');
    expect(snapshot(program())).toEqual(before);
  });

  it('can_be_made_from_the_installed_version_itself', async () => {
    await install();
    const before = snapshot(program());
    const current = { node: program('current/node'), bundle: program('current') };
    await upgradeService({ ...order(), source: current });
    expect(snapshot(program())).toEqual(before);
  });
});

describe('remove', () => {
  function store(): void {
    put(root('var/lib/wayfare/tunnels/home.conf'), 'a key', 0o600);
    put(root('var/lib/wayfare/settings.json'), '{}', 0o600);
    put(root('var/lib/wayfare/logs/helper.log'), '', 0o600);
    put(root('run/wayfare/helper.sock'));
  }

  it('leaves_the_tunnels_and_nothing_else', async () => {
    const before = snapshot(root('etc')).map((line) => line.split(' ')[0]);
    await install(PERSON);
    store();
    await remove();
    expect(
      readdirSync(root(), { recursive: true, encoding: 'utf8' })
        .filter((name) => /wayfare/.test(name))
        .sort(),
    ).toEqual(['var/lib/wayfare', 'var/lib/wayfare/tunnels', 'var/lib/wayfare/tunnels/home.conf']);
    expect(readFileSync(root('etc/passwd'), 'utf8') + readFileSync(root('etc/group'), 'utf8')).not.toContain(
      'wayfare',
    );
    const after = snapshot(root('etc')).map((line) => line.split(' ')[0]!);
    expect(
      after.filter((name) => !before.includes(name) && !name.startsWith('systemd') && !name.endsWith('-')),
    ).toEqual([]);
    expect(said.at(-1)).toBe(`Removed Wayfare. Its tunnels stay in ${root('var/lib/wayfare')}.`);
  });

  it('takes_the_tunnels_too_when_asked', async () => {
    await install();
    store();
    await remove(true);
    expect(existsSync(root('var/lib/wayfare'))).toBe(false);
  });

  it('leaves_the_files_of_a_package_alone', async () => {
    await install();
    put(program('package/wayfare.js'));
    await remove();
    expect(readdirSync(program())).toEqual(['package']);
  });

  it('finishes_what_an_interrupted_one_began_and_has_nothing_to_do_twice', async () => {
    await install();
    rmSync(program('current'));
    rmSync(root('etc/systemd/system/wayfare.service'));
    await remove();
    await remove();
    expect(existsSync(program())).toBe(false);
  });
});
