import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DnsState, Journal, NOTHING_SET, sha256Of } from '../../../../helper/dns/journal.ts';

const STATE: DnsState = {
  tunnels: [{ device: 'home', servers: ['10.7.0.1'], searchDomains: ['home.example'], isFullTunnel: true }],
  leftovers: [],
  backends: ['file'],
  original: { kind: 'symlink', target: '../run/resolv.conf' },
};

let stateDir = '';
let logged: string[] = [];
const log = (_: unknown, message: string) => logged.push(message);
const file = () => join(stateDir, 'dns.json');

beforeEach(() => {
  stateDir = join(mkdtempSync(join(tmpdir(), 'wayfare-journal-')), 'state');
  logged = [];
});
afterEach(() => rmSync(join(stateDir, '..'), { recursive: true, force: true }));

it('what_is_written_is_read_by_the_next_helper', async () => {
  const bytes = Buffer.from([0xff, 0, 0x0a]);
  const original = { kind: 'file', bytes: bytes.toString('base64'), sha256: sha256Of(bytes) } as const;
  const state: DnsState = { ...STATE, original: { ...original, mode: 0o640, uid: 1, gid: 42 } };
  await (await Journal.open(stateDir, log)).write(state);
  expect((await Journal.open(stateDir, log)).state).toEqual(state);
  expect(logged).toEqual([]);
});

it('only_its_owner_may_read_it', async () => {
  await (await Journal.open(stateDir, log)).write(STATE);
  expect([statSync(stateDir).mode & 0o777, statSync(file()).mode & 0o777]).toEqual([0o700, 0o600]);
});

it('there_is_no_file_where_nothing_is_set', async () => {
  const journal = await Journal.open(stateDir, log);
  await journal.write(STATE);
  await journal.write(NOTHING_SET);
  expect(readdirSync(stateDir)).toEqual([]);
  await journal.write(NOTHING_SET);
});

it('what_a_crash_left_beside_it_is_cleared', async () => {
  mkdirSync(stateDir);
  writeFileSync(join(stateDir, '#dns.json'), '{"version":1,"tun');
  const journal = await Journal.open(stateDir, log);
  expect(readdirSync(stateDir)).toEqual([]);
  expect(journal.state).toEqual(NOTHING_SET);
});

it('a_write_that_fails_leaves_the_former_state_written_down', async () => {
  const journal = await Journal.open(stateDir, log);
  await journal.write(STATE);
  const before = readFileSync(file(), 'utf8');
  mkdirSync(join(stateDir, '#dns.json')); // in the way of the new one
  await expect(journal.write({ ...STATE, tunnels: [] })).rejects.toThrow(
    /cannot be written down .* in .*state/,
  );
  expect(readFileSync(file(), 'utf8')).toBe(before);
  expect(journal.state).toEqual(STATE);
});

it.each([
  ['nonsense', () => 'nonsense'],
  ['another version', (text: string) => text.replace('"version":1', '"version":2')],
  ['a hostile device', (text: string) => text.replace('"home"', '"../home"')],
  ['a hostile server', (text: string) => text.replace('10.7.0.1', '10.7.0.1\\nnameserver 192.0.2.1')],
  ['a hostile domain', (text: string) => text.replace('home.example', '-x')],
  ['other bytes than it was written with', (text: string) => text.replace('"AAAA"', '"BBBB"')],
])('one_with_%s_counts_as_empty_and_is_told_of', async (_, damage) => {
  const bytes = Buffer.from('AAAA', 'base64');
  const original = {
    kind: 'file',
    bytes: 'AAAA',
    sha256: sha256Of(bytes),
    mode: 0o644,
    uid: 0,
    gid: 0,
  } as const;
  await (await Journal.open(stateDir, log)).write({ ...STATE, original });
  expect((await Journal.open(stateDir, log)).state).not.toEqual(NOTHING_SET);
  writeFileSync(file(), damage(readFileSync(file(), 'utf8')));
  expect((await Journal.open(stateDir, log)).state).toEqual(NOTHING_SET);
  expect(logged).toEqual(['the journal of DNS cannot be read: what stood before is not known']);
});
