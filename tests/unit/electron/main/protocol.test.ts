import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_SCHEME, servePage } from '../../../../electron/main/protocol.ts';
import { Page } from '../../../../electron/shells/page.ts';
import { FakeProtocol } from '../../../support/fake-electron.ts';

const protocol = new FakeProtocol();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-protocol-'));
  mkdirSync(join(folder, 'page', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'page', 'index.html'), '<meta content="%NONCE%"><!--bridge-->');
  writeFileSync(join(folder, 'page', 'assets', 'a.js'), 'let a;');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  servePage(protocol, new Page({ folder: join(folder, 'page'), withBridge: false }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('app://wayfare', () => {
  it('serves_the_page_with_the_policy_that_keeps_it_to_itself', async () => {
    const response = await protocol.fetch('app://wayfare/');
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy') ?? '';
    const nonce = /nonce-([^']+)/.exec(policy)?.[1];
    expect(policy.split('; ')).toEqual([
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
    ]);
    expect(response.headers.get('permissions-policy')).toContain('microphone=()');
    expect(await response.text()).toBe(`<meta content="${nonce}">`);
  });

  it('serves_a_file_with_its_type', async () => {
    const response = await protocol.fetch('app://wayfare/assets/a.js#x');
    expect(await response.text()).toBe('let a;');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['a_file_that_is_not_there', 'app://wayfare/b.js', 'GET'],
    ['a_path_above_the_page', 'app://wayfare/../secret.txt', 'GET'],
    ['a_path_above_the_page_in_escapes', 'app://wayfare/..%2fsecret.txt', 'GET'],
    ['another_host', 'app://elsewhere/', 'GET'],
    ['a_post', 'app://wayfare/', 'POST'],
  ])('refuses_%s', async (_, url, method) => {
    const response = await protocol.fetch(url, method);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it('is_an_origin_of_its_own_that_the_policy_knows_as_self', () => {
    expect(PAGE_SCHEME.privileges).toEqual({ standard: true, secure: true, supportFetchAPI: true });
  });
});
