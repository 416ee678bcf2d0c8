// @ts-check
/** Prints `ready`, and then each datagram that comes as a line: `ADDRESS PORT`. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const [address = '', port = '0'] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
socket.on('message', (datagram) => process.stdout.write(`${datagram}\n`));
socket.bind(Number(port), address, () => process.stdout.write('ready\n'));
