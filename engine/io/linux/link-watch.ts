/**
 * The TUN interface's own state, wherever it is: up or down, its MTU, and whether it still exists. It may be moved to
 * another network namespace while the engine stays; the watch follows it (network_namespaces(7), netdevice(7)).
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { IFNAMSIZ, ioctlWithIfreq } from './ifreq.ts';
import { check, libc } from './libc.ts';
import { drainNetlink, openNetlink, RTMGRP_LINK } from './netlink.ts';
import { type Poll, pollReadable } from './poll.ts';
import { AF_INET } from './sockaddr.ts';
import type { LinuxTun } from './tun.ts';

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const IFF_UP = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;

export type LinkState =
  | { readonly kind: 'present'; readonly isUp: boolean; readonly mtu: number }
  | { readonly kind: 'deleted' };

/** Sockets that live in the interface's namespace: one wakes us, one asks. */
interface Observers {
  readonly namespaceInode: number | null;
  readonly netlink: number;
  readonly query: number;
  readonly poll: Poll;
}

export class LinkWatch {
  readonly #tun: LinuxTun;
  readonly #onChange: (state: LinkState) => void;
  #observers: Observers;

  /** @param onChange called after each change, and not for the state at the start: see {@link state} */
  constructor(tun: LinuxTun, onChange: (state: LinkState) => void) {
    this.#tun = tun;
    this.#onChange = onChange;
    this.#observers = this.#observe();
  }

  state(): LinkState {
    const name = this.#tun.name();
    if (name === null) return { kind: 'deleted' };
    const flags = ioctlWithIfreq(this.#observers.query, SIOCGIFFLAGS, name);
    const mtu = ioctlWithIfreq(this.#observers.query, SIOCGIFMTU, name);
    if (flags.result < 0 || mtu.result < 0) return { kind: 'deleted' };
    return {
      kind: 'present',
      isUp: (flags.ifreq.getUint16(IFNAMSIZ, true) & IFF_UP) !== 0,
      mtu: mtu.ifreq.getInt32(IFNAMSIZ, true),
    };
  }

  close(): void {
    this.#observers.poll.close();
    libc.close(this.#observers.netlink);
    libc.close(this.#observers.query);
  }

  #onWake(): void {
    drainNetlink(this.#observers.netlink);
    this.#followNamespace();
    this.#onChange(this.state());
  }

  #followNamespace(): void {
    const namespace = this.#tun.openNamespace();
    if (namespace === null) return;
    const { ino } = fstatSync(namespace);
    closeSync(namespace);
    if (ino === this.#observers.namespaceInode) return;
    const left = this.#observers;
    this.#observers = this.#observe();
    left.poll.close();
    libc.close(left.netlink);
    libc.close(left.query);
  }

  #observe(): Observers {
    const namespace = this.#tun.openNamespace();
    const namespaceInode = namespace === null ? null : fstatSync(namespace).ino;
    const open = () => ({
      netlink: openNetlink(RTMGRP_LINK),
      query: check(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'open a query socket'),
    });
    const sockets = namespace === null ? open() : inNamespace(namespace, open);
    if (namespace !== null) closeSync(namespace);
    const poll = pollReadable(sockets.netlink, () => this.#onWake());
    return { namespaceInode, ...sockets, poll };
  }
}

/** Runs `action` with this thread in another namespace, and comes back: sockets stay in the one they were made in. */
function inNamespace<Result>(namespace: number, action: () => Result): Result {
  const home = openSync('/proc/self/ns/net', 'r');
  try {
    if (fstatSync(home).ino === fstatSync(namespace).ino) return action();
    check(libc.setns(namespace, CLONE_NEWNET), 'enter the interface’s network namespace', 'run as root');
    try {
      return action();
    } finally {
      check(libc.setns(home, CLONE_NEWNET), 'return to the engine’s network namespace');
    }
  } finally {
    closeSync(home);
  }
}
