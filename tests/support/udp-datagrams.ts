/** UDP between two namespaces: datagrams of every size, whose bytes are checked, and garbage. */
import { fileURLToPath } from 'node:url';
import type { Namespace } from './netns.ts';
import { waitFor } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('./udp-peer.mjs', import.meta.url));

export interface EchoResult {
  /** Datagrams that came back as they were sent. */
  intact: number;
  damaged: number;
  lost: number;
}

export interface EchoOptions {
  from: Namespace;
  to: Namespace;
  /** An address of `to`. */
  address: string;
  /** Payload bytes: smallest, largest and the step between. */
  sizes: readonly [number, number, number];
}

/** Sends one datagram of each size, and has it echoed. */
export async function echoDatagrams({ from, to, address, sizes }: EchoOptions): Promise<EchoResult> {
  const echo = to.spawn(process.execPath, [PROGRAM, 'echo', address]);
  try {
    const port = () => /^port (\d+)$/m.exec(echo.stdout)?.[1];
    const listening = await waitFor(port, { what: 'the echo to listen' });
    const args = [PROGRAM, 'check', address, listening, ...sizes.map(String)];
    return JSON.parse((await from.run(process.execPath, args, { timeoutMs: 30_000 })).stdout) as EchoResult;
  } finally {
    await echo.stop();
  }
}

export async function sendGarbage(
  from: Namespace,
  address: string,
  port: number,
  count: number,
): Promise<void> {
  const args = [PROGRAM, 'garbage', address, String(port), String(count)];
  await from.run(process.execPath, args, { timeoutMs: 30_000 });
}
