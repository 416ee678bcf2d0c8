import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { descriptorOf, peerCredentialsFor } from '../../../../helper/ipc/peer-credentials/index.ts';

it.runIf(process.platform === 'linux')('the kernel says who is at the other end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-peer-'));
  const readPeerCredentials = await peerCredentialsFor('linux');
  const listener = createServer().listen(join(folder, 'socket'));
  const client = connect(join(folder, 'socket'));
  const [accepted] = (await once(listener, 'connection')) as [Socket];
  const { pid, uid, gid, groups } = readPeerCredentials(descriptorOf(accepted)!);
  expect([pid, uid, gid]).toEqual([process.pid, process.geteuid!(), process.getegid!()]);
  // getgroups(2) may name the effective group besides.
  expect(new Set([...groups, gid])).toEqual(new Set([...process.getgroups!(), gid]));
  client.destroy();
  accepted.destroy();
  expect(descriptorOf(accepted)).toBeNull();
  listener.close();
  rmSync(folder, { recursive: true });
});

it.runIf(process.platform === 'linux')('what is no socket is an error', async () => {
  const readPeerCredentials = await peerCredentialsFor('linux');
  expect(() => readPeerCredentials(1_000_000)).toThrow('SO_PEERCRED: EBADF');
});

it.each(['darwin', 'win32'] as const)('%s cannot be asked yet, and says so', async (platform) => {
  await expect(peerCredentialsFor(platform)).rejects.toThrow(
    'asking who is at the other end of a socket is not supported on this system',
  );
});
