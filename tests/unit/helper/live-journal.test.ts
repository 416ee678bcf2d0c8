import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import type { ProtectedTunnel } from '../../../helper/firewall/policy.ts';
import { openLiveJournal } from '../../../helper/tunnel/live-journal.ts';

const TUNNEL: ProtectedTunnel = {
  state: 'connected',
  isFull: true,
  killSwitch: true,
  allowLan: true,
  device: 'home',
  addresses: [IpPrefix.parse('10.7.0.2/24')!, IpPrefix.parse('fd07::2/64')!],
  mark: 51_820,
  endpoints: [{ address: '192.0.2.1', port: 51_820, host: 'vpn.example' }],
};
const SETTINGS = [{ name: 'net.ipv4.conf.all.src_valid_mark', before: '0' }];

let folder = '';
let logged: string[] = [];
const open = () => openLiveJournal(folder, (level, message) => logged.push(`${level} ${message}`));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-live-'));
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the journal of what is up', () => {
  it('tells the next helper which tunnels to go on with, not yet open', async () => {
    const journal = await open();
    await journal.writeTunnels(new Map([['home', TUNNEL]]));
    await journal.writeKernelSettings(SETTINGS);
    const left = await (await open()).read();
    expect(left).toEqual({
      tunnels: new Map([['home', { ...TUNNEL, state: 'connecting', device: null }]]),
      kernelSettings: SETTINGS,
    });
    expect(statSync(join(folder, 'live.json')).mode & 0o777).toBe(0o600);
  });

  it('says nothing of another boot, nothing where there is none, and nothing that is damaged', async () => {
    const nothing = { tunnels: new Map(), kernelSettings: [] };
    expect(await (await open()).read()).toEqual(nothing);
    await (await open()).writeTunnels(new Map([['home', TUNNEL]]));
    const file = join(folder, 'live.json');
    const live = readFileSync(file, 'utf8');
    writeFileSync(file, live.replace(/"bootId":"[^"]*"/, '"bootId":"another"'));
    expect(await (await open()).read()).toEqual(nothing);
    expect(logged).toEqual([]);
    writeFileSync(file, live.slice(0, -10));
    expect(await (await open()).read()).toEqual(nothing);
    expect(logged).toEqual(['warning which tunnels were up cannot be read']);
  });

  it('reads what a helper wrote that knew no names', async () => {
    const endpoints = [{ address: '192.0.2.1', port: 51_820 }];
    await (await open()).writeTunnels(new Map([['home', { ...TUNNEL, endpoints }]]));
    expect(readFileSync(join(folder, 'live.json'), 'utf8')).not.toContain('host');
    expect((await (await open()).read()).tunnels.get('home')?.endpoints).toEqual(endpoints);
  });

  it('says where it cannot be written', async () => {
    const journal = await open();
    rmSync(folder, { recursive: true });
    await expect(journal.writeTunnels(new Map([['home', TUNNEL]]))).rejects.toThrow('ENOENT');
    await journal.writeKernelSettings(SETTINGS);
    expect(logged).toEqual(new Array(2).fill('warning which tunnels are up is not written down'));
  });
});
