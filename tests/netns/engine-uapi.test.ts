/** The engine's UAPI socket under what no wg(8) would send it: it answers with an error, and keeps serving. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EngineProcess, startEngine, uapiSocket } from '../support/engine-process.ts';
import { closeNamespaces, createNamespace, type Namespace } from '../support/netns.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { createTunnelPair } from '../support/tunnel-pair.ts';
import { askOnce, UapiClient } from '../support/uapi-client.ts';

const MAX_PEERS = 65_536;
const MEGABYTE = 2 ** 20;
const INVALID = `errno=-${constants.errno.EINVAL}`;
const PROTOCOL = `errno=-${constants.errno.EPROTO}`;
const KEY = 'ab'.repeat(32);
const OTHER_KEY = 'cd'.repeat(32);

let home: Namespace;
let engine: EngineProcess;
let client: UapiClient;

beforeAll(async () => {
  home = await createNamespace('home');
  engine = await startEngine('wayfare', home);
});
afterAll(() => closeNamespaces(home));
beforeEach(async () => {
  client = await UapiClient.open(engine.name);
  expect(
    await client.ask('set=1', 'replace_peers=true', `public_key=${KEY}`, 'allowed_ip=10.1.0.0/16'),
  ).toEqual(['errno=0']);
});
afterEach(async () => {
  client.close();
  expect(await engine.show('allowed-ips')).toMatch(/\t10\.1\.0\.0\/16$/);
});

/** The device as it is, as far as a set could have changed it. */
async function state(): Promise<string[]> {
  return askOnce(engine.name, 'get=1');
}

describe('operations', () => {
  it('the_socket_is_for_its_owner_alone', () => {
    expect(statSync(uapiSocket(engine.name)).mode & 0o777).toBe(0o600);
  });

  it('many_on_one_connection_are_answered_in_order', async () => {
    const gets = 'get=1\n\n'.repeat(50);
    client.send(`${gets}set=1\nfwmark=7\n\nset=1\nfwmark=banana\n\n${gets}set=1\nfwmark=0\n\n`);
    const replies = await client.replies(103);
    expect(replies).toHaveLength(103);
    expect(replies.slice(50, 52)).toEqual(['errno=0', INVALID]);
    expect(replies[49]).not.toContain('fwmark=');
    expect(replies[52]).toContain('fwmark=7');
  });

  it('one_that_comes_byte_by_byte_is_understood', async () => {
    for (const byte of 'set=1\nfwmark=9\n\n') {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.replies()).toEqual(['errno=0']);
    expect(await client.ask('set=1', 'fwmark=0')).toEqual(['errno=0']);
  });

  it('half_of_one_changes_nothing', async () => {
    const before = await state();
    client.send('set=1\nreplace_peers=true\nfwmark=3\n');
    client.close();
    expect(await state()).toEqual(before);
  });

  it('an_empty_set_is_fine', async () => {
    expect(await client.ask('set=1')).toEqual(['errno=0']);
  });
});

describe('a set with a mistake in its last line', () => {
  it.each([
    'allowed_ip=10.0.0.0/33',
    'allowed_ip=10.0.0/8',
    'allowed_ip=::/129',
    'allowed_ip=',
    'endpoint=1.2.3.4',
    'endpoint=1.2.3.4:65536',
    'endpoint=example.org:1',
    'endpoint=::1:5',
    'persistent_keepalive_interval=65536',
    'persistent_keepalive_interval=-1',
    'persistent_keepalive_interval=0x10',
    'preshared_key=abcd',
    `preshared_key=${'zz'.repeat(32)}`,
    'protocol_version=2',
    'remove=false',
    'replace_allowed_ips=yes',
    'public_key=00',
    'listen_port=1',
    'no_such_key=1',
    'nonsense',
    '=',
    'errno=0',
  ])('such_as_%s_changes_nothing', async (mistake) => {
    const before = await state();
    const change = ['fwmark=5', 'listen_port=40500', `private_key=${OTHER_KEY}`, 'replace_peers=true'];
    const reply = await client.ask(
      'set=1',
      ...change,
      `public_key=${OTHER_KEY}`,
      'allowed_ip=0.0.0.0/0',
      mistake,
    );
    expect(reply).toEqual([INVALID]);
    expect(await state()).toEqual(before);
  });

  it.each([
    'listen_port=65536',
    'fwmark=4294967296',
    'private_key=',
    'replace_peers=1',
    'allowed_ip=10.0.0.0/8',
  ])('of_the_device_such_as_%s_changes_nothing', async (mistake) => {
    const before = await state();
    expect(await client.ask('set=1', 'fwmark=5', mistake)).toEqual([INVALID]);
    expect(await state()).toEqual(before);
  });
});

describe('garbage', () => {
  it.each(['get=2', 'get=1\nfwmark=1', 'set=0', 'hello', '\u0000', 'GET / HTTP/1.1\r\nHost: x\r\n'])(
    'such_as_%j_is_refused',
    async (text) => {
      client.send(`${text}\n\n`);
      expect(await client.replies()).toEqual([PROTOCOL]);
      await client.replies(2); // the end of the connection
      expect(client.isClosed).toBe(true);
    },
  );

  it('of_random_bytes_is_refused_each_time', async () => {
    for (let i = 0; i < 100; i++) {
      const connection = await UapiClient.open(engine.name);
      connection.send(Buffer.concat([randomBytes(1 + i * 37), Buffer.from('\n\n')]));
      expect((await connection.replies())[0]).toMatch(/^errno=-\d+$/);
      connection.close();
    }
  });

  it('of_a_line_of_a_megabyte_is_refused_and_not_collected', async () => {
    const before = engine.residentBytes();
    for (let i = 0; i < 20; i++) {
      const connection = await UapiClient.open(engine.name);
      connection.send(`set=1\nprivate_key=${'a'.repeat(MEGABYTE)}`);
      expect(await connection.replies()).toEqual([PROTOCOL]);
      connection.close();
    }
    expect(engine.residentBytes() - before).toBeLessThan(64 * MEGABYTE);
  });

  it('of_lines_without_end_is_refused', async () => {
    client.send('set=1\n');
    client.send('fwmark=1\n'.repeat(2 ** 20 + 10));
    expect(await client.replies()).toEqual([PROTOCOL]);
  });
});

describe('connections', () => {
  it('two_hundred_that_say_nothing_keep_nobody_out', async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => UapiClient.open(engine.name)));
    expect(await engine.show('peers')).not.toBe('');
    expect(idle.every(({ isClosed }) => !isClosed)).toBe(true);
    for (const connection of idle) connection.close();
  });

  it('one_that_never_reads_keeps_nobody_waiting', async () => {
    const deaf = await UapiClient.open(engine.name);
    deaf.send('get=1\n\n'.repeat(10_000));
    expect(await engine.show('peers')).not.toBe('');
    deaf.close();
  });

  it('wg_show_is_answered_under_traffic', async () => {
    const pair = await createTunnelPair('wayfare', 'wireguard-go');
    await pair.configure();
    const { left, right } = pair;
    const ends = { from: left.namespace, to: right.namespace, address: right.v4 };
    const transfer = transferTcp({ ...ends, streams: 4, bytesPerStream: 5_000_000 });
    let answers = 0;
    let isDone = false;
    void transfer.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      expect(await left.engine.show('dump')).toContain(right.keys.public);
      answers++;
    }
    expect(await transfer).toMatchObject({ intactStreams: 4 });
    expect(answers).toBeGreaterThan(3);
    await pair.close();
  });
});

describe('as many peers as there may be', () => {
  const keyOf = (i: number) => i.toString(16).padStart(64, '0');
  const addressOf = (i: number) => `100.${64 + (i >> 16)}.${(i >> 8) & 0xff}.${i & 0xff}/32`;

  it('are_set_and_listed_and_one_more_is_refused', async () => {
    const crowded = await startEngine('wayfare', home);
    const crowd = await UapiClient.open(crowded.name);
    const before = crowded.residentBytes();
    const peers = Array.from(
      { length: MAX_PEERS },
      (_, i) => `public_key=${keyOf(i + 1)}\nallowed_ip=${addressOf(i)}\nendpoint=192.0.2.1:51820`,
    ).join('\n');
    const setStarted = performance.now();
    expect(await crowd.ask('set=1', peers)).toEqual(['errno=0']);
    const setMs = performance.now() - setStarted;
    const grown = (crowded.residentBytes() - before) / MEGABYTE;
    const getStarted = performance.now();
    const listed = await crowd.ask('get=1');
    const getMs = performance.now() - getStarted;
    expect(new Set(listed.filter((line) => line.startsWith('public_key='))).size).toBe(MAX_PEERS);
    expect(new Set(listed.filter((line) => line.startsWith('allowed_ip='))).size).toBe(MAX_PEERS);
    console.log(
      `${MAX_PEERS} peers: set in ${setMs.toFixed(0)} ms, listed in ${getMs.toFixed(0)} ms, ` +
        `the engine grew by ${grown.toFixed(0)} MB`,
    );
    expect(await crowd.ask('set=1', `public_key=${keyOf(MAX_PEERS + 1)}`)).toEqual([INVALID]);
    expect((await crowded.show('peers')).split('\n')).toHaveLength(MAX_PEERS);
    expect(await crowd.ask('set=1', 'replace_peers=true')).toEqual(['errno=0']);
    expect(await crowded.show('peers')).toBe('');
    crowd.close();
    await crowded.stop();
  });
});
