/** Tells that something of the kernel's has changed, not what: that is asked for anew. */

import { libc } from './libc.ts';
import {
  drainNetlink,
  NETLINK_NETFILTER,
  NFNLGRP_NFTABLES,
  openNetlink,
  RTMGRP_ADDRESSES,
  RTMGRP_LINK,
  RTMGRP_ROUTES,
  RTMGRP_RULES,
} from './netlink.ts';
import { Poll } from './poll.ts';

const NETWORK = RTMGRP_ADDRESSES | RTMGRP_ROUTES | RTMGRP_RULES;

export class NetlinkWatch {
  readonly #netlink: number;
  readonly #poll: Poll;

  private constructor(netlink: number, onChange: () => void) {
    this.#netlink = netlink;
    this.#poll = new Poll(netlink, () => {
      drainNetlink(netlink);
      onChange();
    });
  }

  /** This host's addresses, routes and routing rules, in this network namespace. @throws SystemError */
  static ofNetwork(onChange: () => void): NetlinkWatch {
    return new NetlinkWatch(openNetlink(NETWORK), onChange);
  }

  /** The same, and its links. @throws SystemError */
  static ofNetworkAndLinks(onChange: () => void): NetlinkWatch {
    return new NetlinkWatch(openNetlink(NETWORK | RTMGRP_LINK), onChange);
  }

  /** The rules of nftables, in this network namespace; takes CAP_NET_ADMIN. @throws SystemError */
  static ofNftables(onChange: () => void): NetlinkWatch {
    return new NetlinkWatch(openNetlink(NFNLGRP_NFTABLES, NETLINK_NETFILTER), onChange);
  }

  close(): void {
    this.#poll.close();
    libc.close(this.#netlink);
  }
}
