import { describe, expect, it } from 'vitest';
import {
  downText,
  duration,
  editText,
  importText,
  listText,
  printable,
  size,
  statusText,
  trafficText,
  upText,
} from '../../../helper/cli/print.ts';
import type { TunnelStatus } from '../../../helper/ipc/contract.ts';
import { NO_TRAFFIC } from '../../support/no-traffic.ts';
import { PEER_KEY } from './fake-world.ts';

const OPEN = { lockdown: false, isClosed: false };
const CONNECTED: TunnelStatus = {
  name: 'home',
  state: 'connected',
  loss: null,
  error: null,
  interface: 'home',
  publicKey: PEER_KEY,
  listenPort: 4_242,
  addresses: ['10.7.0.2/24', 'fd07::2/64'],
  dns: ['10.7.0.1', 'home.example'],
  mtu: 1_420,
  isFullTunnel: true,
  hasRoutes: true,
  killSwitch: 'automatic',
  isGuarded: true,
  allowLan: false,
  connectedSince: 1_800_000_000,
  rxBytes: 1_536,
  txBytes: 148,
  peers: [
    {
      publicKey: PEER_KEY,
      endpoint: '192.0.2.1:51820',
      allowedIps: ['0.0.0.0/0', '::/0'],
      latestHandshake: 1_800_000_055,
      rxBytes: 1_536,
      txBytes: 148,
      persistentKeepalive: 25,
    },
  ],
};

describe('what a person reads', () => {
  it('is the status of a tunnel that is up', () => {
    expect(
      statusText({ ...OPEN, tunnels: [CONNECTED] }, 1_800_000_061),
    ).toBe(`home: connected, since 1 minute, 1 second
  interface     home
  public key    ${PEER_KEY}
  listen port   4242
  addresses     10.7.0.2/24, fd07::2/64
  DNS           10.7.0.1, home.example
  MTU           1420 bytes
  kill switch   automatic

  peer ${PEER_KEY}
    endpoint           192.0.2.1:51820
    allowed IPs        0.0.0.0/0, ::/0
    latest handshake   6 seconds ago
    transfer           1.50 KiB received, 148 B sent
    keepalive          every 25 seconds
`);
  });

  it('names the problem of a tunnel in error, on one line', () => {
    const error = {
      cause: 'handshake' as const,
      what: 'no answer',
      where: 'tunnel home',
      advice: 'check UDP',
    };
    const text = statusText(
      { ...OPEN, tunnels: [{ ...CONNECTED, state: 'error', error, connectedSince: null }] },
      0,
    );
    expect(text).toMatch(/^home: error\n {2}problem {7}no answer, tunnel home, check UDP\n/);
  });

  it('begins with what lets nothing out', () => {
    expect(statusText({ lockdown: true, isClosed: true, tunnels: [] }, 0)).toMatch(/^Lockdown is on/);
    expect(statusText({ lockdown: false, isClosed: true, tunnels: [] }, 0)).toMatch(
      /^The kill switch is closed/,
    );
  });

  it('says why a tunnel connects again', () => {
    const again = {
      ...CONNECTED,
      state: 'connecting' as const,
      loss: 'no-answer' as const,
      connectedSince: null,
    };
    expect(statusText({ ...OPEN, tunnels: [again] }, 0)).toMatch(
      /^home: connecting again: its peer does not answer\n/,
    );
  });

  it('says what to do where there is nothing', () => {
    expect(statusText({ ...OPEN, tunnels: [] }, 0)).toContain('wayfare import FILE');
    expect(listText({ tunnels: [] })).toContain('wayfare import FILE');
  });

  it('is a list in columns', () => {
    const tunnels = [
      { name: 'home', state: 'connected' as const },
      { name: 'a', state: 'disconnected' as const },
    ];
    expect(listText({ tunnels })).toBe('home   connected\na      disconnected\n');
  });

  it('tells what an import found, and that hooks are not executed', () => {
    const text = importText({
      name: 'home',
      addresses: ['10.7.0.2/24'],
      dns: [],
      peers: [{ publicKey: PEER_KEY, endpoint: null, allowedIps: [] }],
      hooks: [{ key: 'PostUp', text: 'rm -rf /' }],
      warnings: [{ kind: 'host-bits-masked', line: 7, message: 'host bits are set' }],
    });
    expect(text).toContain('Imported home.');
    expect(text).toMatch(/PostUp +rm -rf \/ {3}\(kept, never executed\)/);
    expect(text).toContain('line 7: host bits are set');
    expect(text).toContain('without an endpoint, allowed IPs none');
  });

  it('tells what an edit found, and when it holds', () => {
    const found = { name: 'home', addresses: ['10.7.0.2/24'], dns: [], peers: [], hooks: [], warnings: [] };
    expect(editText(found)).toMatch(
      /^Changed home\. It holds from its next connection on; where it is up: wayfare reconnect home\n {2}addresses {3}10\.7\.0\.2\/24\n/,
    );
  });

  it('tells what has gone through a tunnel, and how fast at most', () => {
    const text = trafficText('home', '1h', {
      stepSeconds: 10,
      newestSeconds: 2,
      endsAt: 1_800_000_000,
      rxBytes: [null, 10_240, 1_024],
      txBytes: [null, 5, 4],
      session: { since: 1_800_000_000, rxBytes: 11_264, txBytes: 9 },
      months: [{ month: '2026-11', rxBytes: 2 ** 30, txBytes: 2 ** 20 }],
    });
    expect(text).toBe(`home, the last hour:
  received          11.00 KiB, at most 1.00 KiB a second
  sent              9 B, at most 2 B a second
  last connection   11.00 KiB received, 9 B sent
  2026-11           1.00 GiB received, 1.00 MiB sent
`);
    expect(trafficText('home', '5m', NO_TRAFFIC)).toBe(`home, the last 5 minutes:
  received   0 B, at most 0 B a second
  sent       0 B, at most 0 B a second
`);
  });

  it('says what up and down did, also where there was nothing to do', () => {
    expect(upText('home', { outcome: 'already-connected' })).toBe('home is connected already.\n');
    const down = { names: [] as string[], leftovers: [], hasOpened: false };
    expect(downText(null, { ...down, names: ['a', 'b'] })).toBe('a is disconnected.\nb is disconnected.\n');
    expect(downText('a', down)).toBe('a was not connected.\n');
  });

  it('says that down has opened the kill switch, also where no tunnel was up', () => {
    const down = { names: ['a'], leftovers: [], hasOpened: true };
    expect(downText('a', down)).toBe('a is disconnected.\nThe kill switch is open.\n');
    expect(downText(null, { ...down, names: [] })).toBe(
      'No tunnel was connected.\nThe kill switch is open.\n',
    );
  });

  it('cannot command the terminal', () => {
    expect(printable('a\u001b[2Jb\rc\u009bd\u202ee\nf')).toBe('a\ufffd[2Jb\ufffdc\ufffdd\ufffde\nf');
  });

  it('has its figures in the units of a person', () => {
    expect([0, 59, 3_661, 90_061, -5].map(duration)).toEqual([
      '0 seconds',
      '59 seconds',
      '1 hour, 1 minute',
      '1 day, 1 hour',
      '0 seconds',
    ]);
    expect([0, 1_023, 1_024, 1_048_576, 2 ** 41].map(size)).toEqual([
      '0 B',
      '1023 B',
      '1.00 KiB',
      '1.00 MiB',
      '2.00 TiB',
    ]);
  });
});
