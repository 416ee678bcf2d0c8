/**
 * A DHCP client that writes resolv.conf in the middle of our own work, before each operation on a file in turn: it has
 * its way once the tunnels are down, and while one is up its servers are not asked.
 */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DnsSettings } from '../../helper/dns/index.ts';
import { DnsDriver, type DnsProcess } from '../support/dns-process.ts';
import { waitFor } from '../support/processes.ts';

const driver = new DnsDriver();
const base = mkdtempSync(join(tmpdir(), 'wayfare-dns-race-'));
let trials = 0;

beforeAll(() => driver.build());
afterAll(() => {
  driver.close();
  rmSync(base, { recursive: true, force: true });
});

const HOME: DnsSettings = { device: 'home', servers: ['10.7.0.1'], searchDomains: [], isFullTunnel: true };
const WORK: DnsSettings = { device: 'work', servers: ['10.8.0.1'], searchDomains: [], isFullTunnel: false };
const STATION = 'nameserver 198.51.100.53\n';
const isOurs = (text: string) => text.startsWith('# Written by Wayfare');

function snapshotOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'absent';
  return stats.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, 'utf8');
}

const ORIGINALS: Record<string, (path: string) => void> = {
  a_file: (path) => writeFileSync(path, 'nameserver 192.0.2.53\n'),
  a_symbolic_link: (path) => symlinkSync('../run/resolv.conf', path),
  no_file: () => {},
};
const WORKS: Record<
  string,
  { up: DnsSettings[]; work: (helper: DnsProcess) => Promise<unknown>; left: string[] }
> = {
  the_first_tunnel_comes_up: { up: [], work: (helper) => helper.apply(HOME), left: ['home'] },
  a_second_tunnel_comes_up: { up: [HOME], work: (helper) => helper.apply(WORK), left: ['home', 'work'] },
  one_of_two_tunnels_goes_down: { up: [HOME, WORK], work: (helper) => helper.revert('work'), left: ['home'] },
  the_last_tunnel_goes_down: { up: [HOME], work: (helper) => helper.revert('home'), left: [] },
};

describe.concurrent.each(Object.entries(ORIGINALS))(
  'where_there_was_%s_a_dhcp_client_that_writes_while',
  (_, lay) => {
    it.each(Object.entries(WORKS))('%s_is_not_lost', async (_, { up, work, left }) => {
      const folder = join(base, String(++trials));
      const etc = join(folder, 'etc');
      const resolvConf = join(etc, 'resolv.conf');
      mkdirSync(etc, { recursive: true });
      const paths = { resolvConf };
      const helper = driver.start({ stateDir: join(folder, 'state'), paths, isAlone: true });
      const content = () => readFileSync(resolvConf, 'utf8');

      for (let operation = 1, met = true; met; operation++) {
        rmSync(resolvConf, { force: true });
        lay(resolvConf);
        await helper.recover();
        for (const settings of up) await helper.apply(settings);
        const from = join(folder, 'dhcp');
        writeFileSync(from, STATION);
        await helper.order({ verb: 'meet-at', operation, from, to: resolvConf });
        await work(helper);
        met = !readdirSync(folder).includes('dhcp');
        if (!met) break;
        if (left.length > 0)
          await waitFor(() => isOurs(content()), { what: 'our resolv.conf', intervalMs: 2 });
        for (const device of left) await helper.revert(device);
        expect(content(), `met at ${operation}`).toBe(STATION);
        expect(readdirSync(etc)).toEqual(['resolv.conf']);
        expect(operation).toBeLessThan(100);
      }
      expect(await helper.end()).toBeNull();
    });
  },
);

it.each(Object.entries(ORIGINALS))(
  'where_there_was_%s_it_is_given_back_also_where_files_cannot_be_exchanged',
  async (_, lay) => {
    const folder = join(base, String(++trials));
    const etc = join(folder, 'etc');
    const resolvConf = join(etc, 'resolv.conf');
    mkdirSync(etc, { recursive: true });
    lay(resolvConf);
    const before = snapshotOf(resolvConf);
    const paths = { resolvConf };
    const options = { stateDir: join(folder, 'state'), paths, isAlone: true, cannotExchange: true };
    const helper = driver.start(options);
    expect(await helper.apply(HOME)).toMatchObject({ failure: null });
    expect(readFileSync(resolvConf, 'utf8')).toSatisfy(isOurs);
    expect(readdirSync(etc)).toEqual(['resolv.conf']);
    expect(await helper.revert('home')).toMatchObject({ failure: null });
    expect(snapshotOf(resolvConf)).toBe(before);
    await helper.end();
  },
);
