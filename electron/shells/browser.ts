/**
 * The app without Electron: its page served on loopback to one browser. Whoever opens the address that carries the
 * one-time token gets a cookie for it; nobody else is answered, whoever else is on this machine, and no other page of
 * that browser either (Host, Origin and Sec-Fetch-Site are checked; the cookie is of the same site alone). Another user
 * of this machine is not let in even with the token: a browser that is started with an address shows it to everybody
 * who lists the processes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { errorCode, Failure } from '../../helper/failure.ts';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import { VERBS } from '../ipc/contract.ts';
import type { Page } from './page.ts';
import { ownerOf } from './socket-owner.ts';
import { Visitors } from './visitors.ts';

const LOOPBACK = '127.0.0.1';
/** A `.conf` of a megabyte in base64, and its frame. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** What a page that does not read may keep waiting. It comes again, and hears the present state. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** A browser on the same machine says at once what it wants. */
const LIMITS = {
  headersTimeout: 3_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 8 * 1024,
};
/** A browser has six at a time for one host. */
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
}

/** @throws Failure where the port cannot be had */
export async function openBrowserShell({ app, page, port }: BrowserShellOptions): Promise<BrowserShell> {
  const server = createServer(LIMITS);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    if (!isOurUser(socket)) socket.destroy();
  });
  await listen(server, port);
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const visitors = new Visitors(host);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void serve(request, response, { app, page, visitors });
  });
  return { url: `http://${host}/?token=${visitors.token}`, close: () => close(server) };
}

interface Served {
  readonly app: App;
  readonly page: Page;
  readonly visitors: Visitors;
}

/** Root is asked by whatever browser the person has. */
function isOurUser(socket: Socket): boolean {
  const own = process.getuid?.();
  return own === 0 || process.platform !== 'linux' || ownerOf(socket) === own;
}

async function serve(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { app, page, visitors } = served;
  const { method, url = '' } = request;
  const [path = '', query = ''] = url.split('?', 2);
  const token = new URLSearchParams(query).get('token');
  if (!visitors.isOurPage(request)) return refuse(response, 403);
  if (path === '/' && method === 'GET' && token !== null) {
    const cookie = visitors.admit(token);
    if (cookie === null) return refuse(response, 403);
    response.writeHead(303, { ...OURS_ALONE, location: visitors.place, 'set-cookie': cookie }).end();
    return;
  }
  if (!visitors.isAdmitted(request) || !path.startsWith(visitors.place)) return refuse(response, 403);
  const name = path.slice(visitors.place.length);
  const verb = /^api\/(\w+)$/.exec(name)?.[1];
  if (verb === 'events' && method === 'GET') return tellEvents(app, request, response);
  if (verb !== undefined && Object.hasOwn(VERBS, verb) && method === 'POST')
    return answer(app, verb, request, response);
  const file = method === 'GET' ? page.file(`/${name}`) : null;
  if (file === null) return refuse(response, 404);
  response.writeHead(200, { ...file.headers }).end(file.body);
}

async function answer(
  app: App,
  verb: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { 'content-type': type, 'content-length': length } = request.headers;
  if (type !== 'application/json') return refuse(response, 415);
  if (!(Number(length) <= MAX_BODY_BYTES)) return refuse(response, 413);
  const body = await readBody(request);
  if (body === null) return refuse(response, 400);
  const reply = await dispatch(verb, body.value, app.handlers);
  response.writeHead(200, { ...OURS_ALONE, 'content-type': 'application/json' }).end(JSON.stringify(reply));
}

/** Server-sent events (HTML, section 9.2), until the page goes. */
function tellEvents(app: App, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { ...OURS_ALONE, 'content-type': 'text/event-stream' });
  const stop = app.listen((event) => {
    if (event.event === 'traffic' && response.writableNeedDrain) return;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  });
  request.once('close', stop);
}

/** @returns null for what is no JSON */
async function readBody(request: IncomingMessage): Promise<{ value: unknown } | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return null; // or it went away
  }
}

function refuse(response: ServerResponse, status: number): void {
  const headers = { ...OURS_ALONE, 'content-type': 'text/plain', connection: 'close' };
  response.writeHead(status, headers).end(REFUSAL);
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
