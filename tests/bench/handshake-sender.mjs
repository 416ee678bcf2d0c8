// @ts-check
/**
 * Sends handshake initiations, base64 on standard input, to an engine on this host, and prints how many a second were
 * answered with a response: PORT WINDOW WARM-UP. At most WINDOW are unanswered at once; the first WARM-UP do not count.
 */
import { createSocket } from 'node:dgram';
import { text } from 'node:stream/consumers';

const INITIATION_LENGTH = 148;
const RESPONSE_LENGTH = 92;
const PATIENCE_MS = 5_000;

const [port = 0, window = 0, warmUp = 0] = process.argv.slice(2).map(Number);
const datagrams = Buffer.from(await text(process.stdin), 'base64');
const count = datagrams.length / INITIATION_LENGTH;
const socket = createSocket('udp4');
let sent = 0;
let answered = 0;
let started = 0;

function sendNext() {
  if (sent === count) return;
  socket.send(datagrams, sent++ * INITIATION_LENGTH, INITIATION_LENGTH, port, '127.0.0.1');
}

function giveUp() {
  console.error(`${answered} of ${sent} initiations were answered`);
  process.exit(1);
}
const patience = setTimeout(giveUp, PATIENCE_MS);

socket.on('message', ({ length }) => {
  if (length !== RESPONSE_LENGTH) {
    console.error(`an answer of ${length} bytes`);
    process.exit(1);
  }
  answered++;
  if (answered === warmUp) started = performance.now();
  if (answered < count) {
    patience.refresh();
    sendNext();
    return;
  }
  console.log(((count - warmUp) / (performance.now() - started)) * 1_000);
  clearTimeout(patience);
  socket.close();
});
for (let i = 0; i < window; i++) sendNext();
