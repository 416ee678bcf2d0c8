/** DNS by writing resolv.conf, on a machine where nobody who answers manages it: to the wire. */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DnsProcess } from '../support/dns-process.ts';
import { DnsWorld } from '../support/dns-world.ts';
import { waitFor } from '../support/processes.ts';

const world = new DnsWorld();
let helper: DnsProcess;
/** What the person wrote, byte for byte: the last line has no end. */
let hotelConf = '';

beforeAll(async () => {
  await world.open();
  hotelConf = `# by hand\n\toptions timeout:2\nnameserver ${world.server('hotel').address}`;
});
beforeEach(async () => {
  world.write('/etc/resolv.conf', hotelConf);
  helper = world.startHelper();
  await helper.recover();
});
afterEach(async () => {
  await helper.kill();
  world.remove('/run/wayfare');
});
afterAll(() => world.close());

const inMachine = (script: string) => world.run('sh', ['-ec', script]);
const isOurs = async () =>
  /^# Written by Wayfare[\s\S]*# What Wayfare wrote ends here\.\n$/.test(await world.resolvConf());
const untilOurs = () => waitFor(isOurs, { what: 'our resolv.conf to be back', intervalMs: 2 });

describe('without_a_tunnel', () => {
  it('the_hotel_is_asked', async () => {
    const sniffer = await world.sniffHotel();
    expect(await world.ask()).toBe('hotel');
    expect((await sniffer.stop()).length).toBeGreaterThan(0);
  });
});

describe('a_tunnel', () => {
  it('is_asked_and_the_hotel_is_not', async () => {
    expect(await helper.apply(world.settings('home'))).toMatchObject({ failure: null });
    const sniffer = await world.sniffHotel();
    for (let i = 0; i < 5; i++) expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    expect(helper.log).toContain('nobody who answers manages resolv.conf');
  });

  it('completes_short_names_with_its_search_domains', async () => {
    await helper.apply(
      world.settings('home', { searchDomains: ['corp.example.', 'Köln.example', '~else.example'] }),
    );
    expect(await world.ask('printer')).toBe('home');
    expect(world.asked('home')).toContain('printer.corp.example');
    expect(await world.resolvConf()).toContain('search corp.example xn--kln-sna.example\n');
  });

  it('gives_back_every_byte_of_a_file_and_its_rights', async () => {
    await inMachine('chmod 640 /etc/resolv.conf; chgrp 42 /etc/resolv.conf');
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    expect(await helper.revert(world.settings('home').device)).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
    expect((await world.run('stat', ['-c', '%g', '/etc/resolv.conf'])).stdout).toBe('42\n');
    expect(world.journal()).toBeNull();
    expect(await world.ask()).toBe('hotel');
  });

  it.each(['../run/elsewhere/resolv.conf', '/run/elsewhere/resolv.conf', '/nowhere'])(
    'gives_back_a_link_to_%s_and_leaves_alone_what_it_leads_to',
    async (target) => {
      world.write('/run/elsewhere/resolv.conf', hotelConf);
      world.link('/etc/resolv.conf', target);
      const before = world.snapshot();
      await helper.apply(world.settings('home'));
      expect(await world.ask()).toBe('home');
      await helper.revert(world.settings('home').device);
      expect(world.snapshot()).toBe(before);
      expect((await world.run('cat', ['/run/elsewhere/resolv.conf'])).stdout).toBe(hotelConf);
    },
  );

  it('leaves_no_file_where_there_was_none', async () => {
    world.remove('/etc/resolv.conf');
    await helper.apply(world.settings('home'));
    expect(await world.ask()).toBe('home');
    await helper.revert(world.settings('home').device);
    expect(existsSync(world.path('/etc/resolv.conf'))).toBe(false);
  });

  it('without_a_server_changes_nothing', async () => {
    const before = world.snapshot();
    expect(await helper.apply(world.settings('home', { servers: [] }))).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
    expect(await helper.revert(world.settings('home').device)).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
  });

  it('lets_the_helper_end', async () => {
    await helper.apply(world.settings('home'));
    await helper.revert(world.settings('home').device);
    expect(await helper.end()).toBeNull();
  });
});

describe('two_tunnels', () => {
  it.each([
    ['home', 'work'],
    ['work', 'home'],
  ] as const)('without_%s_leave_%s_its_servers', async (first, second) => {
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    await helper.apply(world.settings('work'));
    expect(await world.ask()).toBe('work');
    expect(await world.resolvConf()).toContain('search work.example home.example\n');
    await helper.revert(world.settings(first).device);
    expect(await world.ask()).toBe(second);
    expect(await world.resolvConf()).not.toContain(first);
    await helper.revert(world.settings(second).device);
    expect(world.snapshot()).toBe(before);
  });
});

describe('a_dhcp_client', () => {
  const newConf = () => `# dhcp\nnameserver ${world.server('hotel').address}\nsearch lobby.example\n`;

  it.each([
    ['that_moves_a_file_into_place', 'cat > /etc/new.tmp; mv /etc/new.tmp /etc/resolv.conf'],
    ['that_writes_in_place', 'cat > /etc/resolv.conf'],
    [
      'that_writes_a_part_and_later_the_rest',
      'head -c 30 > /etc/resolv.conf; sleep 0.3; cat >> /etc/resolv.conf',
    ],
    [
      'that_empties_the_file_and_appends_line_by_line',
      ': > /etc/resolv.conf; while read -r line; do sleep 0.05; echo "$line" >> /etc/resolv.conf; done',
    ],
    [
      'that_appends_line_by_line_without_a_pause',
      ': > /etc/resolv.conf; while read -r line; do echo "$line" >> /etc/resolv.conf; done',
    ],
    [
      'that_keeps_the_file_open_while_it_writes',
      'exec > /etc/resolv.conf; head -c 9; sleep 0.3; head -c 9; cat',
    ],
    ['that_removes_the_file_first', 'rm /etc/resolv.conf; sleep 0.2; cat > /etc/resolv.conf'],
  ])('%s_does_not_lead_questions_to_the_hotel_and_has_its_way_afterwards', async (_, script) => {
    await helper.apply(world.settings('home'));
    await world.run('sh', ['-ec', script], newConf());
    await untilOurs();
    const sniffer = await world.sniffHotel();
    for (let i = 0; i < 3; i++) expect(await world.ask()).toBe('home');
    expect(await sniffer.stop()).toHaveLength(0);
    expect(helper.log).toContain('another program had changed DNS');
    await helper.revert(world.settings('home').device);
    expect(await world.resolvConf()).toBe(newConf());
    expect(world.journal()).toBeNull();
  });

  it('that_makes_it_a_link_has_its_way_afterwards', async () => {
    await helper.apply(world.settings('home'));
    world.write('/run/elsewhere/resolv.conf', newConf());
    world.link('/etc/resolv.conf', '../run/elsewhere/resolv.conf');
    await untilOurs();
    expect(await world.ask()).toBe('home');
    await helper.revert(world.settings('home').device);
    expect(world.snapshot()).toContain('-> ../run/elsewhere/resolv.conf');
  });

  it('that_writes_while_no_helper_runs_is_left_alone', async () => {
    await helper.apply(world.settings('home'));
    await helper.kill();
    world.write('/etc/resolv.conf', newConf());
    const before = world.snapshot();
    helper = world.startHelper();
    await helper.recover();
    expect(world.snapshot()).toBe(before);
    expect(world.journal()).toBeNull();
  });

  it('that_never_stops_writing_does_not_eat_the_machine_nor_the_log', async () => {
    await helper.apply(world.settings('home'));
    const until = performance.now() + 1_500;
    while (performance.now() < until) {
      world.write('/etc/resolv.conf', newConf());
      await delay(10);
    }
    await untilOurs();
    expect(helper.log.split('another program had changed DNS').length - 1).toBeLessThan(5);
    expect(await world.ask()).toBe('home');
  });
});

it('an_edit_of_our_file_is_undone_and_not_taken_for_the_networks_own', async () => {
  await helper.apply(world.settings('home'));
  await inMachine('sed -i s/^nameserver.*/nameserver\\ 192.0.2.99/ /etc/resolv.conf');
  await waitFor(async () => !(await world.resolvConf()).includes('192.0.2.99'), {
    what: 'the edit to be undone',
  });
  await helper.revert(world.settings('home').device);
  expect(await world.resolvConf()).toBe(hotelConf);
});

describe('a_helper_after_a_killed_one', () => {
  it('puts_back_what_was_there', async () => {
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    await helper.apply(world.settings('work'));
    await helper.kill();
    helper = world.startHelper();
    await helper.recover();
    expect(world.snapshot()).toBe(before);
    expect(world.journal()).toBeNull();
  });

  it('keeps_what_belongs_to_a_tunnel_that_lives_on_and_watches_over_it', async () => {
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    await helper.apply(world.settings('work'));
    await helper.kill();
    helper = world.startHelper();
    await helper.recover([world.settings('home').device]);
    expect(await world.ask()).toBe('home');
    expect(await world.resolvConf()).not.toContain('work');
    world.write('/etc/resolv.conf', hotelConf);
    await untilOurs();
    await helper.revert(world.settings('home').device);
    expect(world.snapshot()).toBe(before);
  });
});

describe('a_machine_that_takes_no_change', () => {
  it.each([
    {
      why: 'immutable',
      hinder: 'chattr +i /etc/resolv.conf',
      undo: 'chattr -i /etc/resolv.conf',
      what: /EPERM/,
      advice: /chattr -i \/etc\/resolv\.conf/,
    },
    {
      why: 'read_only',
      hinder: 'mount -o remount,ro /etc',
      undo: 'mount -o remount,rw /etc',
      what: /EROFS/,
      advice: /make \/etc writable/,
    },
    {
      why: 'mounted',
      hinder: 'mount --bind /etc/resolv.conf /etc/resolv.conf',
      undo: 'umount /etc/resolv.conf',
      what: /EBUSY/,
      advice: /mounted from elsewhere/,
    },
  ])('because_it_is_$why_says_so_and_is_left_as_it_was', async ({ hinder, undo, what, advice }) => {
    const before = world.snapshot();
    await inMachine(hinder);
    const answer = await helper.apply(world.settings('home'));
    const after = world.snapshot();
    await inMachine(undo);
    expect(answer?.failure).toEqual({
      what: expect.stringMatching(what),
      where: 'at /etc/resolv.conf',
      advice: expect.stringMatching(advice),
    });
    expect(after).toBe(before);
    expect(world.journal()).toBeNull();
  });
});

/** Takes all the room there is in a folder. */
const fill = (folder: string) =>
  world.run('sh', ['-c', 'cat /dev/zero > $0/fill 2> /dev/null || true', folder]);

describe('a_full_disk_below_etc', () => {
  beforeEach(() =>
    inMachine(`mkdir -p /run/small; mount -t tmpfs -o size=40k tmpfs /run/small
      cp /etc/nsswitch.conf /etc/resolv.conf /run/small; mount --move /run/small /etc`),
  );
  afterEach(() => inMachine('umount /etc'));

  it('is_told_and_everything_is_left_as_it_was', async () => {
    const before = world.snapshot();
    await fill('/etc');
    const answer = await helper.apply(world.settings('home'));
    expect(answer?.failure).toMatchObject({
      what: expect.stringContaining('ENOSPC'),
      advice: 'make room on the disk',
    });
    expect(world.snapshot()).toBe(before);
    expect(world.journal()).toBeNull();
  });

  it('does_not_keep_a_tunnel_from_giving_back_what_was_there', async () => {
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    await fill('/etc');
    expect(await helper.revert(world.settings('home').device)).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
  });
});

describe('a_full_disk_below_the_journal', () => {
  beforeEach(() => inMachine('mount -t tmpfs -o size=8k tmpfs /run/wayfare'));
  afterEach(() => inMachine('umount /run/wayfare'));

  it('is_told_and_everything_is_left_as_it_was', async () => {
    await fill('/run/wayfare');
    const before = world.snapshot();
    const answer = await helper.apply(world.settings('home'));
    expect(answer?.failure).toMatchObject({
      what: expect.stringContaining('ENOSPC'),
      where: 'in /run/wayfare',
    });
    expect(world.snapshot()).toBe(before);
  });

  it('does_not_keep_a_tunnel_from_giving_back_what_was_there', async () => {
    const before = world.snapshot();
    await helper.apply(world.settings('home'));
    await fill('/run/wayfare');
    expect(await helper.revert(world.settings('home').device)).toMatchObject({ failure: null });
    expect(world.snapshot()).toBe(before);
  });
});

it.each([
  ['a server', { servers: ['10.0.0.1\nnameserver 192.0.2.9'] }],
  ['a server with a zone', { servers: ['fe80::1%eth0'] }],
  ['a domain', { searchDomains: ['home.example\nnameserver 192.0.2.9'] }],
  ['an option for a domain', { searchDomains: ['--help'] }],
  ['a device', { device: '../../etc/passwd' }],
  ['an option for a device', { device: '-d x' }],
])('%s_that_is_hostile_reaches_nobody', async (_, changes) => {
  const before = world.snapshot();
  const answer = await helper.apply(world.settings('home', changes));
  expect(answer?.failure?.what).toBe('its DNS cannot be handed on');
  expect(world.snapshot()).toBe(before);
});
