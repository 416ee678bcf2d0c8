/** The text of resolv.conf(5): what it says, whose it is, and ours. */
import { readFile, realpath } from 'node:fs/promises';
import { IpAddress } from '../../engine/wire/ip-prefix.ts';
import { searchDomainsOf, serversOf, type TunnelList, takesEverything } from './backend.ts';

/** What programs find at resolv.conf. */
export interface ResolvConf {
  readonly text: string;
  /** Where the links lead, or '' where there is no file. */
  readonly realPath: string;
}

/** The file is ours by these two lines, whatever somebody has edited between them. */
const OUR_BEGINNING = '# Written by Wayfare';
const OUR_END = '# What Wayfare wrote ends here.\n';
/** systemd-resolved(8): its stub, and the one that hands on to a single server. */
const RESOLVED_STUBS = ['127.0.0.53', '127.0.0.54'];

/** What cannot be read, such as a link that leads nowhere, is no file to a program. */
export async function readResolvConf(path: string): Promise<ResolvConf> {
  try {
    return { text: await readFile(path, 'utf8'), realPath: await realpath(path) };
  } catch {
    return { text: '', realPath: '' };
  }
}

export function ourResolvConf(tunnels: TunnelList): string {
  const names = tunnels.map(({ device }) => device).join(', ');
  const lines = recordLines(serversOf(tunnels), searchDomainsOf(tunnels));
  const first = `${OUR_BEGINNING} while a tunnel is up (${names}), and gone with it. So is what you change here.`;
  return `${[first, ...lines].join('\n')}\n${OUR_END}`;
}

/** @returns what another program has added, or null where the file is not ours */
export function appendedToOurs(bytes: Buffer): Buffer | null {
  if (!bytes.subarray(0, OUR_BEGINNING.length).equals(Buffer.from(OUR_BEGINNING))) return null;
  const end = bytes.indexOf(OUR_END);
  return end < 0 ? Buffer.alloc(0) : bytes.subarray(end + OUR_END.length);
}

export function recordLines(servers: readonly string[], domains: readonly string[]): string[] {
  const search = domains.length === 0 ? [] : [`search ${domains.join(' ')}`];
  return [...servers.map((server) => `nameserver ${server}`), ...search];
}

export function startsWithLine(text: string, line: string): boolean {
  return text.split('\n', 1)[0]?.trimEnd() === line;
}

/** In the order they are asked, as RFC 5952 writes them. */
export function nameserversOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const address = /^nameserver[ \t]+(\S+)/.exec(line)?.[1];
    return address === undefined ? [] : [IpAddress.parse(address)?.toString() ?? address];
  });
}

export function leadsToResolved(text: string): boolean {
  const named = nameserversOf(text);
  return named.length > 0 && named.every((address) => RESOLVED_STUBS.includes(address));
}

/**
 * Whether a program that reads this asks the tunnels' servers. One that listens on this machine counts: it is told by
 * whoever wrote the file. Only where no tunnel takes everything may others stand behind them.
 */
export function asksOnly(text: string, tunnels: TunnelList): boolean {
  const servers = serversOf(tunnels);
  const isAllowed = (address: string) => servers.includes(address) || isLoopback(address);
  const named = nameserversOf(text);
  const [first] = named;
  if (first === undefined || !isAllowed(first)) return false;
  return named.every(isAllowed) || !takesEverything(tunnels);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}
