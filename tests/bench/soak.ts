/**
 * A tunnel between our engine and wireguard-go, under light traffic for a long time, across many rekeys:
 *
 *     node tests/bench/run.mjs soak [--minutes 10] [--initiator wayfare|wireguard-go] [--skip-removal]
 *
 * Pings both ways and a TCP stream whose content is checked. Prints what was lost, which must be nothing, and how long
 * a removed source address silences each engine. Needs root; everything happens in network namespaces.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ContinuousPing, type PingRecord } from '../support/continuous-ping.ts';
import type { EngineKind } from '../support/engine-process.ts';
import type { BackgroundProcess } from '../support/processes.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { measureSourceRemoval } from '../support/source-removal.ts';
import { createTunnelPair, type TunnelPair } from '../support/tunnel-pair.ts';
import { type DatagramKind, readDatagrams } from '../support/wireguard-frames.ts';

/** The bundle lies in dist/bench, as deep as this file. */
const TCP_PEER = fileURLToPath(new URL('../../tests/support/tcp-peer.mjs', import.meta.url));
const SLOW_STREAM = fileURLToPath(new URL('../../tests/support/slow-stream.mjs', import.meta.url));

const PING_INTERVAL_MS = 20;
const REPORT_EVERY_MS = 60_000;
/** Handshake messages: their type is the first byte after the UDP header. */
const HANDSHAKES = 'udp and (udp[8] == 1 or udp[8] == 2 or udp[8] == 3)';

interface Options {
  seconds: number;
  initiator: EngineKind;
  measuresRemoval: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      initiator: { type: 'string', default: 'wayfare' },
      'skip-removal': { type: 'boolean', default: false },
    },
  });
  const { minutes, initiator } = values;
  const seconds = Number(minutes) * 60;
  if (!(seconds > 0)) throw new Error(`--minutes ${minutes}: give a number above 0`);
  if (initiator !== 'wayfare' && initiator !== 'wireguard-go') {
    throw new Error(`--initiator ${initiator}: give wayfare or wireguard-go`);
  }
  return { seconds, initiator, measuresRemoval: !values['skip-removal'] };
}

/** @returns whether nothing was lost */
async function soak({ seconds, initiator }: Options): Promise<boolean> {
  const responder: EngineKind = initiator === 'wayfare' ? 'wireguard-go' : 'wayfare';
  const pair = await createTunnelPair(initiator, responder);
  try {
    await pair.configure({ presharedKey: true });
    await pair.establish();
    const { left, right } = pair;
    const sniffer = await sniff(right.namespace, right.link.interface, { filter: HANDSHAKES });
    const pings = [
      new ContinuousPing(left.namespace, right.v4, { intervalMs: PING_INTERVAL_MS }),
      new ContinuousPing(right.namespace, left.v6, { intervalMs: PING_INTERVAL_MS }),
    ];
    const stream = await startStream(pair, seconds);
    const started = performance.now();
    const reporting = setInterval(() => {
      const minutes = Math.round((performance.now() - started) / REPORT_EVERY_MS);
      console.log(`  ${minutes} min, ${sniffer.frames.length + 2} handshake messages`);
    }, REPORT_EVERY_MS);
    await stream.exited;
    clearInterval(reporting);
    const records = await Promise.all(pings.map((ping) => ping.stop()));
    await sniffer.stop();
    const kinds = readDatagrams(sniffer.packets).map(({ kind }) => kind);
    return report(`${initiator} initiates, ${seconds} s`, records, stream, kinds);
  } finally {
    await pair.close();
  }
}

async function startStream({ left, right }: TunnelPair, seconds: number): Promise<BackgroundProcess> {
  const receiver = right.namespace.spawn(process.execPath, [TCP_PEER, 'receive', right.v6]);
  const port = await waitFor(() => /^port (\d+)$/m.exec(receiver.stdout)?.[1], { what: 'the TCP receiver' });
  return left.namespace.spawn(process.execPath, [SLOW_STREAM, right.v6, port, String(seconds)]);
}

function report(
  title: string,
  [there, back]: readonly PingRecord[],
  stream: BackgroundProcess,
  kinds: readonly DatagramKind[],
): boolean {
  const count = (kind: DatagramKind) => kinds.filter((each) => each === kind).length;
  const { isIntact, bytes } = JSON.parse(stream.stdout || '{}') as { isIntact?: boolean; bytes?: number };
  console.log(`${title}:`);
  for (const [name, ping] of Object.entries({
    'initiator to responder': there!,
    'responder to initiator': back!,
  })) {
    console.log(
      `  pings ${name}: ${ping.received} answered, ${ping.lost} lost, ` +
        `longest gap ${ping.longestGapMs.toFixed(0)} ms, longest round trip ${Math.max(0, ...ping.rttsMs).toFixed(1)} ms`,
    );
  }
  console.log(`  TCP: ${bytes ?? 0} bytes, ${isIntact === true ? 'intact' : `NOT intact ${stream.stderr}`}`);
  console.log(
    `  on the wire after the first handshake: ${count('initiation')} initiations, ${count('response')} responses`,
  );
  return (
    there!.lost === 0 && back!.lost === 0 && isIntact === true && there!.received > 0 && back!.received > 0
  );
}

const options = readOptions();
if (!(await soak(options))) process.exitCode = 1;
if (options.measuresRemoval) {
  for (const kind of ['wayfare', 'wireguard-go'] as const) {
    const { gapMs, lostPings } = await measureSourceRemoval(kind);
    console.log(
      `source address removed under ${kind}: ${gapMs.toFixed(0)} ms of silence, ${lostPings} pings lost`,
    );
  }
}
