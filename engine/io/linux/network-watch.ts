/** Changes of this host's addresses and routes, in the namespace that the UDP sockets are in. */

import { libc } from './libc.ts';
import { drainNetlink, openNetlink, RTMGRP_ADDRESSES, RTMGRP_ROUTES } from './netlink.ts';
import { type Poll, pollReadable } from './poll.ts';

export class NetworkWatch {
  readonly #netlink: number;
  readonly #poll: Poll;

  constructor(onChange: () => void) {
    this.#netlink = openNetlink(RTMGRP_ADDRESSES | RTMGRP_ROUTES);
    this.#poll = pollReadable(this.#netlink, () => {
      drainNetlink(this.#netlink);
      onChange();
    });
  }

  close(): void {
    this.#poll.close();
    libc.close(this.#netlink);
  }
}
