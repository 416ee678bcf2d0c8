/**
 * What is set on the machine, written down before it is done: STATE/dns.json, mode 0600, whole or absent. While there
 * is nothing to take back, there is no file.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isSearchDomain } from '../../engine/config/interface-values.ts';
import { isTunnelName } from '../../engine/config/tunnel-name.ts';
import { IpAddress } from '../../engine/wire/ip-prefix.ts';
import { errorCode, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { replace, syncFolder, unlinkIfThere, writeSynced } from '../storage/durable-file.ts';
import { BACKEND_NAMES, type BackendName, type TunnelList } from './backend.ts';

/** What may reach a program's arguments or a file that others read: nothing that could end a word or a line. */
export const dnsSettings = z.strictObject({
  device: z.string().refine(isTunnelName),
  servers: z.array(z.string().refine((text) => IpAddress.parse(text)?.toString() === text)),
  searchDomains: z.array(z.string().refine(isSearchDomain)),
  isFullTunnel: z.boolean(),
});

/** What stood at resolv.conf before us. */
const original = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('symlink'), target: z.string() }),
  z
    .strictObject({
      kind: z.literal('file'),
      /** Base64. */
      bytes: z.base64(),
      sha256: z.hex(),
      mode: z.int().min(0).max(0o7777),
      uid: z.int().min(0),
      gid: z.int().min(0),
    })
    .refine(({ bytes, sha256 }) => sha256Of(Buffer.from(bytes, 'base64')) === sha256),
]);
export type Original = z.output<typeof original>;

const dnsState = z.strictObject({
  version: z.literal(1),
  tunnels: z.array(dnsSettings),
  /** Taken down, though not all of theirs could be taken back. */
  leftovers: z.array(dnsSettings),
  /** Where their servers are, or may be, set. */
  backends: z.array(z.enum(BACKEND_NAMES)),
  /** Null unless the file is among them. */
  original: original.nullable(),
});
export interface DnsState {
  readonly tunnels: TunnelList;
  readonly leftovers: TunnelList;
  readonly backends: readonly BackendName[];
  readonly original: Original | null;
}

export const NOTHING_SET: DnsState = { tunnels: [], leftovers: [], backends: [], original: null };

const FILE = 'dns.json';
const TEMPORARY_FILE = '#dns.json';

export class Journal {
  readonly #folder: string;
  #state: DnsState;

  private constructor(folder: string, state: DnsState) {
    this.#folder = folder;
    this.#state = state;
  }

  /** One that cannot be read says so in the log, and counts as empty. @throws Failure where there is no folder for it */
  static async open(folder: string, log: Log): Promise<Journal> {
    await inWords(folder, async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await unlinkIfThere(join(folder, TEMPORARY_FILE)); // of a crash
    });
    return new Journal(folder, await readState(join(folder, FILE), log));
  }

  get state(): DnsState {
    return this.#state;
  }

  /** @throws Failure, with the former state still written down */
  async write(state: DnsState): Promise<void> {
    await inWords(this.#folder, () => this.#save(state));
    this.#state = state;
  }

  /** For what has been taken back already: on a disk that takes no more, the former state stays written down. */
  async forget(state: DnsState, log: Log): Promise<void> {
    this.#state = state;
    await this.#save(state).catch((error) =>
      log('warning', 'the journal of DNS cannot be written', { reason: String(error) }),
    );
  }

  async #save(state: DnsState): Promise<void> {
    const path = join(this.#folder, FILE);
    const text = `${JSON.stringify({ version: 1, ...state })}\n`;
    if (state.backends.length > 0 || state.tunnels.length > 0)
      return replace(path, join(this.#folder, TEMPORARY_FILE), (temporary) =>
        writeSynced(temporary, text, { mode: 0o600 }),
      );
    await unlinkIfThere(path);
    await syncFolder(this.#folder);
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readState(path: string, log: Log): Promise<DnsState> {
  try {
    const { version: _, ...state } = dnsState.parse(JSON.parse(await readFile(path, 'utf8')));
    return state;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT')
      log('error', 'the journal of DNS cannot be read: what stood before is not known', {
        file: path,
        reason: String(error),
      });
    return NOTHING_SET;
  }
}

async function inWords<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(
      `what stood in resolv.conf cannot be written down (${reason})`,
      `in ${folder}`,
      'check its disk and its rights',
    );
  }
}
