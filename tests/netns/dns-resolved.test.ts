/** DNS through a real systemd-resolved on a bus of its own: to the wire. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DnsProcess } from '../support/dns-process.ts';
import { startBus, startNetworkd, startResolved } from '../support/dns-services.ts';
import { DnsWorld } from '../support/dns-world.ts';
import { type BackgroundProcess, waitFor } from '../support/processes.ts';
import { unpackPackages } from '../support/unpacked-packages.ts';

const packages = await unpackPackages('systemd-resolved', 'dbus');
const world = new DnsWorld();
let resolved: BackgroundProcess;
let helper: DnsProcess;
const STUB = '../run/systemd/resolve/stub-resolv.conf';
const UPLINK = '../run/systemd/resolve/resolv.conf';

const resolvectl = async (...words: string[]) => (await world.run('resolvectl', words)).stdout;
const device = (name: 'home' | 'work') => world.server(name).device;

/** As a network manager tells it what the hotel's DHCP server said. */
async function arriveAtHotel(): Promise<void> {
  const { device: link, address } = world.server('hotel');
  await resolvectl('dns', link, address);
  await resolvectl('default-route', link, 'yes');
}

/** What it was told about the links of our tunnels. */
async function told(): Promise<string> {
  const parts = ['dns', 'domain', 'default-route'].flatMap((what) => [
    resolvectl(what, device('home')),
    resolvectl(what, device('work')),
  ]);
  return (await Promise.all(parts)).join('');
}

describe.skipIf(packages.missing !== '')('systemd_resolved', () => {
  let untold = '';

  beforeAll(async () => {
    await world.open(packages.root);
    await startBus(world);
    world.link('/etc/resolv.conf', STUB);
    resolved = await startResolved(world);
    await arriveAtHotel();
    untold = await told();
  });
  beforeEach(async () => {
    world.link('/etc/resolv.conf', STUB);
    helper = world.startHelper();
    await helper.recover();
  });
  afterEach(() => world.retire(helper));
  afterAll(() => world.close());

  it('without_a_tunnel_asks_the_hotel', async () => {
    const sniffer = await world.sniffHotel();
    expect(await world.ask()).toBe('hotel');
    expect((await sniffer.stop()).length).toBeGreaterThan(0);
  });

  it('asks_a_full_tunnel_and_not_the_hotel', async () => {
    const before = world.snapshot();
    expect(await helper.apply(world.settings('home'))).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
    const sniffer = await world.sniffHotel();
    for (let i = 0; i < 5; i++) expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    expect(helper.log).toContain(
      '"through":"systemd-resolved","why":"it answers, and resolv.conf leads to it"',
    );

    expect(await helper.revert(device('home'))).toMatchObject({ failure: null });
    expect(await told()).toBe(untold);
    expect(world.journal()).toBeNull();
    expect(await world.ask()).toBe('hotel');
  });

  it('takes_servers_of_both_families_in_their_order', async () => {
    const servers = ['fd07::1', world.server('home').address, '10.7.0.2'];
    await helper.apply(world.settings('home', { servers }));
    expect(await resolvectl('dns', device('home'))).toContain(`: ${servers.join(' ')}\n`);
  });

  it('asks_a_tunnel_for_some_networks_only_for_names_of_its_domains', async () => {
    await helper.apply(world.settings('work', { searchDomains: ['work.example', '~inside.example'] }));
    expect(await world.ask(world.newName('work.example'))).toBe('work');
    expect(await world.ask(world.newName('inside.example'))).toBe('work');
    expect(await world.ask()).toBe('hotel');
    expect(await world.ask('printer')).toBe('work');
  });

  it('asks_a_tunnel_for_some_networks_for_every_name_if_it_has_no_domain', async () => {
    await helper.apply(world.settings('work', { searchDomains: [] }));
    const sniffer = await world.sniffHotel();
    expect(await world.ask()).toBe('work');
    expect(await sniffer.stop()).toHaveLength(0);
  });

  it('asks_each_of_two_tunnels_and_the_one_that_stays', async () => {
    await helper.apply(world.settings('home'));
    await helper.apply(world.settings('work'));
    expect(await world.ask(world.newName('work.example'))).toBe('work');
    expect(await world.ask()).toBe('home');
    await helper.revert(device('work'));
    expect(await world.ask(world.newName('work.example'))).toBe('home');
    await helper.revert(device('home'));
    expect(await told()).toBe(untold);
  });

  it('is_told_again_where_another_program_made_it_forget', async () => {
    await helper.apply(world.settings('home'));
    const before = await told();
    await resolvectl('revert', device('home'));
    await waitFor(async () => (await told()) === before, { what: 'it to be told again' });
    expect(await world.ask()).toBe('home');
  });

  it('is_told_again_where_another_program_told_it_something_else', async () => {
    await helper.apply(world.settings('home'));
    const before = await told();
    await resolvectl('dns', device('home'), world.server('hotel').address);
    await resolvectl('domain', device('home'), 'lobby.example');
    await waitFor(async () => (await told()) === before, { what: 'it to be told again' });
  });

  it('that_is_restarted_still_asks_the_tunnel', async () => {
    await helper.apply(world.settings('home'));
    const before = await told();
    await resolved.stop();
    resolved = await startResolved(world);
    expect(await told()).toBe(before);
    expect(await world.ask()).toBe('home');
  });

  it('forgets_what_a_killed_helper_told_it', async () => {
    await helper.apply(world.settings('home'));
    await helper.apply(world.settings('work'));
    await helper.kill();
    helper = world.startHelper();
    await helper.recover();
    expect(await told()).toBe(untold);
    expect(world.journal()).toBeNull();
  });

  it('keeps_what_belongs_to_a_tunnel_that_lives_on', async () => {
    await helper.apply(world.settings('home'));
    const before = await told();
    await helper.apply(world.settings('work'));
    await helper.kill();
    helper = world.startHelper();
    await helper.recover([device('home')]);
    expect(await told()).toBe(before);
  });

  it('that_a_dhcp_client_goes_round_does_not_lead_questions_to_the_hotel', async () => {
    await helper.apply(world.settings('home'));
    const dhcp = `# dhcp\nnameserver ${world.server('hotel').address}\n`;
    world.write('/etc/resolv.conf', dhcp);
    await waitFor(async () => (await world.resolvConf()).includes(world.server('home').address), {
      what: 'our resolv.conf',
    });
    const sniffer = await world.sniffHotel();
    expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    await helper.revert(device('home'));
    expect(await world.resolvConf()).toBe(dhcp);
    expect(await told()).toBe(untold);
  });

  it('that_hangs_is_not_waited_for_and_the_file_is_written', async () => {
    const before = world.snapshot();
    resolved.signal('SIGSTOP');
    await helper.apply(world.settings('home'));
    expect(await world.ask()).toBe('home');
    expect(helper.log).toMatch(/"through":"file","why":"resolv.conf leads to systemd-resolved: .*timed out/);
    resolved.signal('SIGCONT');
    await resolvectl('query', world.newName()); // it reads resolv.conf meanwhile
    await helper.revert(device('home'));
    expect(world.snapshot()).toBe(before);
    expect(await resolvectl('status')).not.toContain(world.server('home').address);
  });

  it('that_does_not_run_is_not_told_though_resolv_conf_leads_to_it', async () => {
    const before = world.snapshot();
    await resolved.stop();
    await helper.apply(world.settings('home'));
    expect(await world.ask()).toBe('home');
    await helper.revert(device('home'));
    expect(world.snapshot()).toBe(before);
    resolved = await startResolved(world);
  });

  it('that_leaves_the_link_to_systemd_networkd_hears_of_the_tunnel_from_it', async () => {
    const before = world.snapshot();
    const network = `[Match]\nName=${device('home')}\n[Network]\nKeepConfiguration=yes\nIPv6AcceptRA=no\n`;
    world.write('/run/systemd/network/all.network', network);
    const networkd = await startNetworkd(world);
    await waitFor(() => networkd.stderr.includes(`${device('home')}: Configuring with`), {
      what: 'the link to be managed',
    });
    expect(await helper.apply(world.settings('home'))).toMatchObject({ failure: null });
    const sniffer = await world.sniffHotel();
    expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    expect(world.snapshot()).toBe(before);
    await helper.revert(device('home'));
    await waitFor(async () => (await told()) === untold, { what: 'it to hear that it is over' });
    await networkd.stop();
    world.remove('/run/systemd/netif');
  });

  it('that_asks_the_hotel_for_names_of_the_domain_the_hotel_claims_is_gone_round_by_a_full_tunnel', async () => {
    const before = world.snapshot();
    const { device: link } = world.server('hotel');
    await resolvectl('domain', link, 'lobby.example');
    expect(await world.ask(world.newName('lobby.example'))).toBe('hotel');
    await helper.apply(world.settings('home'));
    const sniffer = await world.sniffHotel();
    expect(await world.ask(world.newName('lobby.example'))).toBe('home');
    expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    await helper.revert(device('home'));
    expect(world.snapshot()).toBe(before);
    await resolvectl('domain', link, '');
  });

  it('that_is_told_of_the_hotels_domain_only_later_is_gone_round_from_then_on', async () => {
    const { device: link } = world.server('hotel');
    await helper.apply(world.settings('home'));
    await resolvectl('domain', link, 'lobby.example');
    await waitFor(async () => (await world.resolvConf()).includes(world.server('home').address), {
      what: 'our resolv.conf',
    });
    expect(await world.ask(world.newName('lobby.example'))).toBe('home');
    await resolvectl('domain', link, '');
  });

  describe('that_resolv_conf_goes_round', () => {
    const viaResolved = async (name = world.newName()) => {
      const { stdout } = await world.run('resolvectl', ['-4', 'query', name]);
      return /192\.0\.2\.(\d)/.exec(stdout)?.[1];
    };

    it('is_told_too_for_programs_that_ask_it_directly', async () => {
      world.write('/etc/resolv.conf', `nameserver ${world.server('hotel').address}\n`);
      const before = world.snapshot();
      expect(await viaResolved()).toBe('1');
      await helper.apply(world.settings('home'));
      const sniffer = await world.sniffHotel();
      expect([await world.ask(), await viaResolved()]).toEqual(['home', '2']);
      expect(await sniffer.stop()).toHaveLength(0);
      expect(helper.log).toContain('"through":"systemd-resolved and file"');
      await helper.revert(device('home'));
      expect(world.snapshot()).toBe(before);
      expect([await world.ask(), await viaResolved()]).toEqual(['hotel', '1']);
      expect(await told()).toBe(untold);
    });

    it('because_it_lists_every_server_is_not_relied_on_and_keeps_nothing_of_the_tunnel', async () => {
      world.link('/etc/resolv.conf', UPLINK);
      const before = world.snapshot();
      expect([await world.ask(), await viaResolved()]).toEqual(['hotel', '1']);
      await helper.apply(world.settings('home'));
      const sniffer = await world.sniffHotel();
      expect([await world.ask(), await viaResolved()]).toEqual(['home', '2']);
      expect(await sniffer.stop()).toHaveLength(0);
      await helper.revert(device('home'));
      expect(world.snapshot()).toBe(before);
      expect([await world.ask(), await viaResolved()]).toEqual(['hotel', '1']);
      expect(await resolvectl('status')).not.toContain(world.server('home').address);
    });
  });
});
