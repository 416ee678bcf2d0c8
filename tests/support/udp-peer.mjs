// @ts-check
/**
 * UDP datagrams between two namespaces, for tests:
 *   echo ADDRESS                        prints `port N`, and sends every datagram back
 *   check ADDRESS PORT FROM TO STEP     sends one of random bytes for each size; prints { intact, damaged, lost }
 *   garbage ADDRESS PORT COUNT          sends random bytes, many of them in the shape of WireGuard's messages
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const WINDOW = 16;
const PATIENCE_MS = 2_000;
/** Lengths of initiation, response and cookie reply; transport data may have any from 32 on. */
const MESSAGE_LENGTHS = [148, 92, 64];

/** @param {string} address */
function open(address) {
  return createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
}

/** @param {string} address */
function echo(address) {
  const socket = open(address);
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
  socket.bind(0, address, () => process.stdout.write(`port ${socket.address().port}\n`));
}

/** @param {string} address @param {number} port @param {readonly number[]} sizes */
async function check(address, port, sizes) {
  const socket = open(address);
  /** @type {Map<number, Buffer>} by their length, of which there is one each */
  const waiting = new Map();
  let intact = 0;
  let damaged = 0;
  socket.on('message', (datagram) => {
    if (waiting.get(datagram.length)?.equals(datagram)) intact++;
    else damaged++;
    waiting.delete(datagram.length);
    socket.emit('answered');
  });
  for (const size of sizes) {
    while (waiting.size >= WINDOW) await answerOrPatience(socket, waiting);
    const datagram = randomBytes(size);
    waiting.set(size, datagram);
    socket.send(datagram, port, address);
  }
  const deadline = performance.now() + PATIENCE_MS;
  while (waiting.size > 0 && performance.now() < deadline) await answerOrPatience(socket, waiting);
  process.stdout.write(JSON.stringify({ intact, damaged, lost: sizes.length - intact - damaged }));
  socket.close();
}

/** @param {import('node:dgram').Socket} socket @param {Map<number, Buffer>} waiting */
async function answerOrPatience(socket, waiting) {
  try {
    await once(socket, 'answered', { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    waiting.clear();
  }
}

/** @param {string} address @param {number} port @param {number} count */
async function garbage(address, port, count) {
  const socket = open(address);
  for (let i = 0; i < count; i++) {
    const datagram = i % 2 === 0 ? randomBytes(randomInt(0, 1_473)) : pretender();
    await new Promise((resolve) => socket.send(datagram, port, address, resolve));
  }
  process.stdout.write('done');
  socket.close();
}

/** Random, but for its type. */
function pretender() {
  const type = randomInt(1, 5);
  const length = type === 4 ? 32 + 16 * randomInt(0, 88) : MESSAGE_LENGTHS[type - 1];
  const datagram = randomBytes(length ?? 32);
  datagram.writeUInt32LE(type, 0);
  return datagram;
}

const [verb, address = '', port = '0', ...numbers] = process.argv.slice(2);
const [from = 0, to = 0, step = 1] = numbers.map(Number);
if (verb === 'echo') {
  echo(address);
} else if (verb === 'check') {
  const sizes = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
  await check(address, Number(port), sizes);
} else {
  await garbage(address, Number(port), from);
}
