/** The service on a machine that systemd runs, from its installation to its removal. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootedMachine, whyNoBootedMachine } from '../support/booted-machine.ts';
import { newKey, publicKeyOf } from '../support/helper-world.ts';
import { INSTALLED, ServiceMachine, TRAVELLER_UID } from '../support/installed-service.ts';
import { closeNamespaces, createNamespace, type Namespace, uniqueInterface } from '../support/netns.ts';
import { spreadText } from '../support/percentile.ts';
import { BackgroundProcess, run, waitFor } from '../support/processes.ts';

const SERVER_PORT = 51_820;
/** How often the service is started and killed for the figures. */
const MEASURED = 10;
const BUILD = resolve(import.meta.dirname, '../../build');
const INSTALL_HELPER = join(BUILD, 'linux/install-helper');
const BEFORE_REMOVE = join(BUILD, 'electron/before-remove.sh');

let folder = '';
let installed: ServiceMachine;
let machine: BootedMachine;
let server: Namespace;
let conf = '';

/** A WireGuard server in a network of its own, and the traveller's way to it. */
async function openServer(): Promise<void> {
  server = await createNamespace('server');
  const link = uniqueInterface('veth');
  const ends = ['netns', String(machine.pid), 'type', 'veth', 'peer', 'name', link, 'netns', server.name];
  await run('ip', ['link', 'add', link, ...ends]);
  await machine.sh(`ip addr add 192.0.2.2/24 dev ${link}; ip link set ${link} up`);
  await server.ip(`addr add 192.0.2.1/24 dev ${link}`);
  await server.ip(`link set ${link} up`);
  const [serverKey, clientKey] = [await newKey(), await newKey()];
  const tun = uniqueInterface('srv');
  server.spawn('wireguard-go', ['-f', tun]);
  await waitFor(() => existsSync(`/var/run/wireguard/${tun}.sock`), { what: 'the server to start' });
  const serverConf = join(folder, 'server.conf');
  writeFileSync(
    serverConf,
    `[Interface]\nPrivateKey = ${serverKey}\nListenPort = ${SERVER_PORT}\n[Peer]\nPublicKey = ${await publicKeyOf(clientKey)}\nAllowedIPs = 10.70.0.2/32\n`,
  );
  await server.wg('setconf', tun, serverConf);
  await server.ip(`addr add 10.70.0.1/24 dev ${tun}`);
  await server.ip(`link set ${tun} up`);
  conf = `[Interface]\nPrivateKey = ${clientKey}\nAddress = 10.70.0.2/24\n[Peer]\nPublicKey = ${await publicKeyOf(serverKey)}\nAllowedIPs = 10.70.0.0/24\nEndpoint = 192.0.2.1:${SERVER_PORT}\n`;
}

const service = (...args: string[]) => installed.service(...args);
const wayfare = (...args: string[]) => installed.wayfare(...args);
const helperPid = () => installed.helperPid();

function versions(): string[] {
  return readdirSync(machine.path('/usr/lib/wayfare/versions'));
}

/** What the helper, its engines and the programs that it runs must be able to do. */
const RIGHTS = {
  openTun: 'ip tuntap add dev probe0 mode tun user wayfare-engine',
  setRules: 'ip rule add lookup 51820 priority 32764',
  watchRoutes: 'timeout 0.2 ip monitor route; [ $? = 124 ]',
  setSysctl: 'echo 2 >/proc/sys/net/ipv4/conf/all/arp_ignore',
  setFirewall:
    'echo "add table inet probe; add chain inet probe output { type filter hook output priority 0; policy accept; }; add rule inet probe output ct mark set 1; add rule inet probe output socket cgroupv2 level 1 \\"system.slice\\" accept" | nft -f -',
  runEngine:
    'setpriv --reuid wayfare-engine --regid wayfare-engine --clear-groups --bounding-set -all --no-new-privs grep -q "^CapBnd:.0*$" /proc/self/status',
  runJit: `/usr/lib/wayfare/current/node -e 'new WebAssembly.Module(Buffer.from("0061736d01000000", "hex"))'`,
  endEngine: 'kill -KILL $(cat /opt/victim)',
  bindLowPort: `/usr/lib/wayfare/current/node -e 'require("dgram").createSocket("udp4").bind(53, "127.0.0.1", process.exit)'`,
  openSocketToGroup: 'touch /run/wayfare/probe && chgrp wayfare /run/wayfare/probe',
  store: 'touch /var/lib/wayfare/probe',
  replaceResolvConf: 'echo >/etc/probe && mv -f /etc/probe /etc/resolv.conf',
};

/** What root may do outside, as the control shows, and nobody in the service. */
const FORBIDDEN = {
  changePrograms: 'touch /usr/lib/probe',
  changeVar: 'touch /var/probe',
  changeElsewhere: 'touch /opt/probe',
  readRootsHome: 'ls /root',
  readHomes: 'ls /home',
  readOthersFiles: 'cat /opt/secret',
  readOthersEnvironment: 'cat /proc/1/environ',
  giveFilesAway: 'touch /tmp/probe && chown nobody /tmp/probe',
  makeSetuid: 'touch /tmp/setuid && chmod u+s /tmp/setuid',
  mount: 'mount -t tmpfs none /mnt && umount /mnt',
  makeNamespace: 'unshare --net true',
  enterNamespace: 'nsenter --target 1 --mount true',
  chroot: 'chroot / true',
  rename: 'hostname probe',
  makeCgroup: 'mkdir /sys/fs/cgroup/probe && rmdir /sys/fs/cgroup/probe',
};

/** @returns the names of those that succeeded */
async function attempt(
  commands: Record<string, string>,
  runScript: (path: string) => Promise<void>,
): Promise<string[]> {
  const lines = Object.entries(commands).map(([name, command]) => `(${command}) >&2 && echo ${name}`);
  writeFileSync(machine.path('/opt/attempt'), `${lines.join('\n')}\ntrue\n`);
  await runScript('/opt/attempt');
  return readFileSync(machine.path('/run/attempt.out'), 'utf8').split('\n').filter(Boolean);
}

/** As the service would, with everything of its unit but what it starts. */
async function inService(script: string): Promise<void> {
  const unit = readFileSync(machine.path('/etc/systemd/system/wayfare.service'), 'utf8')
    .replace(
      /^ExecStart=.*$/m,
      `ExecStart=/bin/sh ${script}\nStandardOutput=truncate:/run/attempt.out\nStandardError=null`,
    )
    .replace(/^Type=.*$/m, 'Type=oneshot')
    .replace(/^Restart=.*$/m, 'Restart=no');
  writeFileSync(machine.path('/etc/systemd/system/attempt.service'), unit);
  await machine.sh('systemctl daemon-reload; systemctl start attempt');
}

async function outside(script: string): Promise<void> {
  await machine.sh(`sh ${script} >/run/attempt.out`);
}

/** Where something of ours is, but for what was given to install. */
function traces(): Promise<string> {
  const files = 'find /etc /run /usr/lib/systemd /usr/lib/wayfare /usr/local /var/lib -name "*wayfare*"';
  const accounts = 'cat /etc/passwd /etc/group /etc/shadow /etc/gshadow | grep wayfare';
  return machine.sh(
    `${files} 2>/dev/null || true; ${accounts} || true; systemctl list-units --all "wayfare*" --plain --quiet`,
  );
}

describe.runIf(whyNoBootedMachine() === null)('the service', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wayfare-service-'));
    installed = await ServiceMachine.boot();
    machine = installed.machine;
    await openServer();
  });

  afterAll(async () => {
    await machine.close();
    await closeNamespaces(server);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is_installed_enabled_and_running_and_lets_in_who_asked', async () => {
    const { stdout } = await service('install');
    expect(stdout).toMatch(
      /^Installed Wayfare 0\.1\.0-[0-9a-f]{12}\.\ntraveller may use it after the next login\.\n$/,
    );
    expect(
      await machine.sh(
        'systemctl is-active wayfare.service wayfare.socket; systemctl is-enabled wayfare.service wayfare.socket wayfare-lockdown',
      ),
    ).toBe('active\nactive\nenabled\nenabled\nenabled');
    expect(await machine.sh('id -Gn traveller')).toBe('traveller wayfare wayfare-admin');
    expect(await machine.sh('getent passwd wayfare-engine')).toMatch(
      /:Wayfare engine:\/nonexistent:\/usr\/sbin\/nologin$/,
    );
    expect((await wayfare('list')).stdout).toContain('There is no tunnel yet');
  });

  it('is_left_running_by_a_second_installation', async () => {
    const pid = await helperPid();
    expect((await service('install')).stdout).toMatch(/^Wayfare .* is installed already\.\n/);
    expect(await helperPid()).toBe(pid);
  });

  it('pleases_systemd', async () => {
    await machine.sh('systemd-analyze verify wayfare.service wayfare.socket wayfare-lockdown.service');
    const exposure = async (unit: string) =>
      Number(
        /: ([0-9.]+) /.exec(await machine.sh(`systemd-analyze security --no-pager ${unit} | tail -n 1`))?.[1],
      );
    expect(await exposure('wayfare.service')).toBeLessThanOrEqual(2.4);
    expect(await exposure('wayfare-lockdown.service')).toBeLessThanOrEqual(1.4);
  });

  it('has_a_unit_for_lockdown_that_comes_before_the_network_and_after_who_would_flush_it', async () => {
    const order = (what: string) => machine.sh(`systemctl show --property ${what} --value wayfare-lockdown`);
    expect((await order('Before')).split(' ')).toContain('network-pre.target');
    expect((await order('After')).split(' ')).toContain('nftables.service');
    expect(await order('WantedBy')).toBe('sysinit.target');

    const dropIn = '/etc/systemd/system/wayfare-lockdown.service.d/test.conf';
    const start = `/bin/sh -c '/usr/lib/wayfare/current/node -e "" && nft add table inet lockdown_probe'`;
    mkdirSync(machine.path(dirname(dropIn)));
    writeFileSync(machine.path(dropIn), `[Service]\nExecStart=\nExecStart=${start}\n`);
    await machine.sh('systemctl daemon-reload; systemctl start wayfare-lockdown');
    expect(await machine.sh('nft list tables')).not.toContain('lockdown_probe');
    await machine.sh('touch /var/lib/wayfare/settings.json; systemctl start wayfare-lockdown');
    expect(await machine.sh('nft list tables')).toContain('table inet lockdown_probe');
    await machine.sh(
      `nft delete table inet lockdown_probe; rm -r ${dirname(dropIn)} /var/lib/wayfare/settings.json`,
    );
    await machine.sh('systemctl daemon-reload; systemctl stop wayfare-lockdown');
  });

  it('brings_a_tunnel_up_inside_its_sandbox', async () => {
    writeFileSync(machine.path('/opt/home.conf'), conf, { mode: 0o600 });
    await wayfare('import', '/opt/home.conf');
    expect((await wayfare('up', 'home')).stdout).toBe('home is connected.\n');
    await machine.run('ping', ['-c', '1', '-W', '2', '10.70.0.1']);
    expect((await wayfare('down')).stdout).toBe('home is disconnected.\n');
  });

  it('has_the_rights_it_needs_and_none_beside_them', async () => {
    await machine.sh(
      'install -m 600 -o traveller /dev/null /opt/secret; setpriv --reuid wayfare-engine --clear-groups sleep 600 >/dev/null 2>&1 & echo $! >/opt/victim',
    );
    expect(await attempt(RIGHTS, inService)).toEqual(Object.keys(RIGHTS));
    expect(await attempt(FORBIDDEN, inService)).toEqual([]);
    expect(await attempt(FORBIDDEN, outside)).toEqual(Object.keys(FORBIDDEN));
  });

  it('goes_on_with_its_tunnels_where_the_disk_is_read_only', async () => {
    const state = '/var/lib/wayfare';
    const untilItServes = () =>
      waitFor(async () => (await wayfare('list')).stdout.includes('home'), { what: 'the helper' });
    await machine.sh(
      `systemctl stop wayfare; mount --bind ${state} ${state}; mount -o remount,bind,ro ${state}`,
    );
    await machine.sh('systemctl start wayfare');
    await untilItServes();
    expect((await wayfare('up', 'home')).stdout).toBe('home is connected.\n');
    await wayfare('down');
    await expect(wayfare('remove', 'home')).rejects.toThrow(`the disk is read-only, in ${state}/tunnels`);
    await machine.sh(`systemctl stop wayfare; umount ${state}; systemctl start wayfare`);
    await untilItServes();
  });

  it('is_started_again_when_it_is_killed', async () => {
    const gaps: number[] = [];
    for (let i = 0; i < MEASURED; i++) {
      const pid = await helperPid();
      const began = performance.now();
      await machine.sh('systemctl kill --kill-whom main --signal KILL wayfare.service');
      await waitFor(async () => !['0', pid].includes(await helperPid()), { what: 'the next helper' });
      await waitFor(async () => (await wayfare('list')).stdout.includes('home'), { what: 'its answer' });
      gaps.push(performance.now() - began);
    }
    console.log(`an answer again after SIGKILL of the helper: ${spreadText(gaps)}`);
  });

  it('answers_soon_after_its_start', async () => {
    const starts: number[] = [];
    for (let i = 0; i < MEASURED; i++) {
      await machine.sh('systemctl stop wayfare.socket wayfare.service');
      const began = performance.now();
      await machine.sh('systemctl start wayfare.service');
      await waitFor(async () => (await wayfare('list')).stdout.includes('home'), { what: 'its answer' });
      starts.push(performance.now() - began);
    }
    console.log(`an answer after the start of the service: ${spreadText(starts)}`);
  });

  it('is_brought_up_to_date_where_an_upgrade_was_interrupted', async () => {
    const [version = ''] = versions();
    const lead = (name: string) => `cd /usr/lib/wayfare; ln -sfn versions/${name} current`;
    await machine.sh(`cp -r /usr/lib/wayfare/versions/${version} /usr/lib/wayfare/versions/older`);
    await machine.sh(`${lead('older')}; systemctl restart wayfare; ${lead(version)}`);
    expect(await machine.sh(`readlink /proc/${await helperPid()}/exe`)).toContain('/older/');
    expect((await service('install')).stdout).toContain('is installed already');
    expect(await machine.sh(`readlink /proc/${await helperPid()}/exe`)).toContain(`/${version}/`);
    expect(versions()).toEqual([version]);
  });

  it('is_replaced_by_an_upgrade_and_keeps_its_tunnels', async () => {
    const [pid, before] = [await helperPid(), versions()];
    appendFileSync(machine.path('/opt/wayfare/dist/wayfare.js'), '// the next version\n');
    await service('upgrade');
    expect(await helperPid()).not.toBe(pid);
    expect(versions()).toHaveLength(1);
    expect(versions()).not.toEqual(before);
    expect((await wayfare('up', 'home')).stdout).toBe('home is connected.\n');
    await wayfare('down');
  });

  it('goes_back_to_the_former_version_where_the_next_does_not_start', async () => {
    const before = versions();
    const bundle = machine.path('/opt/wayfare/dist/wayfare.js');
    const good = readFileSync(bundle, 'utf8');
    writeFileSync(bundle, good.replace('\n', "\nif (process.argv[2] === 'helper') process.exit(1);\n"));
    await expect(service('upgrade')).rejects.toThrow(
      /it did not start \(the helper ended \d times\), version .*, .* runs again; see 'journalctl -u wayfare'/,
    );
    expect(versions()).toEqual(before);
    expect((await wayfare('list')).stdout).toContain('home');
    writeFileSync(bundle, good);
  });

  it('is_removed_with_everything_but_its_tunnels', async () => {
    const { stdout } = await service('remove');
    expect(stdout).toBe('Removed Wayfare. Its tunnels stay in /var/lib/wayfare.\n');
    expect(await traces()).toBe('/var/lib/wayfare');
    expect(await machine.sh('find /var/lib/wayfare')).toBe(
      '/var/lib/wayfare\n/var/lib/wayfare/tunnels\n/var/lib/wayfare/tunnels/home.conf',
    );
  });

  it('is_installed_by_the_script_of_the_package_whatever_its_caller_wants', async () => {
    await machine.sh('mkdir /usr/lib/wayfare; cp -r /opt/wayfare/dist /usr/lib/wayfare/package');
    await machine.sh('cp -r /opt/wayfare/node /opt/wayfare/node_modules /usr/lib/wayfare/package');
    cpSync(INSTALL_HELPER, machine.path('/usr/lib/wayfare/install-helper'));
    writeFileSync(machine.path('/opt/evil.cjs'), "require('fs').writeFileSync('/opt/owned', '')");
    const env = ['NODE_OPTIONS=--require /opt/evil.cjs', 'NODE_PATH=/opt', `PKEXEC_UID=${TRAVELLER_UID}`];
    const script = ['/usr/lib/wayfare/install-helper'];
    await expect(machine.run('env', [...env, ...script, '--root=/opt'])).rejects.toThrow(
      'takes no arguments',
    );
    const { stdout } = await machine.run('env', [...env, ...script]);
    expect(stdout).toContain('traveller may use it after the next login.');
    expect(existsSync(machine.path('/opt/owned'))).toBe(false);
    expect((await wayfare('list')).stdout).toContain('home');
  });

  it('is_removed_by_the_script_of_the_package_with_all_that_a_person_has_started_of_it', async () => {
    cpSync(BEFORE_REMOVE, machine.path('/opt/before-remove'));
    const script = (word: string) => machine.run('sh', ['/opt/before-remove', word]);
    await machine.sh('systemctl stop wayfare.socket wayfare.service');
    const foreground = new BackgroundProcess('nsenter', [
      ...['--target', String(machine.pid), '--all', '--', 'sh', '-c', `exec ${INSTALLED} helper`],
    ]);
    await waitFor(() => foreground.stderr.includes('helper ready'), { what: 'the helper' });
    await wayfare('set', 'home', 'kill-switch', 'on');
    await wayfare('up', 'home');
    await wayfare('engine', 'hand0');
    await script('upgrade');
    expect((await wayfare('list')).stdout).toMatch(/home +connected/);
    const network = () => machine.sh('nft list tables; ip -br link; ip rule; ip route show table all');
    expect(await network()).toMatch(/table inet wayfare.*hand0/s);

    expect((await script('remove')).stdout).toContain('Its tunnels stay in /var/lib/wayfare.');
    expect(await foreground.exited).toEqual({ code: 0, signal: null });
    expect(await machine.sh('ls -l /proc/*/exe 2>/dev/null | grep /usr/lib/wayfare || true')).toBe('');
    const after = await network();
    for (const trace of ['wayfare', 'home', 'hand0', '10.70.0.']) expect(after).not.toContain(trace);
    expect(readdirSync(machine.path('/var/lib/wayfare/tunnels'))).toEqual(['home.conf']);
    expect(readdirSync(machine.path('/usr/lib/wayfare')).sort()).toEqual(['install-helper', 'package']);
    await script('remove');
  });

  it('removes_its_tunnels_too_when_asked_and_leaves_the_package_alone', async () => {
    expect((await service('remove', '--purge')).stdout).toBe('Removed Wayfare and its tunnels.\n');
    expect(readdirSync(machine.path('/usr/lib/wayfare')).sort()).toEqual(['install-helper', 'package']);
    await machine.sh('rm -r /usr/lib/wayfare');
    expect(await traces()).toBe('');
    expect((await service('remove')).stdout).toContain('Removed Wayfare.');
  });
});
