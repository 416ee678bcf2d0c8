// @ts-check
/**
 * Both ends of tests/support/echoes.ts, run inside namespaces:
 *   serve                     answers TCP and UDP of both families with what they bring, from the port of "echo"
 *   streams ADDRESS…          sends a stream to each at once; prints how many came back as they were sent
 *   datagrams ADDRESS/SIZE…   sends datagrams of up to SIZE bytes to each, one by one and in bursts that the kernel cuts;
 *                             prints { sent, spoiled } as JSON, where spoiled did not come back as they were
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { GsoSocket } from './gso-socket.mjs';

const PORT = 7;
const STREAM_BYTES = 2_000_000;
/** Coprime to 16, so that every length of padding comes up. */
const SIZE_STEP = 3;
/** Datagrams that are on their way at once, one by one. */
const WINDOW = 16;
const BURSTS = 20;
const BURST_COUNT = 40;
const PATIENCE_MS = 2_000;

function serve() {
  const socket = createSocket('udp6');
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
  socket.bind(PORT, '::', () => {
    const server = createServer({ allowHalfOpen: true }, (stream) => stream.pipe(stream));
    server.listen(PORT, '::', () => process.stdout.write('serving\n'));
  });
}

/** @param {string} address @returns {Promise<boolean>} */
async function isStreamIntact(address) {
  const stream = connect({ host: address, port: PORT });
  await once(stream, 'connect');
  const sent = randomBytes(STREAM_BYTES);
  stream.end(sent);
  /** @type {Buffer[]} */
  const blocks = [];
  for await (const block of stream) blocks.push(block);
  return Buffer.concat(blocks).equals(sent);
}

/** @param {GsoSocket} socket @param {readonly Buffer[]} datagrams on their way @returns {number} how many do not come back */
function spoiled(socket, datagrams) {
  const waiting = new Set(datagrams.map((datagram) => datagram.toString('latin1')));
  let foreign = 0;
  for (let i = 0; i < datagrams.length; i++) {
    const answer = socket.receive();
    if (answer === null) break;
    if (!waiting.delete(answer.toString('latin1'))) foreign++;
  }
  return Math.max(foreign, waiting.size);
}

/** @param {string} address @param {number} largest bytes @returns {{ sent: number, spoiled: number }} */
function sendDatagrams(address, largest) {
  const socket = new GsoSocket(address, PORT, largest, PATIENCE_MS);
  const total = { sent: 0, spoiled: 0 };
  const singles = Array.from({ length: Math.floor(largest / SIZE_STEP) + 1 }, (_, i) =>
    randomBytes(largest - i * SIZE_STEP),
  );
  for (let i = 0; i < singles.length; i += WINDOW) {
    const window = singles.slice(i, i + WINDOW);
    for (const datagram of window) socket.send(datagram);
    total.sent += window.length;
    total.spoiled += spoiled(socket, window);
  }
  for (let i = 0; i < BURSTS; i++) {
    const burst = Array.from({ length: BURST_COUNT }, () => randomBytes(largest));
    socket.send(Buffer.concat(burst));
    total.sent += burst.length;
    total.spoiled += spoiled(socket, burst);
  }
  return total;
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'serve') {
  serve();
} else if (verb === 'streams') {
  const streams = await Promise.all(args.map(isStreamIntact));
  process.stdout.write(JSON.stringify(streams.filter(Boolean).length));
} else {
  const totals = args.map((target) => {
    const [address = '', size = '0'] = target.split('/');
    return sendDatagrams(address, Number(size));
  });
  const sum = (/** @type {'sent' | 'spoiled'} */ of) => totals.reduce((all, each) => all + each[of], 0);
  process.stdout.write(JSON.stringify({ sent: sum('sent'), spoiled: sum('spoiled') }));
}
