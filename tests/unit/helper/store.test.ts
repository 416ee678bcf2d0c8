import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';

let stateDir = '';
const folder = () => join(stateDir, 'tunnels');
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
    expect(Buffer.from(await store.read('home')).toString()).toBe('one');
    await store.remove('home');
    expect(await store.list()).toEqual(['work']);
  });

  it('lets only its owner read, also where the folder was open before', async () => {
    mkdirSync(folder(), { mode: 0o755 });
    const store = await openTunnelStore(stateDir);
    await store.create('home', 'one');
    expect(modeOf(folder())).toBe(0o700);
    expect(modeOf(join(folder(), 'home.conf'))).toBe(0o600);
  });

  it('never replaces a tunnel, whoever made it meanwhile', async () => {
    const store = await openTunnelStore(stateDir);
    writeFileSync(join(folder(), 'home.conf'), 'theirs');
    await expect(store.create('home', 'ours')).rejects.toThrow('a tunnel of this name exists');
    expect(Buffer.from(await store.read('home')).toString()).toBe('theirs');
    expect(readdirSync(folder())).toEqual(['home.conf']);
  });

  it('clears what an interrupted write left, and lists only tunnels', async () => {
    mkdirSync(folder());
    for (const file of ['#0123456789abcdef', 'notes.txt', 'a name.conf', '.conf', 'waytoolongforaname.conf'])
      writeFileSync(join(folder(), file), '');
    const store = await openTunnelStore(stateDir);
    expect(await store.list()).toEqual([]);
    expect(readdirSync(folder())).not.toContain('#0123456789abcdef');
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
    await expect(store.list()).rejects.toThrow(/the tunnel store failed .* check its disk/);
  });
});
