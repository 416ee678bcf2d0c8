import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { libc } from '../../../../engine/io/linux/libc.ts';
import { systemClock } from '../../../../helper/clock.ts';
import type { Handlers } from '../../../../helper/ipc/answer.ts';
import { connectToHelper } from '../../../../helper/ipc/client.ts';
import { Announcements } from '../../../../helper/ipc/events.ts';
import { descriptorOf } from '../../../../helper/ipc/peer-credentials/index.ts';
import { serve } from '../../../../helper/ipc/server.ts';
import { requireListener, takeHandedOverSocket } from '../../../../helper/ipc/socket-activation.ts';
import { closed } from '../raw-ends.ts';

const F_DUPFD = 0;
const FIRST_AFTER_STDIO = 3;
const PID = 4_711;
const NOT_OURS = 'what systemd handed over is not the socket of the helper, which is at';

let folder = '';
const socketPath = () => join(folder, 'helper.sock');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-activation-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function listening(where: string | number): Promise<Server> {
  const server = createServer();
  server.listen(typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' });
  await once(server, 'listening');
  return server;
}

/** node keeps that of a listener where it keeps that of a connection. */
function fdOf(end: Server | Socket): number {
  return descriptorOf(end as Socket)!;
}

/** As systemd has it: a socket that listens at the path, in nobody's hands. @returns two descriptors of it */
async function socketOfSystemd(): Promise<[number, number]> {
  const maker = await listening(`${socketPath()}.born`);
  const duplicate = () => libc.fcntl(fdOf(maker), F_DUPFD, FIRST_AFTER_STDIO);
  const descriptors: [number, number] = [duplicate(), duplicate()];
  renameSync(`${socketPath()}.born`, socketPath()); // what its maker would remove when it closes it
  await closed(maker);
  return descriptors;
}

describe.runIf(process.platform === 'linux')('a socket that systemd hands over', () => {
  it.each([
    ['none was', {}],
    ['another process was meant', { LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'wayfare.socket' }],
    ['their number is none', { LISTEN_PID: String(PID), LISTEN_FDS: '0' }],
  ])('is not taken where %s, and nobody else hears of it', (_, variables) => {
    const env: NodeJS.ProcessEnv = { PATH: '/bin', ...variables };
    expect(takeHandedOverSocket(socketPath(), env, PID)).toBeNull();
    expect(env).toEqual({ PATH: '/bin' });
  });

  it('is refused where it is one of several', () => {
    const env: NodeJS.ProcessEnv = { LISTEN_PID: String(PID), LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' };
    expect(() => takeHandedOverSocket(socketPath(), env, PID)).toThrow(
      'systemd handed over 2 sockets, where one is expected, leave one ListenStream= in wayfare.socket',
    );
    expect(env).toEqual({});
  });

  it('is refused where it is something else than was said', () => {
    const env: NodeJS.ProcessEnv = { LISTEN_PID: String(PID), LISTEN_FDS: '1' };
    expect(() => takeHandedOverSocket(socketPath(), env, PID)).toThrow(`${NOT_OURS} ${socketPath()}`);
  });

  it('is a Unix socket that listens at the path of the helper, and nothing else', async () => {
    const listener = await listening(socketPath());
    const client = connect(socketPath());
    const [accepted] = (await once(listener, 'connection')) as [Socket]; // has the listener's path
    const tcp = await listening(0);
    const file = openSync(join(folder, 'file'), 'w');
    expect(() => requireListener(fdOf(listener), socketPath())).not.toThrow();
    expect(() => requireListener(fdOf(listener), `${socketPath()}x`)).toThrow(NOT_OURS);
    expect(() => requireListener(fdOf(listener), socketPath().slice(0, -1))).toThrow(NOT_OURS);
    for (const other of [fdOf(accepted), fdOf(tcp), file, 1_000_000])
      expect(() => requireListener(other, socketPath())).toThrow(NOT_OURS);
    closeSync(file);
    client.destroy();
    accepted.destroy();
    await Promise.all([closed(listener), closed(tcp)]);
  });

  it('holds who connects until a helper serves, and stays when it ends', async () => {
    const [handedOver, ofSystemd] = await socketOfSystemd();
    const inode = statSync(socketPath()).ino;
    const client = await connectToHelper(socketPath());
    const answer = client.request('list', {});
    const nothingToTell = new Announcements<never>(async () => []);
    const options = {
      socketPath: socketPath(),
      groups: { operators: process.getegid!(), admins: null },
      handlers: { list: async () => ({ tunnels: [] }) } as Partial<Handlers> as Handlers,
      events: { tunnels: nothingToTell, traffic: nothingToTell, log: nothingToTell },
      clock: systemClock,
      log: () => {},
    };
    const server = await serve(options, handedOver);
    expect(await answer).toEqual({ tunnels: [] });
    client.close();
    await server.close();
    expect(statSync(socketPath()).ino).toBe(inode);
    (await connectToHelper(socketPath())).close();
    libc.close(ofSystemd);
    await expect(connectToHelper(socketPath())).rejects.toThrow('the helper is not running');
  });
});
