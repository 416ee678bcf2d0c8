/** Whose program is at the other end of a connection on loopback: the kernel says it, nobody else can. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

const LOOPBACK = endianness() === 'LE' ? '0100007F' : '7F000001';
/** An IPv6 socket may call an IPv4 address. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** @returns the uid, null where the kernel knows of no such connection (any more). Linux alone */
export function ownerOf({ remotePort = 0, localPort = 0 }: Socket): number | null {
  for (const table of TABLES) {
    for (const row of rowsOf(table)) {
      // proc_net_tcp.rst of the kernel: sl local_address rem_address st tx:rx tr:when retrnsmt uid …
      const [, local = '', remote = '', , , , , uid] = row.trim().split(/\s+/);
      if (local.endsWith(endpoint(remotePort)) && remote.endsWith(endpoint(localPort))) return Number(uid);
    }
  }
  return null;
}

function rowsOf(table: string): string[] {
  try {
    return readFileSync(table, 'latin1').split('\n').slice(1);
  } catch {
    return []; // without IPv6 there is no second one
  }
}

function endpoint(port: number): string {
  return `${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}
