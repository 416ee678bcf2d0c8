/**
 * This very process inside a namespace: the sockets it opens and the programs it starts there belong to it for good. For
 * code of ours that starts programs by itself, which Namespace.run cannot do.
 */
import { libc } from '../../engine/io/linux/libc.ts';
import type { Namespace } from './netns.ts';

const O_RDONLY = 0;
const CLONE_NEWNET = 0x40000000;

/** Nothing else may be begun meanwhile: it would find itself there too. NOTE: for the main thread alone, not fs/promises. */
export async function inside<Result>(
  namespace: Namespace,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  const home = libc.open('/proc/thread-self/ns/net', O_RDONLY);
  enter(libc.open(namespace.path, O_RDONLY), namespace.name);
  try {
    return await work();
  } finally {
    enter(home, 'home');
  }
}

function enter(descriptor: number, name: string): void {
  if (libc.setns(descriptor, CLONE_NEWNET) < 0) throw new Error(`cannot enter ${name}`);
  libc.close(descriptor);
}
