/**
 * TCP streams between two namespaces whose content is checked: every stream sends its own bytes, and the other side
 * answers with their SHA-256. A generator such as iperf3 counts bytes, but would not notice wrong ones.
 */
import { fileURLToPath } from 'node:url';
import type { Namespace } from './netns.ts';
import { waitFor } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('./tcp-peer.mjs', import.meta.url));

export interface TransferOptions {
  from: Namespace;
  to: Namespace;
  /** An address of `to`. */
  address: string;
  streams?: number;
  bytesPerStream?: number;
  timeoutMs?: number;
}

export interface TransferResult {
  /** Streams whose every byte arrived as it was sent. */
  intactStreams: number;
  bytes: number;
  seconds: number;
}

export async function transferTcp(options: TransferOptions): Promise<TransferResult> {
  const { from, to, address, streams = 1, bytesPerStream = 1_000_000, timeoutMs = 30_000 } = options;
  const receiver = to.spawn(process.execPath, [PROGRAM, 'receive', address]);
  try {
    const listening = () => /^port (\d+)$/m.exec(receiver.stdout)?.[1];
    await waitFor(() => listening() || receiver.exit, { what: 'the receiver of the TCP streams' });
    const port = listening();
    if (port === undefined) throw new Error(receiver.stderr);
    const args = [PROGRAM, 'send', address, port, String(streams), String(bytesPerStream)];
    const { stdout } = await from.run(process.execPath, args, { timeoutMs });
    return JSON.parse(stdout) as TransferResult;
  } finally {
    await receiver.stop();
  }
}
