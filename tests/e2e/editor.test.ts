/** A tunnel's text under the person's hands, and out of the app again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Download, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { AppWorld } from '../support/app-world.ts';
import { chooseFiles, textFile } from './page-input.ts';

const world = new AppWorld();

beforeAll(() => world.open());
afterEach(() => world.closePages());
afterAll(() => world.close());

async function openMenu(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('heading', { name }).waitFor();
  await page.getByRole('button', { name: 'More for this tunnel' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

async function bytesOf(download: Download): Promise<Buffer> {
  const path = join(world.folder, download.suggestedFilename());
  await download.saveAs(path);
  return readFileSync(path);
}

it('shows_an_error_at_its_line_refuses_to_save_it_and_saves_what_is_right', async () => {
  const name = await world.importTunnel();
  const before = await world.configOf(name);
  const page = await world.visit(`#/edit/${name}`);
  const editor = page.getByRole('textbox', { name: 'Text of the tunnel' });
  await editor.getByText('Address').click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('MTU = many');
  const line = before.split('\n').findIndex((text) => text.startsWith('Address')) + 2;
  await page.getByRole('button', { name: `Line ${line}` }).waitFor();
  await page.keyboard.press('Control+s');
  await page.getByText('It was not saved').waitFor();
  expect(await world.configOf(name)).toBe(before);
  for (let i = 0; i < 'many'.length; i++) await page.keyboard.press('Backspace');
  await page.keyboard.type('1400');
  await page.getByRole('button', { name: `Line ${line}` }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  expect(await world.configOf(name)).toContain('MTU = 1400\n');

  // Somebody else saves it meanwhile.
  const content = Buffer.from(`${before}# theirs\n`).toString('base64');
  await world.ask('edit', { name, newName: name, content, base: null });
  await page.getByRole('textbox', { name: 'Text of the tunnel' }).getByText('1400').click();
  await page.keyboard.press('End');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('1');
  await page.keyboard.press('Control+s');
  await page.getByRole('alertdialog', { name: `${name} was changed meanwhile` }).waitFor();
  expect(await world.configOf(name)).not.toContain('MTU');
  await page.getByRole('button', { name: 'Overwrite' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  expect(await world.configOf(name)).toContain('MTU = 1401\n');
});

it('shows_no_private_key_before_it_is_asked_to', async () => {
  const name = await world.importTunnel();
  const page = await world.visit(`#/edit/${name}`);
  await page.getByRole('textbox', { name: 'Text of the tunnel' }).getByText('Address').waitFor();
  expect(await page.content()).not.toContain(world.clientKey);
  await page.getByText('Show private keys').click();
  await page.getByText(world.clientKey).waitFor();
});

it('makes_a_new_tunnel_with_a_key_of_its_own', async () => {
  const page = await world.visit('#/new');
  await page.getByLabel('Name', { exact: true }).fill('made');
  const editor = page.getByRole('textbox', { name: 'Text of the tunnel' });
  for (const [key, value] of [
    ['Address', '10.70.0.2/32'],
    ['DNS', '10.70.0.1'],
    ['PublicKey', world.serverPublicKey],
    ['Endpoint', '192.0.2.1:51820'],
  ] as const) {
    await editor.getByText(key).click();
    await page.keyboard.press('End');
    await page.keyboard.type(value);
  }
  await page.getByRole('list', { name: 'Notes of the parser' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'made' }).waitFor();
  expect(await world.configOf('made')).toMatch(/^PrivateKey = [A-Za-z0-9+/]{43}=$/m);
});

it('asks_before_changes_are_lost', async () => {
  const name = await world.importTunnel();
  const page = await world.visit(`#/edit/${name}`);
  await page.getByRole('textbox', { name: 'Text of the tunnel' }).getByText('Address').click();
  await page.keyboard.type(' ');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Discard the changes' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
});

it('exports_a_file_that_is_the_same_tunnel_when_it_comes_back', async () => {
  const name = await world.importTunnel({ extra: 'DNS = 10.70.0.1\nMTU = 1380\nPostUp = echo hi' });
  const before = await world.configOf(name);
  const page = await world.visit(`#/tunnel/${name}`);
  await openMenu(page, name, 'Export…');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as a file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${name}.conf`);
  const text = (await bytesOf(download)).toString('utf8');
  expect(text).toBe(before);
  await world.ask('remove', { name });
  await page.goto(`${world.address}#/import`);
  await chooseFiles(page, [textFile(`${name}.conf`, text)]);
  await page.getByRole('button', { name: 'Import tunnel' }).click();
  await page.getByRole('heading', { name }).waitFor();
  expect(await world.configOf(name)).toBe(before);
});

it('shows_a_QR_code_that_is_the_same_tunnel_when_it_is_read', async () => {
  const name = await world.importTunnel();
  const page = await world.visit(`#/tunnel/${name}`, { colorScheme: 'dark' });
  await openMenu(page, name, 'Export…');
  await page.getByText('It holds the private key').waitFor();
  await page.getByRole('button', { name: 'Show the QR code' }).click();
  const buffer = await page.getByRole('img', { name: `QR code of ${name}` }).screenshot();
  await page.goto(`${world.address}#/import`);
  await page.reload();
  await chooseFiles(page, [{ name: 'again.png', mimeType: 'image/png', buffer }]);
  await page.getByRole('button', { name: 'Import tunnel' }).click();
  await page.getByRole('heading', { name: 'again' }).waitFor();
  expect(await world.configOf('again')).toBe(await world.configOf(name));
});

it('exports_all_of_them_in_one_archive', async () => {
  const name = await world.importTunnel();
  const page = await world.visit();
  await page.getByRole('button', { name: 'Add or export' }).click();
  await page.getByRole('menuitem', { name: 'Export all…' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Save/ }).click(),
  ]);
  const files = unzipSync(await bytesOf(download));
  expect(Buffer.from(files[`${name}.conf`]!).toString('utf8')).toBe(await world.configOf(name));
  expect(Object.keys(files).sort()).toEqual((await world.storedNames()).map((each) => `${each}.conf`));
});
