import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../helper/cli/main.ts';
import { encodeFrame } from '../../../helper/ipc/codec.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { tunnelStatusOf } from '../../support/tunnel-status.ts';
import { closed } from './raw-ends.ts';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  vi.stubEnv('WAYFARE_SOCKET', '/nonexistent/helper.sock');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('the command line', () => {
  it.each([
    [[], 'no command'],
    [['fly'], "unknown command 'fly'"],
    [['lst'], "unknown command 'lst' (Did you mean list?)"],
    [['up'], "missing required argument 'name'"],
    [['up', 'a', 'b'], 'too many arguments'],
    [['up', 'a', '--timeout', 'soon'], "'soon' is invalid"],
    [['up', 'a', '--timeout', '0'], "'0' is invalid"],
    [['up', 'a', '--timeout', '0.05'], 'It takes seconds, from 0.1 to 3600'],
    [['up', '../home'], "A tunnel's name has 1 to 15 letters, digits or _ = + . -"],
    [['export', 'sixteencharacter'], "A tunnel's name has"],
    [['down', 'a b'], "A tunnel's name has"],
    [['import', 'a.conf', '--name=-a'], 'A name begins with no "-"'],
    [['up', 'a', '--timeout', ''], "'' is invalid"],
    [['list', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    [['genkey', 'now'], 'too many arguments'],
    [['engine'], "missing required argument 'name'"],
    [['set', 'a', 'allow-lan', 'automatic'], 'allow-lan is on or off'],
    [['set', 'a', 'kill-switch', 'maybe'], 'Allowed choices are automatic, on, off'],
    [['lockdown', 'now'], 'Allowed choices are on, off'],
    [['traffic', 'a', '--span', '2h'], 'Allowed choices are 5m, 1h, 24h'],
    [['edit', 'a'], "missing required argument 'file'"],
    [['edit', 'a', 'a.conf', '--name=-a'], 'A name begins with no "-"'],
  ])('exits with 2 and one line for %j', async (args, reason) => {
    expect(await main(args)).toBe(2);
    expect(stderr).toMatch(/^wayfare: [^\n]*, see 'wayfare --help'\n$/);
    expect(stderr).toContain(reason);
    expect(stdout).toBe('');
  });

  it.each([
    [
      ['list'],
      "the helper is not running, at /nonexistent/helper.sock, start it with 'sudo npx wayfare helper'",
    ],
    [['list', '--socket', '/none'], 'the helper is not running, at /none,'],
    [['--socket', '/none', 'status'], 'the helper is not running, at /none,'],
    [['import', '/nonexistent/a.conf'], 'there is no such file, at /nonexistent/a.conf, check its path'],
    [['import', '/'], 'this is a folder, at /'],
    [['edit', 'a', '/nonexistent/a.conf'], 'there is no such file, at /nonexistent/a.conf, check its path'],
    [['import', '/dev/zero'], 'the file is larger than 1 MiB, at /dev/zero'],
  ])('exits with 1 and one line for %j', async (args, reason) => {
    expect(await main(args)).toBe(1);
    expect(stderr).toMatch(/^wayfare: [^\n]*\n$/);
    expect(stderr).toContain(reason);
  });

  it('prints the words of a failure as JSON, and no code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wayfare-cli-'));
    const words = { what: 'its config has no PrivateKey', where: 'tunnel home', advice: 'import one' };
    const error = { ...words, coded: { code: 'no-private-key' as const }, cause: 'read-config' as const };
    const tunnels = [tunnelStatusOf('home', { state: 'error', error })];
    const reply = { id: 1, ok: true, result: { tunnels, lockdown: false, isClosed: false } };
    const helper = createServer((socket) => socket.once('data', () => socket.end(encodeFrame(reply))));
    const socketPath = join(folder, 'helper.sock');
    await new Promise<void>((resolve) => helper.listen(socketPath, resolve));
    expect(await main(['--socket', socketPath, 'status', '--json'])).toBe(0);
    await closed(helper);
    rmSync(folder, { recursive: true });
    expect(JSON.stringify(JSON.parse(stdout).tunnels[0].error)).toBe(
      JSON.stringify({ ...words, cause: 'read-config' }),
    );
  });

  it('explains itself and every verb', async () => {
    const verbs = [
      'import',
      'list',
      'export',
      'remove',
      'up',
      'reconnect',
      'down',
      'status',
      'edit',
      'traffic',
      'set',
      'lockdown',
      'reset',
      'genkey',
      'genpsk',
      'pubkey',
      'logs',
      'service',
    ];
    for (const verb of [...verbs, 'helper', 'engine']) {
      stdout = '';
      expect(await main([verb, '--help'])).toBe(0);
      expect(stdout).toContain(`Usage: wayfare ${verb}`);
    }
    stdout = '';
    expect(await main(['--help'])).toBe(0);
    for (const verb of verbs) expect(stdout).toContain(`  ${verb}`);
    expect(stderr).toBe('');
  });

  it('knows its version', async () => {
    expect(await main(['--version'])).toBe(0);
    expect(stdout).toBe(`${packageJson.version}\n`);
  });

  it('prints keys', async () => {
    expect(await main(['genkey'])).toBe(0);
    expect(stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  });
});
