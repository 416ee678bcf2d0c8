// @ts-check
/**
 * A DNS server that knows one answer: every name is at the given IPv4 address, and has no other record. Prints `ready`,
 * and then each name that it was asked for.
 */
import { createSocket } from 'node:dgram';

const HEADER_LENGTH = 12;
const TYPE_A = 1;
/** RFC 1035, 4.1.1: an answer, authoritative, recursion available. */
const ANSWER_FLAGS = 0x8580;

const [address = ''] = process.argv.slice(2);
const socket = createSocket('udp4');

socket.on('message', (query, { address: asker, port }) => {
  const labels = [];
  let at = HEADER_LENGTH;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(HEADER_LENGTH, at + 5);
  const isAddress = query.readUInt16BE(at + 1) === TYPE_A;
  process.stdout.write(`${labels.join('.')}\n`);

  const header = Buffer.alloc(HEADER_LENGTH);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(ANSWER_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAddress ? 1 : 0, 6);
  // The name of the question, type A, class IN, to be kept for no second, four bytes.
  const record = Buffer.from([
    0xc0,
    HEADER_LENGTH,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
  socket.send(isAddress ? [header, question, record] : [header, question], port, asker);
});
socket.bind(53, '0.0.0.0', () => process.stdout.write('ready\n'));
