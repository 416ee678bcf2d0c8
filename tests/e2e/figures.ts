/** `npm run figures`: how quick, how large and how hungry the app is, printed as a list. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type BrowserServer, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject, it } from 'vitest';
import { AppWorld } from '../support/app-world.ts';
import { CHROMIUM, CHROMIUM_ARGUMENTS } from '../support/browser-server.ts';

const VISITS = 9;
/** Until what is paid once has been: compiling, first collections of garbage. */
const SETTLING_SECONDS = 30;
const CPU_SECONDS = 60;
/** sysconf(_SC_CLK_TCK), which is 100 on every Linux. */
const TICKS_A_SECOND = 100;
const world = new AppWorld();
let own: BrowserServer;

beforeAll(async () => {
  // Of its own, so that its processes can be told from others'.
  own = await chromium.launchServer({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  world.browserEndpoint = own.wsEndpoint();
  await world.open();
});
afterAll(async () => {
  await world.close();
  await own.close();
});

function print(figure: string, value: string): void {
  process.stdout.write(`${figure}: ${value}\n`);
}

it('size of the page', () => {
  const folder = join(inject('programs'), 'page');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  );
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  const sizeOf = (chosen: string[]) => {
    const contents = chosen.map((file) => readFileSync(join(folder, file)));
    const bytes = contents.reduce((sum, { length }) => sum + length, 0);
    const packed = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
    return `${Math.round(bytes / 1_000)} kB, ${Math.round(packed / 1_000)} kB gzipped`;
  };
  const atFirst = files.filter(
    (file) => file === 'index.html' || file === 'bridge.js' || index.includes(`./${file}`),
  );
  print('loaded at first', sizeOf(atFirst));
  print('all files', sizeOf(files));
});

it('time until the page can be used', async () => {
  const name = await world.importTunnel();
  const times: number[] = [];
  for (let i = 0; i < VISITS; i++) {
    const page = await world.visit('about:blank');
    const began = performance.now();
    await page.goto(world.address, { waitUntil: 'commit' });
    await page.getByRole('switch', { name: `Connect ${name}` }).waitFor();
    times.push(performance.now() - began);
    await page.close();
  }
  times.sort((a, b) => a - b);
  print(
    'until the first tunnel can be connected',
    `${Math.round(times[VISITS >> 1]!)} ms (median of ${VISITS})`,
  );
});

it('cost of the graph', async () => {
  const name = await world.importTunnel();
  await world.ask('up', { name, timeoutSeconds: 30, replace: false, detached: false });
  const page = await world.visit(`#/tunnel/${name}`);
  await page.getByRole('img', { name: /^Graph/ }).waitFor();
  const traffic = world.traveller.spawn('ping', ['-q', '-i', '0.05', '-s', '1200', '10.70.0.1']);
  await delay(SETTLING_SECONDS * 1_000);
  const parts = { helper: [world.helper.pid], app: [world.ui.pid], page: renderers(), browser: others() };
  const before = Object.values(parts).map(ticksOf);
  await delay(CPU_SECONDS * 1_000);
  let ofOurs = 0;
  for (const [i, [part, pids]] of Object.entries(parts).entries()) {
    const percent = (100 * (ticksOf(pids) - before[i]!)) / TICKS_A_SECOND / CPU_SECONDS;
    print(`CPU with the graph, ${part}`, `${percent.toFixed(1)} % of a core`);
    if (part !== 'browser') ofOurs += percent;
  }
  print('CPU with the graph, but for the browser', `${ofOurs.toFixed(1)} % of a core`);
  await traffic.stop();
  await page.close();
  await world.wayfare('down');
});

it('memory after an hour', async () => {
  const name = await world.importTunnel();
  await world.ask('up', { name, timeoutSeconds: 30, replace: false, detached: false });
  const page = await world.visit('about:blank');
  await page.clock.install();
  await page.addInitScript(() => {
    const Original = WebSocket;
    const opened: WebSocket[] = [];
    Object.assign(window, { opened });
    window.WebSocket = class extends Original {
      constructor(url: string | URL) {
        super(url);
        opened.push(this);
      }
    };
  });
  await page.goto(`${world.address}#/tunnel/${name}`);
  await page.getByRole('img', { name: /^Graph/ }).waitFor();
  await tellMinutes(page, name, 0, 5);
  const before = await heapOf(page);
  await tellMinutes(page, name, 5, 60);
  const after = await heapOf(page);
  print('heap of the page after 5 minutes', `${(before / 1e6).toFixed(1)} MB`);
  print('heap of the page after 1 hour', `${(after / 1e6).toFixed(1)} MB`);
});

/** What the app tells in that time, one event a second, without waiting for it. */
async function tellMinutes(page: Page, name: string, from: number, to: number): Promise<void> {
  for (let minute = from; minute < to; minute++) {
    await page.evaluate(
      ({ name, minute }) => {
        const { opened } = window as unknown as { opened: WebSocket[] };
        for (let second = minute * 60; second < minute * 60 + 60; second++) {
          const bytes = second * 100_000;
          const tunnels = [{ name, rxBytes: bytes, txBytes: bytes, latestHandshake: null }];
          const event = { event: 'traffic', atMs: 1e9 + second * 1_000, tunnels };
          const data = JSON.stringify({ event });
          opened.at(-1)!.onmessage?.(new MessageEvent('message', { data }));
        }
      },
      { name, minute },
    );
    await page.clock.runFor(60_000);
  }
}

async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** Every process of the browser, its parents before it. */
function browserPids(): number[] {
  const found = [own.process().pid ?? 0];
  for (const pid of found)
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean))
      found.push(Number(child));
  return found;
}

/** Of a page: chromium draws its own window in such a process too. */
function isRenderer(pid: number): boolean {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  return command.includes('--type=renderer') && !command.includes('--top-chrome-webui');
}

function renderers(): number[] {
  return browserPids().filter(isRenderer);
}

function others(): number[] {
  return browserPids().filter((pid) => !isRenderer(pid));
}

/** proc(5): utime and stime. */
function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}
