/** The page's files, with the headers that keep it to itself. Both shells serve it from here. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};
/** Of what a browser would ask a person for. */
const PERMISSIONS =
  'camera=(self), display-capture=(self), clipboard-read=(self), geolocation=(), microphone=(), hid=(), serial=(), usb=()';
const INDEX = '/index.html';
/** Stand in index.html where the nonce of a load goes, and the bridge of a shell that has no preload. */
const NONCE = '%NONCE%';
const BRIDGE = '<!--bridge-->';
/** Stands in the bridge for {@link Page.proof}. */
const PROOF = '%PROOF%';

export interface PageOptions {
  /** Of what the build made of renderer/; it is read once. */
  readonly folder: string;
  /** Whether the page has to load its bridge itself. */
  readonly withBridge: boolean;
}

export class Page {
  /** The bridge knows the shell by it: whoever has its port later has not served this page. */
  readonly proof = randomBytes(32).toString('base64url');
  readonly #files = new Map<string, Buffer<ArrayBuffer>>();
  readonly #bridge: string;

  constructor({ folder, withBridge }: PageOptions) {
    this.#bridge = withBridge ? '<script src="./bridge.js"></script>' : '';
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      this.#files.set(`/${relative(folder, file).split(sep).join('/')}`, readFileSync(file));
    }
  }

  /** @param path of a URL. @returns null where there is no such file */
  file(path: string): PageFile | null {
    const name = path === '/' ? INDEX : path;
    const body = this.#files.get(name);
    if (body === undefined) return null;
    const nonce = randomBytes(16).toString('base64');
    return {
      headers: {
        'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy(nonce),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': PERMISSIONS,
        'cache-control': 'no-store',
      },
      body: this.#filledIn(name, body, nonce),
    };
  }

  #filledIn(name: string, body: Buffer<ArrayBuffer>, nonce: string): PageFile['body'] {
    if (name === INDEX) return body.toString('utf8').replaceAll(NONCE, nonce).replace(BRIDGE, this.#bridge);
    return name === '/bridge.js' ? body.toString('utf8').replace(PROOF, this.proof) : body;
  }
}

/**
 * CSP level 3, where 'self' is the page's WebSocket, too. WebAssembly is the QR reader; styles with a nonce come from the
 * dialogs and the editor.
 */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
