/** Answers of the helper as text for a person: aligned, calm, every word explained by its label. Pure. */

import { failureLine } from '../failure.ts';
import type { ImportSummary, PeerStatus, ResultOf, TrafficSpan, TunnelStatus } from '../ipc/contract.ts';

type Row = readonly [label: string, value: string];

/** @param now Unix seconds */
export function statusText({ tunnels, lockdown, isClosed }: ResultOf<'status'>, now: number): string {
  const guard = lockdown
    ? 'Lockdown is on: nothing leaves without a tunnel. End it with: wayfare lockdown off\n\n'
    : isClosed
      ? 'The kill switch is closed: nothing leaves but by a tunnel. Open it with: wayfare down\n\n'
      : '';
  if (tunnels.length === 0) return guard + NO_TUNNELS;
  return guard + tunnels.map((tunnel) => tunnelText(tunnel, now)).join('\n');
}

export function listText({ tunnels }: ResultOf<'list'>): string {
  if (tunnels.length === 0) return NO_TUNNELS;
  return table(
    tunnels.map(({ name, state }) => [name, state]),
    '',
  );
}

const NO_TUNNELS = "There is no tunnel yet. Give Wayfare one with 'wayfare import FILE'.\n";

export function importText(summary: ImportSummary): string {
  return `Imported ${summary.name}. Connect with: wayfare up ${summary.name}\n${summaryText(summary)}`;
}

export function editText(summary: ImportSummary): string {
  return `Changed ${summary.name}. It holds from its next connection on; where it is up: wayfare reconnect ${summary.name}\n${summaryText(summary)}`;
}

function summaryText(summary: ImportSummary): string {
  const rows: Row[] = [
    ['addresses', listOr(summary.addresses, 'none')],
    ['DNS', listOr(summary.dns, 'none')],
    ...summary.peers.map(({ publicKey, endpoint, allowedIps }): Row => {
      const way = endpoint === null ? 'without an endpoint' : `at ${endpoint}`;
      return ['peer', `${publicKey} ${way}, allowed IPs ${listOr(allowedIps, 'none')}`];
    }),
    ...summary.hooks.map(({ key, text }): Row => [key, `${text}   (kept, never executed)`]),
    ...summary.warnings.map(({ line, message }): Row => ['warning', `line ${line}: ${message}`]),
  ];
  return table(rows, '  ');
}

export function upText(name: string, { outcome }: ResultOf<'up'>): string {
  switch (outcome) {
    case 'connected':
      return `${name} is connected.\n`;
    case 'interface-up':
      return `${name} is up and waits for its peer, which has no endpoint to call.\n`;
    case 'already-connected':
      return `${name} is connected already.\n`;
  }
}

/** @param asked the name on the command line, or null for all tunnels */
export function downText(asked: string | null, { names, hasOpened }: ResultOf<'down'>): string {
  const guard = hasOpened ? 'The kill switch is open.\n' : '';
  if (names.length > 0) return names.map((name) => `${name} is disconnected.\n`).join('') + guard;
  return (asked === null ? 'No tunnel was connected.\n' : `${asked} was not connected.\n`) + guard;
}

const SPAN_TEXTS = {
  '5m': 'the last 5 minutes',
  '1h': 'the last hour',
  '24h': 'the last 24 hours',
} as const satisfies Record<TrafficSpan, string>;

export function trafficText(name: string, span: TrafficSpan, traffic: ResultOf<'traffic'>): string {
  const { session, months } = traffic;
  const rows: Row[] = [
    ['received', rateText(traffic.rxBytes, traffic)],
    ['sent', rateText(traffic.txBytes, traffic)],
    ...(session === null ? [] : [totalRow('last connection', session)]),
    ...months.map((each) => totalRow(each.month, each)),
  ];
  return `${name}, ${SPAN_TEXTS[span]}:\n${table(rows, '  ')}`;
}

function totalRow(label: string, { rxBytes, txBytes }: { rxBytes: number; txBytes: number }): Row {
  return [label, `${size(rxBytes)} received, ${size(txBytes)} sent`];
}

type StepLengths = Pick<ResultOf<'traffic'>, 'stepSeconds' | 'newestSeconds'>;

function rateText(steps: readonly (number | null)[], { stepSeconds, newestSeconds }: StepLengths): string {
  const sum = steps.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);
  const rates = steps.map(
    (bytes, i) => (bytes ?? 0) / (i === steps.length - 1 ? newestSeconds : stepSeconds),
  );
  return `${size(sum)}, at most ${size(Math.max(0, ...rates))} a second`;
}

/** Text that others wrote, safe for a terminal: no control characters but the line ends that we put there. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]|[\u2028\u2029]/gu, '\ufffd');
}

function tunnelText(tunnel: TunnelStatus, now: number): string {
  const rows: Row[] = [
    ...row('problem', tunnel.error === null ? null : failureLine(tunnel.error)),
    ...row('interface', tunnel.interface),
    ...row('public key', tunnel.publicKey),
    ...row('listen port', tunnel.listenPort),
    ['addresses', listOr(tunnel.addresses, 'none')],
    ...row('DNS', tunnel.dns.join(', ') || null),
    ...row('MTU', tunnel.mtu === null ? null : `${tunnel.mtu} bytes`),
    ['kill switch', tunnel.killSwitch],
    ...row('local network', tunnel.allowLan ? 'allowed' : null),
  ];
  const since = tunnel.connectedSince === null ? '' : `, since ${duration(now - tunnel.connectedSince)}`;
  const why = tunnel.loss === null ? '' : LOSS_TEXTS[tunnel.loss];
  const peers = tunnel.peers.map(
    (peer) => `\n  peer ${peer.publicKey}\n${table(peerRows(peer, now), '    ')}`,
  );
  return `${tunnel.name}: ${tunnel.state}${since}${why}\n${table(rows, '  ')}${peers.join('')}`;
}

const LOSS_TEXTS = {
  'not-called': ': its interface is up and waits for a peer',
  'engine-died': ' again: its engine ended and was started anew',
  'no-answer': ' again: its peer does not answer',
} as const;

function peerRows(peer: PeerStatus, now: number): Row[] {
  const handshake = peer.latestHandshake === null ? 'none yet' : ago(now - peer.latestHandshake);
  const keepalive = peer.persistentKeepalive === null ? 'off' : `every ${peer.persistentKeepalive} seconds`;
  return [
    ['endpoint', peer.endpoint ?? 'not known'],
    ['allowed IPs', listOr(peer.allowedIps, 'none')],
    ['latest handshake', handshake],
    ['transfer', `${size(peer.rxBytes)} received, ${size(peer.txBytes)} sent`],
    ['keepalive', keepalive],
  ];
}

function row(label: string, value: string | number | null): Row[] {
  return value === null ? [] : [[label, String(value)]];
}

function listOr(values: readonly string[], none: string): string {
  return values.length === 0 ? none : values.join(', ');
}

function table(rows: readonly Row[], indent: string): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${indent}${label.padEnd(width)}   ${value}\n`).join('');
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** @param seconds such as 3661. @returns its two largest units: `1 hour, 1 minute` */
export function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return parts.length === 0 ? '0 seconds' : parts.slice(0, 2).join(', ');
}

function ago(seconds: number): string {
  return seconds < 1 ? 'now' : `${duration(seconds)} ago`;
}

/** @param bytes such as 1536. @returns `1.50 KiB`, the units of wg(8) */
export function size(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1_024) return unit === 'B' ? `${Math.round(value)} B` : `${value.toFixed(2)} ${unit}`;
    value /= 1_024;
  }
  return `${value.toFixed(2)} TiB`;
}
