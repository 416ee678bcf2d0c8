/** Talks with dns-driver.ts, which is bundled first. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { build } from 'esbuild';
import type { DnsSettings } from '../../helper/dns/index.ts';
import type { Answer, DriverOptions, Order } from './dns-driver.ts';

const SUPPORT = resolve(import.meta.dirname);

/** The driver as one file, in a folder of its own until it is closed. */
export class DnsDriver {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wayfare-dns-driver-'));

  get path(): string {
    return join(this.#folder, 'dns-driver.mjs');
  }

  async build(): Promise<this> {
    symlinkSync(join(SUPPORT, '../../node_modules'), join(this.#folder, 'node_modules'));
    await build({
      entryPoints: [join(SUPPORT, 'dns-driver.ts')],
      outfile: this.path,
      bundle: true,
      minify: true,
      // Its binary stays where it is.
      external: ['koffi'],
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
    });
    return this;
  }

  /** @param prefix the program that puts it where it is to run, with its arguments */
  start(options: DriverOptions, prefix: readonly string[] = []): DnsProcess {
    const [program = '', ...words] = [...prefix, process.execPath, this.path, JSON.stringify(options)];
    return new DnsProcess(spawn(program, words));
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class DnsProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  readonly exited: Promise<NodeJS.Signals | null>;
  #log = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stdin.on('error', () => {}); // it was killed: that it gives no answer says so
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#log += text;
    });
    this.#lines = createInterface({ input: child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    this.exited = new Promise((done) => child.once('close', (_, signal) => done(signal)));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get wasKilled(): boolean {
    return this.#child.signalCode !== null;
  }

  /** JSON lines. */
  get log(): string {
    return this.#log;
  }

  recover(adopted: string[] = []): Promise<Answer | null> {
    return this.order({ verb: 'recover', adopted });
  }

  apply(settings: DnsSettings): Promise<Answer | null> {
    return this.order({ verb: 'apply', settings });
  }

  revert(device: string): Promise<Answer | null> {
    return this.order({ verb: 'revert', device });
  }

  /** @returns null where it was killed instead of answering */
  async order(order: Order): Promise<Answer | null> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#answers.next();
    return done ? null : JSON.parse(value);
  }

  kill(): Promise<NodeJS.Signals | null> {
    this.#child.kill('SIGKILL');
    return this.exited;
  }

  /** Lets it end by itself: what keeps it alive is a mistake. */
  end(): Promise<NodeJS.Signals | null> {
    this.#child.stdin.end();
    return this.exited;
  }
}
