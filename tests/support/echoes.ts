/** TCP and UDP of all sorts that one namespace sends to another and back, in few processes: content is checked. */
import { fileURLToPath } from 'node:url';
import type { Namespace } from './netns.ts';
import { waitFor } from './processes.ts';

const PROGRAM = fileURLToPath(new URL('./echo-peer.mjs', import.meta.url));
const TIMEOUT_MS = 20_000;

/** Serves echoes until the namespace is closed. */
export async function serveEchoes(namespace: Namespace): Promise<void> {
  const server = namespace.spawn(process.execPath, [PROGRAM, 'serve']);
  await waitFor(() => server.stdout !== '' || server.exit, { what: 'the echoes to be served' });
  if (server.exit !== null) throw new Error(server.stderr);
}

/** One stream to each address at once. @returns how many came back as they were sent */
export function echoStreams(from: Namespace, addresses: readonly string[]): Promise<number> {
  return runClient(from, ['streams', ...addresses]);
}

export interface EchoTarget {
  readonly address: string;
  /** The largest payload, in bytes. */
  readonly size: number;
}

/**
 * Datagrams of every third size down to the smallest one by one, and bursts of the largest that the kernel is handed as
 * one. @returns how many were sent, and of them those that did not come back as they were
 */
export function echoDatagrams(
  from: Namespace,
  targets: readonly EchoTarget[],
): Promise<{ sent: number; spoiled: number }> {
  return runClient(from, ['datagrams', ...targets.map(({ address, size }) => `${address}/${size}`)]);
}

async function runClient<Result>(from: Namespace, args: readonly string[]): Promise<Result> {
  const { stdout } = await from.run(process.execPath, [PROGRAM, ...args], { timeoutMs: TIMEOUT_MS });
  return JSON.parse(stdout) as Result;
}
