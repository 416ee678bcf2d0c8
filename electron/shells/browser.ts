/**
 * The app without Electron: its page served on loopback to one browser. Whoever opens the address that carries the
 * one-time token gets a cookie for it; nobody else is answered, whoever else is on this machine, and no other page of
 * that browser either (Host, Origin and Sec-Fetch-Site are checked; the cookie is of the same site alone). Another user
 * of this machine is not let in even with the token: a browser that is started with an address shows it to everybody
 * who lists the processes.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HelperClock } from '../../helper/clock.ts';
import { errorCode, Failure } from '../../helper/failure.ts';
import type { App } from '../app/app.ts';
import type { Page } from './page.ts';
import { PageSockets } from './page-sockets.ts';
import { ownerOf } from './socket-owner.ts';
import { Visitors } from './visitors.ts';

const LOOPBACK = '127.0.0.1';
/** A browser on the same machine says at once what it wants. */
const LIMITS = {
  headersTimeout: 3_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8 * 1024,
};
/** A browser has six at a time for one host, and its WebSockets. */
const MAX_CONNECTIONS = 64;
const OURS_ALONE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};
const REFUSAL = `This page is for one browser: open the address that "wayfare ui" printed.
If that was used already, end it and start it again.
`;

export interface BrowserShell {
  /** With the token: for one browser, once. */
  readonly url: string;
  close(): Promise<void>;
}

export interface BrowserShellOptions {
  readonly app: App;
  readonly page: Page;
  /** 0 for any that is free. */
  readonly port: number;
  readonly clock: HelperClock;
}

/** @throws Failure where the port cannot be had */
export async function openBrowserShell({
  app,
  page,
  port,
  clock,
}: BrowserShellOptions): Promise<BrowserShell> {
  const server = createServer(LIMITS);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    if (!isOurUser(socket)) socket.destroy();
  });
  await listen(server, port);
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const sockets = new PageSockets(app, page.proof, clock);
  const served: Served = { page, sockets, visitors: new Visitors(host) };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const status = serve(request, response, served);
    if (status !== null) refuse(response, status);
  });
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    const status = whyNoSocket(request, served);
    if (status === null) sockets.accept(request, connection, head);
    else refuseUpgrade(connection, status);
  });
  return {
    url: `http://${host}/?token=${served.visitors.token}`,
    close() {
      sockets.close();
      return close(server);
    },
  };
}

interface Served {
  readonly page: Page;
  readonly sockets: PageSockets;
  readonly visitors: Visitors;
}

/** Root is asked by whatever browser the person has. */
function isOurUser(socket: Socket): boolean {
  const own = process.getuid?.();
  return own === 0 || process.platform !== 'linux' || ownerOf(socket) === own;
}

/** @returns the status of a refusal, null for what is answered */
function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { page, visitors }: Served,
): number | null {
  const { method, url = '' } = request;
  const [path = '', query = ''] = url.split('?', 2);
  const token = new URLSearchParams(query).get('token');
  if (!visitors.isOurPage(request)) return 403;
  if (path === '/' && method === 'GET' && token !== null) {
    const cookie = visitors.admit(token);
    if (cookie === null) return 403;
    response.writeHead(303, { ...OURS_ALONE, location: visitors.place, 'set-cookie': cookie }).end();
    return null;
  }
  if (!visitors.isAdmitted(request) || !path.startsWith(visitors.place)) return 403;
  const file = method === 'GET' ? page.file(`/${path.slice(visitors.place.length)}`) : null;
  if (file === null) return 404;
  response.writeHead(200, { ...file.headers }).end(file.body);
  return null;
}

/** @returns the status of a refusal, null for what is let in */
function whyNoSocket(request: IncomingMessage, { sockets, visitors }: Served): number | null {
  if (!visitors.isOurScript(request) || !visitors.isAdmitted(request)) return 403;
  if (request.url !== `${visitors.place}socket`) return 404;
  return sockets.isFull ? 503 : null;
}

function refuse(response: ServerResponse, status: number): void {
  const headers = { ...OURS_ALONE, 'content-type': 'text/plain', connection: 'close' };
  response.writeHead(status, headers).end(REFUSAL);
}

function refuseUpgrade(connection: Duplex, status: number): void {
  connection.on('error', () => {}); // it went away
  connection.once('finish', () => connection.destroy());
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(port, error)));
    server.listen({ host: LOOPBACK, port }, resolve);
  });
}

function cannotListen(port: number, error: Error): Error {
  const [where, advice] = [`on ${LOOPBACK}`, 'choose another --port, or none for any that is free'];
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new Failure(`something else has port ${port}`, where, advice);
    case 'EACCES':
      return new Failure(`you may not have port ${port}`, where, advice);
    default:
      return error;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
