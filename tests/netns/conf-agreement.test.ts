/**
 * Wayfare's reading of a `.conf` against the real one: `wg-quick strip` and `wg setconf` on a userspace engine in a
 * network namespace. They must agree on accepted and refused and, where both accept, on what the file means.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndpointConfig, TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { parseWgQuick } from '../../engine/config/wg-quick.ts';
import { ConfigError } from '../../engine/errors.ts';
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { CONF_CORPUS, type ConfCase } from '../vectors/conf/corpus.ts';

/** The engine under `wg`: this, then the interface's name. It goes into the background once it is ready. */
const ENGINE = [fileURLToPath(new URL('../../dist/wayfare-engine.js', import.meta.url))];
const STRIPS_AT_A_TIME = 4;

const run = promisify(execFile);
const interfaceName = `wgc${process.pid % 100_000}`;
const namespace = `wayfare-${interfaceName}`;
const environment = {
  ...process.env,
  WG_ENDPOINT_RESOLUTION_RETRIES: '0',
  WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD: '1',
};

/** What both readings are brought to: what a device can be asked for. */
interface Meaning {
  privateKey: string;
  listenPort: number;
  fwMark: number;
  peers: Record<string, PeerMeaning>;
}

interface PeerMeaning {
  presharedKey: string;
  endpoint: string;
  allowedIps: string[];
  persistentKeepalive: number;
}

describe.skipIf(process.getuid?.() !== 0)('a .conf read by wireguard-tools and by Wayfare', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-conf-'));

  beforeAll(async () => {
    execFileSync('ip', ['netns', 'add', namespace]);
    // Its output is not awaited: the engine keeps it open in the background.
    execFileSync('ip', ['netns', 'exec', namespace, ...ENGINE, interfaceName], {
      env: environment,
      stdio: 'ignore',
    });
    const stripped = await inParallel(CONF_CORPUS, (conf, index) => strip(folder, conf, index));
    await setEach(stripped.filter((file) => file !== null));
  }, 300_000);

  afterAll(() => {
    spawnSync('ip', ['-n', namespace, 'link', 'del', interfaceName]);
    spawnSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true });
  });

  it('the_corpus_has_at_least_320_files_and_both_verdicts', () => {
    const count = (verdict: ConfCase['verdict']) => CONF_CORPUS.filter((c) => c.verdict === verdict).length;
    expect(CONF_CORPUS.length).toBeGreaterThanOrEqual(320);
    expect(count('accepted')).toBeGreaterThanOrEqual(100);
    expect(count('refused')).toBeGreaterThanOrEqual(100);
  });

  for (const [index, { name, bytes, verdict, disagreement }] of CONF_CORPUS.entries()) {
    it(`${verdict}${disagreement === null ? '' : ' by Wayfare only'}: ${name}`, async () => {
      const ours = readByWayfare(bytes);
      expect(ours === null ? 'refused' : 'accepted').toBe(verdict);
      const dump = `${strippedFile(folder, index)}.dump`;
      const accepted = existsSync(dump);
      expect(accepted, disagreement ?? 'wireguard-tools').toBe((ours !== null) === (disagreement === null));
      if (ours === null || !accepted) return;
      const theirs = meaningOfDump(readFileSync(dump, 'utf8'));
      expect(await meaningOfConfig(ours, theirs)).toEqual(theirs);
    });
  }
});

/** Runs `task` on each item, a few at a time, in order of their results. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  task: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await task(item, index);
  };
  await Promise.all(Array.from({ length: STRIPS_AT_A_TIME }, worker));
  return results;
}

function strippedFile(folder: string, index: number): string {
  return join(folder, `c${index}.stripped`);
}

/** @returns the file to give to `wg setconf`, or null where wg-quick refuses */
async function strip(folder: string, conf: ConfCase, index: number): Promise<string | null> {
  const file = join(folder, `c${index}.conf`);
  writeFileSync(file, conf.bytes, { mode: 0o600 });
  try {
    const { stdout } = await run('wg-quick', ['strip', file], { encoding: 'buffer', maxBuffer: 1 << 24 });
    writeFileSync(strippedFile(folder, index), stdout);
    return strippedFile(folder, index);
  } catch {
    return null;
  }
}

/** Sets the device to one file after the other, and writes what it then is to FILE.dump where wg accepts the file. */
async function setEach(files: readonly string[]): Promise<void> {
  const script =
    'name=$1; shift; for file; do wg setconf "$name" "$file" && wg show "$name" dump > "$file.dump"; done';
  const command = ['netns', 'exec', namespace, 'sh', '-c', `${script}; true`, 'sh', interfaceName, ...files];
  await run('ip', command, { env: environment, maxBuffer: 1 << 24 });
}

function readByWayfare(bytes: Uint8Array): TunnelConfig | null {
  try {
    return parseWgQuick(bytes).config;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** `wg show dump`: tabs between the fields, the device's line first, then one a peer. */
function meaningOfDump(dump: string): Meaning {
  const [device = [], ...peers] = dump
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const [privateKey = '', , listenPort = '', fwMark = ''] = device;
  return {
    privateKey,
    listenPort: Number(listenPort),
    fwMark: fwMark === 'off' ? 0 : Number(fwMark),
    peers: Object.fromEntries(
      peers.map(
        ([publicKey = '', presharedKey = '', endpoint = '', allowedIps = '', , , , keepalive = '']) => [
          publicKey,
          {
            presharedKey,
            endpoint,
            allowedIps: allowedIps === '(none)' ? [] : normalised(allowedIps.split(',')),
            persistentKeepalive: keepalive === 'off' ? 0 : Number(keepalive),
          },
        ],
      ),
    ),
  };
}

/**
 * What the device must say of this configuration. A prefix at several peers belongs to the last. Where the file leaves
 * a choice, the device's own is taken over: a random port, which of the addresses of a name.
 */
async function meaningOfConfig(config: TunnelConfig, device: Meaning): Promise<Meaning> {
  const owners = new Map(config.peers.flatMap((peer) => peer.allowedIps.map((ip) => [`${ip}`, peer])));
  const peers: Meaning['peers'] = {};
  for (const peer of config.peers) {
    const publicKey = peer.publicKey.toBase64();
    peers[publicKey] = {
      presharedKey: peer.presharedKey?.toBase64() ?? '(none)',
      endpoint: await endpointText(peer.endpoint, device.peers[publicKey]?.endpoint ?? ''),
      allowedIps: normalised(peer.allowedIps.map(String).filter((ip) => owners.get(ip) === peer)),
      persistentKeepalive: peer.persistentKeepalive ?? 0,
    };
  }
  const { privateKey, listenPort, fwMark } = config.interface;
  return {
    privateKey: privateKey?.toBase64() ?? '(none)',
    listenPort: listenPort === null || listenPort === 0 ? device.listenPort : listenPort,
    fwMark: fwMark ?? 0,
    peers,
  };
}

async function endpointText(endpoint: EndpointConfig | null, deviceEndpoint: string): Promise<string> {
  if (endpoint === null) return '(none)';
  const [host = '', zone] = endpoint.host.split('%');
  const addresses = await lookup(host, { all: true });
  const texts = addresses.flatMap((found) => {
    const address = String(IpAddress.parse(found.address));
    const text = address.includes(':') ? `[${address}]:${endpoint.port}` : `${address}:${endpoint.port}`;
    // The device tells a zone by its number.
    return zone === undefined ? [text] : [text, text.replace(']', `%${zone}]`)];
  });
  return texts.find((text) => text === deviceEndpoint) ?? texts.join(' or ');
}

function normalised(prefixes: readonly string[]): string[] {
  return prefixes.map((text) => String(IpPrefix.parse(text)?.masked())).sort();
}
