/**
 * The services that manage DNS on a Linux desktop, started by hand in the machine of a DnsWorld: there is no service
 * manager in it. Each resolves once it answers on the machine's own D-Bus.
 */
import type { DnsWorld } from './dns-world.ts';
import { type BackgroundProcess, waitFor } from './processes.ts';

const RESOLVED = '/usr/lib/systemd/systemd-resolved';
const RESOLVED_CAPABILITIES = '+setpcap,+net_raw,+net_bind_service';

export async function startBus(world: DnsWorld): Promise<BackgroundProcess> {
  const bus = world.spawn('dbus-daemon', ['--system', '--nofork', '--nopidfile']);
  await waitFor(() => world.run('busctl', ['--system', 'list']), { what: 'the bus to answer' });
  return bus;
}

/** As its unit does it: as its own user, in a folder that outlives it. */
export async function startResolved(world: DnsWorld): Promise<BackgroundProcess> {
  const folder = '/run/systemd/resolve';
  await world.run('sh', ['-c', `mkdir -p ${folder}; chown systemd-resolve:systemd-resolve ${folder}`]);
  const user = ['--reuid', 'systemd-resolve', '--regid', 'systemd-resolve', '--clear-groups'];
  const rights = ['--inh-caps', RESOLVED_CAPABILITIES, '--ambient-caps', RESOLVED_CAPABILITIES];
  const resolved = world.spawn('setpriv', [...user, ...rights, RESOLVED]);
  await untilOwned(world, 'org.freedesktop.resolve1', resolved);
  return resolved;
}

export async function startNetworkd(world: DnsWorld): Promise<BackgroundProcess> {
  const folders = '/run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp';
  await world.run('sh', [
    '-c',
    `mkdir -p ${folders}; chown -R systemd-network:systemd-network /run/systemd/netif`,
  ]);
  const networkd = world.spawn('/usr/lib/systemd/systemd-networkd');
  await untilOwned(world, 'org.freedesktop.network1', networkd);
  return networkd;
}

/** @param conf of NetworkManager.conf(5), its section [main] */
export async function startNetworkManager(
  world: DnsWorld,
  conf: readonly string[],
): Promise<BackgroundProcess> {
  world.write(
    '/etc/NetworkManager/NetworkManager.conf',
    ['[main]', 'plugins=keyfile', ...conf, ''].join('\n'),
  );
  await world.run('mkdir', ['-p', '/var/lib/NetworkManager']);
  const manager = world.spawn('NetworkManager', ['--debug']);
  await untilOwned(world, 'org.freedesktop.NetworkManager', manager);
  await waitFor(
    async () => (await world.run('nmcli', ['-t', '-f', 'STARTUP', 'general'])).stdout === 'started\n',
    {
      what: 'NetworkManager to have started',
    },
  );
  return manager;
}

async function untilOwned(world: DnsWorld, name: string, service: BackgroundProcess): Promise<void> {
  const isOwned = async () => {
    const object = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus'];
    const { stdout } = await world.run('busctl', ['--system', 'call', ...object, 'NameHasOwner', 's', name]);
    return stdout === 'b true\n';
  };
  await waitFor(async () => service.exit !== null || (await isOwned()), { what: `${name} to answer` });
  if (service.exit !== null) throw new Error(service.stderr);
}
