/**
 * A program: sends fuzzed lines to the helper's socket, cut into chunks anywhere, over many connections, every other of
 * which breaks off in the middle of a line. Each whole line must be answered once, and each answer obey the contract.
 * Arguments: the socket's path, a seed, how many lines. Prints a JSON {@link FuzzReport}.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { FrameDecoder } from '../../helper/ipc/codec.ts';
import { helperFrame } from '../../helper/ipc/contract.ts';
import { fuzzedLine } from './fuzzed-frames.ts';
import { SeededRandom } from './virtual-clock.ts';

export interface FuzzReport {
  readonly lines: number;
  readonly replies: number;
  /** Of the replies, those that were no refusals. */
  readonly fulfilled: number;
  readonly events: number;
  /** Frames that the contract does not know. */
  readonly strange: number;
}

const LINES_A_CONNECTION = 1_000;
const MAX_CHUNK_BYTES = 20_000;

const [, , path = '', seed = '', count = ''] = process.argv;
const random = new SeededRandom(Number(seed));
const report = { lines: 0, replies: 0, fulfilled: 0, events: 0, strange: 0 };

/** @returns once every line was answered */
async function fuzz(lineCount: number, breaksOff: boolean): Promise<void> {
  const socket = connect(path);
  await once(socket, 'connect');
  const due = report.replies + lineCount;
  const answered = new Promise<void>((resolve, reject) => {
    const decoder = new FrameDecoder();
    socket.on('close', () => reject(new Error(`the helper hung up: ${JSON.stringify(report)}`)));
    socket.on('data', (chunk: Uint8Array) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next())
        tally(frame.kind === 'value' ? frame.value : null);
      if (report.replies >= due) resolve();
    });
  });
  const lines = Buffer.concat(Array.from({ length: lineCount }, () => fuzzedLine(random)));
  report.lines += lineCount;
  for (let at = 0; at < lines.length; ) {
    const end = at + 1 + random.below(MAX_CHUNK_BYTES);
    if (!socket.write(lines.subarray(at, end))) await once(socket, 'drain');
    at = end;
  }
  await answered;
  socket.removeAllListeners('close');
  if (breaksOff) socket.end('{"id":1,"verb":"li');
  else socket.destroy();
}

function tally(value: unknown): void {
  const frame = helperFrame.safeParse(value);
  if (!frame.success) report.strange += 1;
  else if ('event' in frame.data) report.events += 1;
  else {
    report.replies += 1;
    if (frame.data.ok) report.fulfilled += 1;
  }
}

for (let sent = 0; sent < Number(count); sent += LINES_A_CONNECTION)
  await fuzz(LINES_A_CONNECTION, random.chance(0.5));
process.stdout.write(JSON.stringify(report satisfies FuzzReport));
