/** The socket that systemd makes for the helper: who gets in, and who waits at it while one helper follows another. */
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BootedMachine, whyNoBootedMachine } from '../support/booted-machine.ts';
import { newKey, publicKeyOf } from '../support/helper-world.ts';
import { INSTALLED, ServiceMachine } from '../support/installed-service.ts';
import { BackgroundProcess, type RunResult, waitFor } from '../support/processes.ts';

const SOCKET = '/run/wayfare/helper.sock';
const JOURNAL = '/run/wayfare/live/live.json';
const UNIT_FILE = '/etc/systemd/system/wayfare.socket';
const UNITS = 'wayfare.socket wayfare.service';
const OURS = ['srw-rw---- root wayfare', 'drwxr-xr-x root root'].join('\n');
const O_CLOEXEC = 0o2_000_000;
/** Asks one question after the other, each by a connection of its own, until a file is there: then it tells the outcomes. */
const ASK_ON = `
  const outcomes = {};
  function ask() {
    if (require('node:fs').existsSync('/run/stop-asking')) return console.log(JSON.stringify(outcomes));
    let outcome = 'no answer';
    const socket = require('node:net').connect('${SOCKET}');
    socket.on('connect', () => socket.write('{"id":1,"verb":"list","request":{}}\\n'));
    socket.on('data', () => { outcome = 'an answer'; socket.destroy(); });
    socket.on('error', ({ code }) => { outcome = code; });
    socket.on('close', () => { outcomes[outcome] = (outcomes[outcome] ?? 0) + 1; setTimeout(ask, 2); });
  }
  console.log('asking');
  ask();`;

let installed: ServiceMachine;
let machine: BootedMachine;

/** A program in the machine, as root. */
function start(...command: string[]): BackgroundProcess {
  return new BackgroundProcess('nsenter', ['--target', String(machine.pid), '--all', '--', ...command]);
}

function ownersAndModes(): Promise<string> {
  return machine.sh(`stat --format '%A %U %G' ${SOCKET} ${dirname(SOCKET)}`);
}

function signalHelper(signal: 'STOP' | 'KILL'): Promise<string> {
  return machine.sh(`systemctl kill --kill-whom main --signal ${signal} wayfare.service`);
}

/** @returns how many connections nobody has taken yet */
async function connectionsWaiting(): Promise<number> {
  return Number((await machine.sh(`ss -xlH src ${SOCKET}`)).split(/\s+/)[2]);
}

/** As the user's own processes would, root no more. */
function listAs(user: string): Promise<RunResult> {
  const command = `exec setpriv --reuid ${user} --regid $(id -g ${user}) --init-groups ${INSTALLED} list`;
  return machine.run('sh', ['-c', command]);
}

/** @returns what became of the questions that were asked meanwhile, counted */
async function askWhile(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const asking = start('/opt/wayfare/node', '-e', ASK_ON);
  await waitFor(() => asking.stdout.includes('asking'), { what: 'the first question' });
  await work();
  await machine.sh('touch /run/stop-asking');
  await asking.exited;
  await machine.sh('rm /run/stop-asking');
  return JSON.parse(asking.stdout.split('\n')[1]!);
}

async function putDropIn(unit: string, text: string): Promise<void> {
  const path = machine.path(`/run/systemd/system/${unit}.d/test.conf`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  await machine.sh('systemctl daemon-reload');
}

/** A full tunnel to where nobody answers: it stays connecting, and its kill switch closed. */
async function importGuarded(name: string): Promise<void> {
  const [key, peer] = [await newKey(), await publicKeyOf(await newKey())];
  const conf = `[Interface]\nPrivateKey = ${key}\nAddress = 10.70.0.2/24\n[Peer]\nPublicKey = ${peer}\nAllowedIPs = 0.0.0.0/0\nEndpoint = 127.0.0.1:9\n`;
  writeFileSync(machine.path(`/opt/${name}.conf`), conf, { mode: 0o600 });
  await installed.wayfare('import', `/opt/${name}.conf`);
}

describe.runIf(whyNoBootedMachine() === null)('the socket of the service', () => {
  beforeAll(async () => {
    installed = await ServiceMachine.boot();
    machine = installed.machine;
    await installed.service('install');
  });

  afterEach(() => machine.sh(`rm -rf /run/systemd/system/wayfare.*.d; systemctl daemon-reload`));

  afterAll(() => installed.close());

  it('is_there_for_its_group_before_the_helper_is_and_stays_the_same', async () => {
    await machine.sh(`systemctl stop ${UNITS}; rm -r /run/wayfare; systemctl start wayfare.socket`);
    expect(await installed.helperPid()).toBe('0');
    expect(await ownersAndModes()).toBe(OURS);
    const inode = await machine.sh(`stat --format %i ${SOCKET}`);
    await installed.wayfare('list');
    expect(await ownersAndModes()).toBe(OURS);
    expect(await machine.sh(`stat --format %i ${SOCKET}`)).toBe(inode);
    await machine.sh('systemctl stop wayfare.service');
    expect(await machine.sh(`stat --format %i ${SOCKET}`)).toBe(inode);
  });

  it('has_room_for_as_many_as_the_kernel_allows', async () => {
    await installed.wayfare('list');
    const [, , , room] = (await machine.sh(`ss -xlH src ${SOCKET}`)).split(/\s+/);
    expect(room).toBe(await machine.sh('cat /proc/sys/net/core/somaxconn'));
  });

  it('starts_the_helper_that_a_person_stopped_for_whoever_asks', async () => {
    await machine.sh('systemctl stop wayfare.service');
    expect(await installed.helperPid()).toBe('0');
    expect((await installed.wayfare('list')).stdout).toContain('There is no tunnel yet');
    expect(await installed.helperPid()).not.toBe('0');
  });

  it('lets_in_by_its_mode_and_by_what_the_kernel_says_of_who_connects', async () => {
    expect((await listAs('traveller')).stdout).toContain('There is no tunnel yet');
    await expect(listAs('nobody')).rejects.toThrow('you may not talk to the helper');
    await machine.sh(`chmod 666 ${SOCKET}`);
    await expect(listAs('nobody')).rejects.toThrow('you may not talk to the helper');
    expect(await machine.sh('journalctl -u wayfare | cat')).toContain('a stranger was refused');
    await machine.sh(`chmod 660 ${SOCKET}`);
  });

  it('keeps_whoever_asks_a_helper_that_is_killed_for_the_next_one', async () => {
    const pid = await installed.helperPid();
    await signalHelper('STOP');
    const asking = start('sh', '-c', `exec ${INSTALLED} list`);
    await waitFor(async () => (await connectionsWaiting()) === 1, { what: 'the question' });
    await signalHelper('KILL');
    expect(await asking.exited).toEqual({ code: 0, signal: null });
    expect(asking.stdout).toContain('There is no tunnel yet');
    expect(await installed.helperPid()).not.toBe(pid);
  });

  it('keeps_whoever_asks_while_it_is_upgraded_waiting_where_a_helper_s_own_socket_refuses_them', async () => {
    appendFileSync(machine.path('/opt/wayfare/dist/wayfare.js'), '// the next version\n');
    const pid = await installed.helperPid();
    const outcomes = await askWhile(() => installed.service('upgrade'));
    expect(await installed.helperPid()).not.toBe(pid);
    // One whose connection was taken already ends with its helper.
    const { 'an answer': answered = 0, 'no answer': ended = 0, ECONNRESET = 0, ...refusals } = outcomes;
    expect(refusals).toEqual({});
    expect(answered).toBeGreaterThan(0);
    expect(ended + ECONNRESET).toBeLessThanOrEqual(1);

    await machine.sh(`systemctl stop ${UNITS}; mv ${UNIT_FILE} /run/kept; systemctl daemon-reload`);
    await machine.sh('systemctl start wayfare.service');
    await waitFor(() => installed.wayfare('list'), { what: 'the helper' });
    const control = await askWhile(() => machine.sh('systemctl restart wayfare.service'));
    expect(control.ECONNREFUSED).toBeGreaterThan(0);
    await machine.sh(`mv /run/kept ${UNIT_FILE}; systemctl daemon-reload; systemctl restart wayfare.service`);
    expect(await machine.sh(`systemctl is-active ${UNITS}`)).toBe('active\nactive');
  });

  it('is_made_by_the_helper_where_systemd_cannot_and_by_systemd_again_at_the_next_installation', async () => {
    await putDropIn('wayfare.socket', '[Socket]\nSocketGroup=nobody-of-this-name\n');
    await machine.sh(`systemctl stop ${UNITS}; systemctl start wayfare.service`);
    await waitFor(() => installed.wayfare('list'), { what: 'the helper' });
    expect(await machine.sh('systemctl is-active wayfare.socket || true')).toBe('failed');
    expect(await ownersAndModes()).toBe(OURS);
    await machine.sh('rm -r /run/systemd/system/wayfare.socket.d; systemctl daemon-reload');
    expect((await installed.service('install')).stdout).toContain('is installed already');
    expect(await machine.sh(`systemctl is-active ${UNITS}`)).toBe('active\nactive');
    expect(await ownersAndModes()).toBe(OURS);
  });

  it('is_not_handed_on_to_engines_and_leaves_the_journal_beside_it_alone', async () => {
    await importGuarded('home');
    const connecting = start('sh', '-c', `exec ${INSTALLED} up home`);
    const findEngine = () => machine.sh('pgrep -u wayfare-engine');
    const engine = await waitFor(findEngine, { what: 'the engine' });
    const helper = await installed.helperPid();
    const listener = await machine.sh(`readlink /proc/${helper}/fd/3`);
    const flags = await machine.sh(`sed -n 's/^flags:\\t/0o/p' /proc/${helper}/fdinfo/3`);
    expect(Number(flags) & O_CLOEXEC).not.toBe(0);
    expect(await machine.sh(`find /proc/${engine}/fd -printf '%l\\n'`)).not.toContain(listener);
    expect(await machine.sh(`cat /proc/${engine}/environ`)).toBe('');

    expect(await machine.sh(`cat ${JOURNAL}`)).toContain('"home"');
    await signalHelper('KILL');
    expect(await connecting.exited).toEqual({ code: 1, signal: null });
    // By the next helper, which says so to the first who asks.
    expect((await installed.wayfare('status', 'home')).stdout).toContain('home: connecting');
    expect(await machine.sh(`cat ${JOURNAL}`)).toContain('"home"');
  });

  it('is_no_reason_for_a_helper_to_hang_that_cannot_listen_elsewhere', async () => {
    await machine.sh(`systemctl stop ${UNITS}`);
    expect(await machine.sh(`cat ${JOURNAL}`)).toContain('"home"');
    const elsewhere = join(dirname(SOCKET), 'x'.repeat(100));
    await expect(installed.wayfare('--socket', elsewhere, 'helper')).rejects.toThrow(
      `a socket's path has 1 to 107 bytes, ${elsewhere}, choose another --socket`,
    );
    await machine.sh('systemctl start wayfare.service');
    await installed.wayfare('down');
    await installed.wayfare('remove', 'home');
  });

  it('takes_the_helper_along_when_it_is_stopped', async () => {
    await machine.sh('systemctl stop wayfare.socket');
    expect(await machine.sh('systemctl is-active wayfare.service || true')).toBe('inactive');
    const left = readdirSync(machine.path('/run/wayfare')).filter((name) => !name.endsWith('.lock'));
    expect(left).toEqual(['live']);
    await expect(installed.wayfare('list')).rejects.toThrow('the helper is not running');
    await machine.sh('systemctl start wayfare.service');
    expect((await installed.wayfare('list')).stdout).toContain('There is no tunnel yet');
  });

  it('is_left_to_systemd_by_a_helper_in_the_foreground', async () => {
    await machine.sh('systemctl stop wayfare.service');
    await expect(installed.wayfare('helper')).rejects.toThrow(
      `another helper is running, at ${SOCKET}, stop it first, a service by 'systemctl stop ${UNITS}', or choose another --socket`,
    );
    expect(await ownersAndModes()).toBe(OURS);
    expect((await installed.wayfare('list')).stdout).toContain('There is no tunnel yet');
  });

  it('is_not_taken_from_a_helper_in_the_foreground', async () => {
    await machine.sh(`systemctl stop ${UNITS}`);
    const foreground = start('sh', '-c', `echo $$ >/run/foreground; exec ${INSTALLED} helper`);
    await waitFor(() => foreground.stderr.includes('helper ready'), { what: 'the helper' });
    await expect(installed.service('install')).rejects.toThrow(
      `a helper is running that systemd did not start, at ${SOCKET}, stop it first`,
    );
    expect((await installed.wayfare('list')).stdout).toContain('There is no tunnel yet');
    await machine.sh('kill -INT $(cat /run/foreground)');
    expect(await foreground.exited).toEqual({ code: 0, signal: null });
    await installed.service('install');
    expect(await machine.sh(`systemctl is-active ${UNITS}`)).toBe('active\nactive');
  });

  it('does_not_keep_anybody_waiting_for_a_helper_that_does_not_start', async () => {
    await putDropIn('wayfare.service', '[Service]\nExecStart=\nExecStart=/bin/false\n');
    await machine.sh('systemctl stop wayfare.service');
    await expect(installed.wayfare('list')).rejects.toThrow('the helper ended the connection');
    await machine.sh('rm -r /run/systemd/system/wayfare.service.d; systemctl daemon-reload');
    await waitFor(() => installed.wayfare('list'), { what: 'the helper' });
    await installed.service('install');
    expect(await machine.sh(`systemctl is-active ${UNITS}`)).toBe('active\nactive');
  });

  it('keeps_nobody_from_a_reset_where_no_helper_starts', async () => {
    await machine.sh('nft add table inet wayfare');
    await putDropIn('wayfare.service', '[Service]\nExecStart=\nExecStart=/bin/false\n');
    await machine.sh('systemctl restart wayfare.socket');
    expect((await installed.wayfare('reset')).stdout).toContain('Everything of Wayfare is removed');
    expect(await machine.sh('nft list tables')).toBe('');
  });
});
