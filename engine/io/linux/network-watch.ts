/** Changes of this host's addresses, routes and routing rules, in the namespace that the UDP sockets are in. */

import { libc } from './libc.ts';
import { drainNetlink, openNetlink, RTMGRP_ADDRESSES, RTMGRP_ROUTES, RTMGRP_RULES } from './netlink.ts';
import { Poll } from './poll.ts';

export class NetworkWatch {
  readonly #netlink: number;
  readonly #poll: Poll;

  /** @param more further groups to hear of, RTMGRP bits */
  constructor(onChange: () => void, more = 0) {
    this.#netlink = openNetlink(RTMGRP_ADDRESSES | RTMGRP_ROUTES | RTMGRP_RULES | more);
    this.#poll = new Poll(this.#netlink, () => {
      drainNetlink(this.#netlink);
      onChange();
    });
  }

  close(): void {
    this.#poll.close();
    libc.close(this.#netlink);
  }
}
