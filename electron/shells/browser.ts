/**
 * The app without Electron: its page served on loopback to one browser. Whoever opens the address that carries the
 * one-time token gets a cookie for it; nobody else is answered, whoever else is on this machine, and no other page of
 * that browser either (Host, Origin and Sec-Fetch-Site are checked; the cookie is of the same site alone).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import { VERBS } from '../ipc/contract.ts';
import type { Page } from './page.ts';

const LOOPBACK = '127.0.0.1';
const COOKIE = 'wayfare';
const TOKEN_BYTES = 32;
/** A `.conf` of a megabyte in base64, and its frame. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

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

/** @throws the system's error where the port cannot be had */
export async function openBrowserShell({ app, page, port }: BrowserShellOptions): Promise<BrowserShell> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port }, resolve);
  });
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const visitors = new Visitors(host);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void serve(request, response, { app, page, visitors, host });
  });
  return { url: `http://${host}/?token=${visitors.token}`, close: () => close(server) };
}

interface Served {
  readonly app: App;
  readonly page: Page;
  readonly visitors: Visitors;
  readonly host: string;
}

async function serve(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { app, page, visitors, host } = served;
  const url = new URL(request.url ?? '/', `http://${host}`);
  if (!visitors.isOurPage(request)) return refuse(response, 403);
  if (url.pathname === '/' && url.searchParams.has('token')) {
    const cookie = visitors.admit(url.searchParams.get('token') ?? '');
    if (cookie === null) return refuse(response, 403);
    response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
    return;
  }
  if (!visitors.isAdmitted(request)) return refuse(response, 403);
  const verb = /^\/api\/(\w+)$/.exec(url.pathname)?.[1];
  if (verb === 'events' && request.method === 'GET') return tellEvents(app, request, response);
  if (verb !== undefined && Object.hasOwn(VERBS, verb) && request.method === 'POST')
    return answer(app, verb, request, response);
  const file = request.method === 'GET' ? page.file(url.pathname) : null;
  if (file === null) return refuse(response, 404);
  response.writeHead(200, { ...file.headers }).end(file.body);
}

/** Who may see the page: the first browser that brings the token, from then on known by its cookie. */
class Visitors {
  readonly token = secret();
  readonly #host: string;
  readonly #session = secret();
  #isTokenUsed = false;

  constructor(host: string) {
    this.#host = host;
  }

  /** Not a name that somebody's DNS points at this machine, and not asked for by another page. */
  isOurPage({ headers, method }: IncomingMessage): boolean {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (host !== this.#host) return false;
    if (origin !== undefined ? origin !== `http://${this.#host}` : method === 'POST') return false;
    return site === undefined || site === 'same-origin' || (site === 'none' && method === 'GET');
  }

  /** @returns the cookie, null for a wrong token and for one that was used */
  admit(token: string): string | null {
    if (this.#isTokenUsed || !isSame(token, this.token)) return null;
    this.#isTokenUsed = true;
    return `${COOKIE}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`;
  }

  isAdmitted({ headers }: IncomingMessage): boolean {
    const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
    return cookies.some((cookie) => isSame(cookie, `${COOKIE}=${this.#session}`));
  }
}

async function answer(
  app: App,
  verb: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) return refuse(response, 400);
  const reply = await dispatch(verb, body.value, app.handlers);
  response
    .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(reply));
}

/** Server-sent events (HTML, section 9.2). A page that does not read is not waited for: the newest state is told again. */
function tellEvents(app: App, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const stop = app.listen((event) => {
    if (event.event === 'traffic' && response.writableNeedDrain) return;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  });
  request.once('close', stop);
}

/** @returns null for what is too long, or no JSON */
async function readBody(request: IncomingMessage): Promise<{ value: unknown } | null> {
  if (request.headers['content-type'] !== 'application/json') return null;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return null;
      chunks.push(chunk);
    }
    return { value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return null; // it went away, or is no JSON
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end('Not for you.\n');
}

function secret(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
