/** Who may see the page of the browser shell: the first browser that brings the token, from then on known by its cookie. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const COOKIE = 'wayfare';
const SECRET_BYTES = 32;

export class Visitors {
  /** For one browser, once. */
  readonly token = secret();
  /**
   * Where the page is. A browser sends a cookie to every port of a host, so also to what somebody else on this machine
   * serves there: it sends this one only below a path that nobody else knows.
   */
  readonly place = `/${secret()}/`;
  readonly #host: string;
  readonly #session = secret();
  #isTokenUsed = false;

  /** @param host as the browser names it, with the port */
  constructor(host: string) {
    this.#host = host;
  }

  /** Not a name that somebody's DNS points at this machine, and not asked for by another page. */
  isOurPage({ headers }: IncomingMessage): boolean {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (host !== this.#host || (origin !== undefined && origin !== `http://${this.#host}`)) return false;
    return site === undefined || site === 'same-origin' || site === 'none';
  }

  /** A browser says of each WebSocket which page's script opens it (RFC 6455, section 10.2). */
  isOurScript(request: IncomingMessage): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    return this.isOurPage(request) && origin !== undefined && site !== 'none';
  }

  /** @returns the cookie, null for a wrong token and for one that was used */
  admit(token: string): string | null {
    if (this.#isTokenUsed || !isSame(token, this.token)) return null;
    this.#isTokenUsed = true;
    return `${COOKIE}=${this.#session}; HttpOnly; SameSite=Strict; Path=${this.place}`;
  }

  isAdmitted({ headers }: IncomingMessage): boolean {
    const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
    return cookies.some((cookie) => isSame(cookie, `${COOKIE}=${this.#session}`));
  }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
