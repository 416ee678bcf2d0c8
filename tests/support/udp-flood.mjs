// @ts-check
/** Sends UDP datagrams as fast as the kernel takes them, until it is ended: ADDRESS PORT PAYLOAD-BYTES */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const IN_FLIGHT = 32;

const [address = '', port = '0', bytes = '0'] = process.argv.slice(2);
const payload = Buffer.alloc(Number(bytes), 1);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
// What the network says of single datagrams (ENOBUFS) is no reason to stop.
const send = () => socket.send(payload, Number(port), address, () => setImmediate(send));
for (let i = 0; i < IN_FLIGHT; i++) send();
