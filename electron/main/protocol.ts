/** `app://wayfare/…`: the page's files, with the headers that keep it to itself, and nothing else of this machine. */
import type { CustomScheme, Protocol } from 'electron';
import type { Page } from '../shells/page.ts';

const SCHEME = 'app';
const HOST = 'wayfare';
export const ORIGIN = `${SCHEME}://${HOST}`;
export const PAGE_URL = `${ORIGIN}/`;

/** An origin of its own, as `https:` has it. To be registered before Electron is ready. */
export const PAGE_SCHEME: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true },
};

export function servePage(protocol: Pick<Protocol, 'handle'>, page: Pick<Page, 'file'>): void {
  protocol.handle(SCHEME, ({ url, method }) => {
    const { host, pathname } = new URL(url);
    const file = host === HOST && method === 'GET' ? page.file(pathname) : null;
    if (file === null) return new Response(null, { status: 404 });
    return new Response(file.body, { headers: file.headers });
  });
}
