/**
 * Which tunnels are up, written down for the helper that comes after a killed one: live.json in a folder that is gone with
 * the boot, and no full disk keeps from being written. What it says of another boot is not so any more.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { toFailure } from '../failure.ts';
import type { ProtectedTunnel } from '../firewall/policy.ts';
import type { Log } from '../log.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { KernelSetting } from '../routes/full-tunnel-routing.ts';
import { openPrivateFolder } from '../storage/private-folder.ts';
import { parseVersioned } from '../storage/versioned.ts';

const FILE = 'live.json';
const VERSION = 1;
const MAX_BYTES = 1_000_000;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

const liveTunnel = z.strictObject({
  isFull: z.boolean(),
  killSwitch: z.boolean(),
  allowLan: z.boolean(),
  mark: z.int(),
  addresses: z.array(z.string()),
  // Helpers before this one wrote no host.
  endpoints: z.array(z.strictObject({ address: z.string(), port: z.int(), host: z.string().optional() })),
});
const liveFile = z.strictObject({
  version: z.literal(VERSION),
  bootId: z.string(),
  tunnels: z.record(z.string(), liveTunnel),
  kernelSettings: z.array(z.strictObject({ name: z.string(), before: z.string() })),
});

/** As a helper that was killed left it. */
export interface LiveState {
  readonly tunnels: ReadonlyMap<string, ProtectedTunnel>;
  /** What was changed, as it was before. */
  readonly kernelSettings: readonly KernelSetting[];
}

export interface LiveJournal {
  /** Of this boot. Never throws: what cannot be read is logged. */
  read(): Promise<LiveState>;
  /** @throws Failure, which is logged */
  writeTunnels(tunnels: ReadonlyMap<string, ProtectedTunnel>): Promise<void>;
  /** Never throws. */
  writeKernelSettings(settings: readonly KernelSetting[]): Promise<void>;
}

/** @throws Failure where the folder is not this user's own */
export async function openLiveJournal(runDir: string, log: Log): Promise<LiveJournal> {
  const folder = await openPrivateFolder(runDir);
  const bootId = readBootId();
  let tunnels: LiveState['tunnels'] = new Map();
  let kernelSettings: readonly KernelSetting[] = [];
  const inTurn = oneAtATime();

  function write(): Promise<void> {
    const content = JSON.stringify({
      version: VERSION,
      bootId,
      tunnels: Object.fromEntries([...tunnels].map(([name, tunnel]) => [name, toJson(tunnel)])),
      kernelSettings,
    });
    return inTurn(() => folder.replace(FILE, `${content}\n`)).catch((error) => {
      log('warning', 'which tunnels are up is not written down', reasonOf(error));
      throw error;
    });
  }

  return {
    async read() {
      try {
        const bytes = await folder.read(FILE, MAX_BYTES);
        if (bytes === null) return NOTHING;
        const text = Buffer.from(bytes).toString();
        const file = parseVersioned(text, liveFile, VERSION, `at ${join(runDir, FILE)}`);
        if (file.bootId !== bootId) return NOTHING;
        const left = Object.entries(file.tunnels).map(([name, tunnel]) => [name, fromJson(tunnel)] as const);
        return { tunnels: new Map(left), kernelSettings: file.kernelSettings };
      } catch (error) {
        log('warning', 'which tunnels were up cannot be read', reasonOf(error));
        return NOTHING;
      }
    },
    writeTunnels(now) {
      tunnels = new Map(now);
      return write();
    },
    writeKernelSettings(now) {
      kernelSettings = now;
      return write().catch(() => {}); // logged
    },
  };
}

const NOTHING: LiveState = { tunnels: new Map(), kernelSettings: [] };

function readBootId(): string {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return ''; // a system without one: what is left there is told by what stands
  }
}

function toJson({ isFull, killSwitch, allowLan, mark, addresses, endpoints }: ProtectedTunnel): unknown {
  return {
    isFull,
    killSwitch,
    allowLan,
    mark,
    addresses: addresses.map(String),
    endpoints: endpoints.map(({ address, port, host }) => ({ address, port, host })),
  };
}

function fromJson(tunnel: z.output<typeof liveTunnel>): ProtectedTunnel {
  const addresses = tunnel.addresses.flatMap((text) => IpPrefix.parse(text) ?? []);
  return { ...tunnel, addresses, state: 'connecting', device: null };
}

function reasonOf(error: unknown): { reason: string } {
  return { reason: toFailure(error).message };
}
