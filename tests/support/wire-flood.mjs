// @ts-check
/**
 * Sends the same datagrams over and over, many with each call, until it is ended: `ADDRESS PORT`, and on standard input
 * the datagrams as lines of hexadecimal, all of one length.
 */
import { text } from 'node:stream/consumers';
import { GsoSocket } from './gso-socket.mjs';

const LONGEST_BURST_BYTES = 65_000;
const LONGEST_BURST_COUNT = 64;
const PATIENCE_MS = 1_000;

const [address = '', port = '0'] = process.argv.slice(2);
const datagrams = (await text(process.stdin))
  .trim()
  .split('\n')
  .map((line) => Buffer.from(line, 'hex'));
const length = datagrams[0]?.length ?? 0;
const count = Math.min(LONGEST_BURST_COUNT, Math.floor(LONGEST_BURST_BYTES / length));
const bursts = Array.from({ length: Math.ceil(datagrams.length / count) }, (_, i) =>
  Buffer.concat(datagrams.slice(i * count, (i + 1) * count)),
);
const socket = new GsoSocket(address, Number(port), length, PATIENCE_MS);
// A signal ends it between two rounds at the latest: it is not handled here.
for (;;) for (const burst of bursts) socket.send(burst);
