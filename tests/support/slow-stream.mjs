// @ts-check
/**
 * One TCP stream that trickles, for tests/bench/soak.ts: `ADDRESS PORT SECONDS`. The receiver of tcp-peer.mjs answers
 * with the SHA-256 of what it got. Prints { isIntact, bytes } as JSON.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK_BYTES = 8_192;
const PAUSE_MS = 100;

const [address = '', port = '0', seconds = '1'] = process.argv.slice(2);
const socket = connect({ host: address, port: Number(port), allowHalfOpen: true });
await once(socket, 'connect');
const hash = createHash('sha256');
let bytes = 0;
for (
  const end = performance.now() + Number(seconds) * 1_000;
  performance.now() < end;
  await sleep(PAUSE_MS)
) {
  const block = randomBytes(BLOCK_BYTES);
  hash.update(block);
  bytes += block.length;
  if (!socket.write(block)) await once(socket, 'drain');
}
socket.end();
let answer = '';
for await (const text of socket.setEncoding('utf8')) answer += text;
process.stdout.write(JSON.stringify({ isIntact: answer === hash.digest('hex'), bytes }));
