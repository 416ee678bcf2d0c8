/**
 * The TUN interface's own state, wherever it is: up or down, its MTU, and whether it still exists. It may be moved to
 * another network namespace while the engine stays; the watch follows it (network_namespaces(7), netdevice(7)).
 *
 * NOTE: no socket of ours stays in that other namespace, which would otherwise outlive its container for as long as
 * the engine runs. Ours hears of all namespaces that have an id here (NETLINK_LISTEN_ALL_NSID), so that on a host with
 * many containers it is also woken by changes of their links; each costs one query.
 */
import { closeSync, fstatSync, statSync } from 'node:fs';
import { DEFAULT_MTU } from '../../constants.ts';
import { IFNAMSIZ, ioctlWithIfreq } from './ifreq.ts';
import { check, libc } from './libc.ts';
import { drainNetlink, giveNamespaceId, listenToAllNamespaces, openNetlink, RTMGRP_LINK } from './netlink.ts';
import { Poll } from './poll.ts';
import { AF_INET } from './sockaddr.ts';
import type { LinuxTun } from './tun.ts';

const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMTU = 0x8921;
const IFF_UP = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const O_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;
const OWN_NAMESPACE = '/proc/self/ns/net';
/** The interface may be renamed or moved between two calls of a query, which is then made again. */
const QUERY_TRIES = 5;

export type LinkState =
  | { readonly kind: 'present'; readonly isUp: boolean; readonly mtu: number }
  | { readonly kind: 'deleted' };

export class LinkWatch {
  readonly #tun: LinuxTun;
  readonly #netlink: number;
  readonly #poll: Poll;
  readonly #ownInode = statSync(OWN_NAMESPACE).ino;
  /** As it was last found. Where the right to look is missing, it is taken to be so still. */
  #latest: LinkState = { kind: 'present', isUp: false, mtu: DEFAULT_MTU };
  /** Of the namespace that the interface was last found in. */
  #namespaceInode = this.#ownInode;

  /** @param onChange called after each change, and not for the state at the start: see {@link state} */
  constructor(tun: LinuxTun, onChange: (state: LinkState) => void) {
    this.#tun = tun;
    this.#netlink = openNetlink(RTMGRP_LINK);
    listenToAllNamespaces(this.#netlink);
    this.#poll = new Poll(this.#netlink, () => {
      drainNetlink(this.#netlink);
      onChange(this.state());
    });
  }

  state(): LinkState {
    for (let tries = 0; tries < QUERY_TRIES; tries++) {
      const name = this.#tun.name();
      if (name === null) return { kind: 'deleted' };
      const state = this.#inItsNamespace(() => queryLink(name));
      if (state === null) continue;
      this.#latest = state;
      break;
    }
    return this.#latest;
  }

  close(): void {
    this.#poll.close();
    libc.close(this.#netlink);
  }

  /** @returns null where that namespace may not be entered (it takes CAP_SYS_ADMIN) */
  #inItsNamespace<Result>(action: () => Result): Result | null {
    const namespace = this.#tun.openNamespace();
    if (namespace === null) return action();
    try {
      const { ino } = fstatSync(namespace);
      const isNew = ino !== this.#namespaceInode;
      this.#namespaceInode = ino;
      if (ino === this.#ownInode) return action();
      // Before the question, so that no change after its answer is missed.
      if (isNew) giveNamespaceId(this.#netlink, namespace);
      return inNamespace(namespace, action);
    } finally {
      closeSync(namespace);
    }
  }
}

/** @returns null where this thread's namespace has no interface of that name, or no descriptor is left to ask with */
function queryLink(name: string): LinkState | null {
  const query = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (query < 0) return null;
  const flags = ioctlWithIfreq(query, SIOCGIFFLAGS, name);
  const mtu = ioctlWithIfreq(query, SIOCGIFMTU, name);
  libc.close(query);
  if (flags.result < 0 || mtu.result < 0) return null;
  return {
    kind: 'present',
    isUp: (flags.ifreq.getUint16(IFNAMSIZ, true) & IFF_UP) !== 0,
    mtu: mtu.ifreq.getInt32(IFNAMSIZ, true),
  };
}

/**
 * Runs `action` with this thread in another namespace, and comes back.
 * @returns null where it may not be entered, or no descriptor is left to come back by
 */
function inNamespace<Result>(namespace: number, action: () => Result): Result | null {
  const home = libc.open(OWN_NAMESPACE, O_CLOEXEC);
  if (home < 0) return null;
  try {
    if (libc.setns(namespace, CLONE_NEWNET) < 0) return null;
    try {
      return action();
    } finally {
      check(libc.setns(home, CLONE_NEWNET), 'return to the engine’s network namespace');
    }
  } finally {
    libc.close(home);
  }
}
