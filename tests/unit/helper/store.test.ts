import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';

let stateDir = '';
const folder = () => join(stateDir, 'tunnels');
const file = (name: string) => join(folder(), `${name}.conf`);
const modeOf = (path: string) => statSync(path).mode & 0o777;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-store-'));
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

describe('the tunnel store', () => {
  it('gives back what was put in, sorted, and removes it', async () => {
    const store = await openTunnelStore(stateDir);
    await store.create('work', 'two');
    await store.create('home', 'one');
    expect(await store.list()).toEqual(['home', 'work']);
    expect(await store.read('home')).toEqual({ config: 'one', settings: DEFAULT_TUNNEL_SETTINGS });
    await store.remove('home');
    expect(await store.list()).toEqual(['work']);
  });

  it('lets only its owner read, also where the folder was open before', async () => {
    mkdirSync(folder(), { mode: 0o755 });
    const store = await openTunnelStore(stateDir);
    await store.create('home', 'one');
    expect(modeOf(folder())).toBe(0o700);
    expect(modeOf(file('home'))).toBe(0o600);
  });

  it('never replaces a tunnel, whoever made it meanwhile', async () => {
    const store = await openTunnelStore(stateDir);
    writeFileSync(file('home'), 'theirs');
    await expect(store.create('home', 'ours')).rejects.toThrow('a tunnel of this name exists');
    expect(readFileSync(file('home'), 'utf8')).toBe('theirs');
    expect(readdirSync(folder())).toEqual(['home.conf']);
  });

  it('clears what an interrupted write left, lists only tunnels, and tells what else lies there', async () => {
    const foreign = ['#notes#', '.conf', 'a name.conf', 'notes.txt', 'waytoolongforaname.conf'];
    mkdirSync(folder());
    for (const name of ['#0123456789abcdef', ...foreign]) writeFileSync(join(folder(), name), '');
    const store = await openTunnelStore(stateDir);
    expect(await store.list()).toEqual([]);
    expect(await store.foreignFiles()).toEqual(foreign);
    expect(readdirSync(folder()).sort()).toEqual(foreign);
  });

  it('keeps settings beside the config, and loses no change to another', async () => {
    const store = await openTunnelStore(stateDir);
    await store.create('home', '[Interface]\n');
    await Promise.all([
      store.change('home', (tunnel) => ({ ...tunnel, settings: { ...tunnel.settings, allowLan: true } })),
      store.change('home', (tunnel) => ({ ...tunnel, settings: { ...tunnel.settings, killSwitch: 'off' } })),
      store.change('home', (tunnel) => ({ ...tunnel, config: `${tunnel.config}[Peer]\n` })),
    ]);
    expect(await store.read('home')).toEqual({
      config: '[Interface]\n[Peer]\n',
      settings: { killSwitch: 'off', allowLan: true },
    });
  });

  it('does not bring back what is removed while it is changed', async () => {
    const store = await openTunnelStore(stateDir);
    await store.create('home', 'one');
    const changing = store.change('home', (tunnel) => tunnel);
    await store.remove('home');
    await changing;
    expect(await store.list()).toEqual([]);
    await expect(store.change('home', (tunnel) => tunnel)).rejects.toThrow('there is no such tunnel');
  });

  it('goes on after a change that failed, with the file as it was', async () => {
    const store = await openTunnelStore(stateDir);
    await store.create('home', 'one');
    const refuse = () => {
      throw new Error('not so');
    };
    await expect(store.change('home', refuse)).rejects.toThrow('not so');
    await store.change('home', (tunnel) => ({ ...tunnel, config: 'two' }));
    expect((await store.read('home')).config).toBe('two');
  });

  it('rewrites a file of version 1 only when something of it changes', async () => {
    const store = await openTunnelStore(stateDir);
    writeFileSync(file('old'), '[Interface]\n', { mode: 0o600 });
    expect((await store.read('old')).settings).toEqual(DEFAULT_TUNNEL_SETTINGS);
    expect(readFileSync(file('old'), 'utf8')).toBe('[Interface]\n');
    await store.change('old', (tunnel) => ({ ...tunnel, settings: { killSwitch: 'on', allowLan: false } }));
    expect(readFileSync(file('old'), 'utf8')).toBe(
      '# wayfare {"version":2,"killSwitch":"on","allowLan":false}\n[Interface]\n',
    );
  });

  it('refuses a file of a newer version and leaves it as it is', async () => {
    const store = await openTunnelStore(stateDir);
    const newer = '# wayfare {"version":3,"killSwitch":"sometimes"}\n[Interface]\n';
    writeFileSync(file('home'), newer, { mode: 0o600 });
    const refusal = `it was written by a newer Wayfare (version 3; this one knows 2), at ${file('home')}, upgrade Wayfare`;
    await expect(store.read('home')).rejects.toThrow(refusal);
    await expect(store.change('home', (tunnel) => tunnel)).rejects.toThrow(refusal);
    await expect(store.create('home', 'x')).rejects.toThrow('a tunnel of this name exists');
    expect(await store.list()).toEqual(['home']);
    expect(readFileSync(file('home'), 'utf8')).toBe(newer);
  });

  it.each(['', '.', '..', '../home', 'a/b', 'a\0b', 'a b', 'sixteencharacter', '#tmp', 'é'])(
    'refuses the hostile name %j',
    async (name) => {
      const store = await openTunnelStore(stateDir);
      writeFileSync(join(stateDir, 'home.conf'), 'outside');
      await expect(store.create(name, 'x')).rejects.toThrow("this is no tunnel's name");
      await expect(store.read(name)).rejects.toThrow("this is no tunnel's name");
      await expect(store.remove(name)).rejects.toThrow("this is no tunnel's name");
      expect(readdirSync(folder())).toEqual([]);
    },
  );

  it('does not follow a link to write', async () => {
    const store = await openTunnelStore(stateDir);
    symlinkSync(join(stateDir, 'target'), join(folder(), 'home.conf'));
    await expect(store.create('home', 'x')).rejects.toThrow('a tunnel of this name exists');
    expect(readdirSync(stateDir)).toEqual(['tunnels']);
  });

  it('says in words what is missing', async () => {
    const store = await openTunnelStore(stateDir);
    await expect(store.read('home')).rejects.toThrow('there is no such tunnel, named home');
    await expect(store.remove('home')).rejects.toThrow('there is no such tunnel, named home');
    rmSync(folder(), { recursive: true });
    await expect(store.list()).rejects.toThrow(/^ENOENT: .*, in /);
  });
});
