/** The harness itself: what tests/support/netns.ts and sniffer.ts promise to the other tests. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
  uniqueInterface,
} from '../support/netns.ts';
import { run, waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { transferTcp } from '../support/tcp-transfer.ts';

const ICMP = 1;

let left: Namespace;
let right: Namespace;
let link: { a: LinkEnd; b: LinkEnd };

beforeAll(async () => {
  left = await createNamespace('left');
  right = await createNamespace('right');
  link = await connectNamespaces(left, right);
});
afterAll(() => closeNamespaces(left, right));

describe('namespaces', () => {
  it('both_families_answer_at_once', async () => {
    expect(await left.ping(link.b.v4)).toMatchObject({ sent: 3, received: 3, lossPercent: 0 });
    expect(await left.ping(link.b.v6)).toMatchObject({ sent: 3, received: 3, lossPercent: 0 });
  });

  it('lost_pings_are_counted', async () => {
    const result = await left.ping('10.99.1.77', { count: 2, waitMs: 100 });
    expect(result).toMatchObject({ received: 0, lossPercent: 100, rttMs: null });
  });

  it('the_host_is_out_of_reach', async () => {
    const { stdout } = await left.run('ip', ['-br', 'link']);
    expect(stdout.match(/^\w+/gm)).toEqual(['lo', 'veth1']);
  });

  it('a_failing_command_rejects_with_what_it_said', async () => {
    await expect(left.ip('link show nonesuch')).rejects.toThrow('"nonesuch" does not exist');
  });

  it('closing_ends_its_processes_and_removes_it', async () => {
    const namespace = await createNamespace('short-lived');
    const child = namespace.spawn('sleep', ['60']);
    await waitFor(async () => (await run('ip', ['netns', 'pids', namespace.name])).stdout, { what: 'sleep' });
    await namespace.close();
    expect(child.exit?.signal).toBe('SIGTERM');
    expect(existsSync(namespace.path)).toBe(false);
  });

  it('what_a_killed_run_left_behind_is_removed', async () => {
    const stale = 'wayfare-test-4194999-1-stale'; // above the highest pid
    await run('ip', ['netns', 'add', stale]);
    const next = await createNamespace('next');
    expect(existsSync(`/run/netns/${stale}`)).toBe(false);
    expect(existsSync(left.path)).toBe(true);
    await next.close();
  });

  it('interface_names_are_unique_and_short', () => {
    const names = Array.from({ length: 100 }, () => uniqueInterface('initiator'));
    expect(new Set(names).size).toBe(100);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(15);
  });
});

describe('tcp streams', () => {
  it('every_byte_of_every_stream_is_checked', async () => {
    const result = await transferTcp({ from: left, to: right, address: link.b.v6, streams: 5 });
    expect(result).toMatchObject({ intactStreams: 5, bytes: 5_000_000 });
  });
});

describe('the sniffer', () => {
  const isEchoRequest = (packet: Buffer) => packet[9] === ICMP && packet[20] === 8;

  it('sees_each_frame_once', async () => {
    const sniffer = await sniff(right, link.b.interface, { direction: 'in' });
    await left.ping(link.b.v4, { count: 7, intervalMs: 5 });
    await sniffer.stop();
    expect(sniffer.packets.filter(isEchoRequest)).toHaveLength(7);
  });

  it('sees_what_a_filter_lets_through_only', async () => {
    const sniffer = await sniff(right, link.b.interface, { filter: 'icmp6 and ip6[40] == 128' });
    await left.ping(link.b.v4);
    await left.ping(link.b.v6, { count: 2 });
    expect(await sniffer.stop()).toHaveLength(2);
  });

  it('says_so_when_it_cannot_listen', async () => {
    await expect(sniff(left, 'nonesuch')).rejects.toThrow('No such device');
  });
});

describe('waitFor', () => {
  it('returns_what_became_true', async () => {
    let calls = 0;
    expect(await waitFor(() => (++calls === 3 ? 'third' : null), { what: 'a third call' })).toBe('third');
  });

  it('names_what_did_not_come_and_the_last_error', async () => {
    const failing = waitFor(
      () => {
        throw new Error('still down');
      },
      { what: 'the tunnel', timeoutMs: 50 },
    );
    await expect(failing).rejects.toThrow('the tunnel: not within 50 ms: still down');
  });
});
