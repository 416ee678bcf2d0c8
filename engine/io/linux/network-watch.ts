/** Changes of this host's addresses, routes and routing rules, in the namespace that the UDP sockets are in. */

import { libc } from './libc.ts';
import { drainNetlink, openNetlink, RTMGRP_ADDRESSES, RTMGRP_ROUTES, RTMGRP_RULES } from './netlink.ts';
import { Poll } from './poll.ts';

export class NetworkWatch {
  readonly #netlink: number;
  readonly #poll: Poll;

  constructor(onChange: () => void) {
    this.#netlink = openNetlink(RTMGRP_ADDRESSES | RTMGRP_ROUTES | RTMGRP_RULES);
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
