// @ts-check
/**
 * Both ends of tests/support/tcp-transfer.ts, run inside a namespace:
 *   receive ADDRESS                      prints `port N`, and answers each stream with the SHA-256 of what it sent
 *   send ADDRESS PORT STREAMS BYTES      prints { intactStreams, bytes, seconds } as JSON
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const BLOCK_BYTES = 65_536;

/** @param {string} address */
function receive(address) {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    const hash = createHash('sha256');
    for await (const block of socket.iterator({ destroyOnReturn: false })) hash.update(block);
    socket.end(hash.digest('hex'));
  });
  server.listen(0, address, () => {
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') process.stdout.write(`port ${bound.port}\n`);
  });
}

/** @param {string} address @param {number} port @param {number} bytes @returns {Promise<boolean>} */
async function sendStream(address, port, bytes) {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  await once(socket, 'connect');
  const hash = createHash('sha256');
  for (let left = bytes; left > 0; ) {
    const block = randomBytes(Math.min(left, BLOCK_BYTES));
    hash.update(block);
    left -= block.length;
    if (!socket.write(block)) await once(socket, 'drain');
  }
  socket.end();
  let answer = '';
  for await (const text of socket.setEncoding('utf8')) answer += text;
  return answer === hash.digest('hex');
}

const [verb, address = '', port = '0', streams = '1', bytes = '0'] = process.argv.slice(2);
if (verb === 'receive') {
  receive(address);
} else {
  const started = performance.now();
  const sending = Array.from({ length: Number(streams) }, () =>
    sendStream(address, Number(port), Number(bytes)),
  );
  const intactStreams = (await Promise.all(sending)).filter(Boolean).length;
  const seconds = (performance.now() - started) / 1_000;
  process.stdout.write(JSON.stringify({ intactStreams, bytes: Number(streams) * Number(bytes), seconds }));
}
