/** Every way into the list of tunnels. Nothing is stored before the person has seen it. */
import { zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppWorld } from '../support/app-world.ts';
import { CAMERA_ADDRESS } from '../support/browser-server.ts';
import { newKey, publicKeyOf } from '../support/helper-world.ts';
import { whitePng } from '../support/white-png.ts';
import {
  chooseFiles,
  dropFiles,
  expectFitsWindow,
  noteTracks,
  pictureOfQr,
  shareAsScreen,
  statesOfTracks,
  textFile,
} from './page-input.ts';

const world = new AppWorld();
let privateKey: string;
let peerKey: string;

beforeAll(async () => {
  await world.open();
  privateKey = await newKey();
  peerKey = await publicKeyOf(await newKey());
});
afterEach(async () => {
  await world.closePages();
  for (const name of await world.storedNames()) await world.ask('remove', { name });
});
afterAll(() => world.close());

function conf({ inInterface = '', endpoint = '192.0.2.7:51820' } = {}): string {
  return `[Interface]
PrivateKey = ${privateKey}
Address = 10.9.0.2/32
${inInterface}
[Peer]
PublicKey = ${peerKey}
AllowedIPs = 10.9.0.0/24
Endpoint = ${endpoint}
`;
}

async function visitImport(): Promise<Page> {
  const page = await world.visit('#/import', { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('heading', { name: 'Import tunnels' }).waitFor();
  return page;
}

/** The names in the preview. */
async function previewed(page: Page): Promise<string[]> {
  const names = page.getByRole('list', { name: 'To be imported' }).getByLabel('Name', { exact: true });
  return Promise.all((await names.all()).map((name) => name.inputValue()));
}

async function importPreviewed(page: Page, ...names: string[]): Promise<void> {
  await expect.poll(() => previewed(page)).toEqual(names);
  expect(await world.storedNames()).toEqual([]);
  await page.getByRole('button', { name: /^Import (tunnel|\d+ tunnels)$/ }).click();
  await expect.poll(() => world.storedNames()).toEqual([...names].sort());
}

describe('a tunnel comes in', () => {
  it('by_a_file', async () => {
    const page = await visitImport();
    await chooseFiles(page, [textFile('home.conf', conf())]);
    await importPreviewed(page, 'home');
    await page.getByRole('heading', { name: 'home' }).waitFor();
  });

  it('by_several_files_and_an_archive', async () => {
    const page = await visitImport();
    const archive = zipSync({
      'c.conf': Buffer.from(conf()),
      'folder/d.conf': Buffer.from(conf()),
      'readme.txt': Buffer.from('hello'),
    });
    const zip = { name: 'all.zip', mimeType: 'application/zip', buffer: Buffer.from(archive) };
    await chooseFiles(page, [textFile('a.conf', conf()), textFile('b.conf', conf()), zip]);
    await importPreviewed(page, 'a', 'b', 'c', 'd');
    await page.getByText('readme.txt').waitFor();
  });

  it('by_text_that_is_pasted_into_a_field', async () => {
    const page = await visitImport();
    await page.getByRole('button', { name: 'Paste text' }).click();
    await page.getByRole('textbox', { name: 'Text of the tunnel' }).fill(conf());
    await page.getByRole('button', { name: 'Show what is in it' }).click();
    await importPreviewed(page, 'tunnel');
  });

  it('from_the_clipboard', async () => {
    const page = await visitImport();
    await page.evaluate((text) => navigator.clipboard.writeText(text), conf());
    await page.getByRole('button', { name: 'From the clipboard' }).click();
    await importPreviewed(page, 'tunnel');
  });

  it('by_Ctrl_V_anywhere', async () => {
    const page = await visitImport();
    await page.evaluate((text) => navigator.clipboard.writeText(text), conf());
    await page.keyboard.press('Control+V');
    await importPreviewed(page, 'tunnel');
  });

  it('by_files_that_are_dropped_on_whatever_is_shown', async () => {
    const page = await world.visit('#/about');
    await dropFiles(page, [textFile('dropped.conf', conf())]);
    await importPreviewed(page, 'dropped');
  });

  it('by_pictures_of_QR_codes_as_people_take_them', async () => {
    const page = await visitImport();
    const styles = {
      straight: '',
      rotated: 'transform: rotate(23deg)',
      'upside-down': 'transform: rotate(180deg)',
      blurred: 'filter: blur(1.6px)',
      pale: 'transform: scale(0.6) rotate(-8deg); opacity: 0.55',
      tilted: 'transform: perspective(900px) rotateY(28deg) rotateX(12deg)',
    };
    const pictures = Object.entries(styles).map(async ([name, style]) => {
      const buffer = await pictureOfQr(page, conf(), style);
      return { name: `${name}.png`, mimeType: 'image/png', buffer };
    });
    await chooseFiles(page, await Promise.all(pictures));
    await importPreviewed(page, ...Object.keys(styles));
    for (const name of Object.keys(styles)) expect(await world.configOf(name)).toContain(privateKey);
  });

  it('by_a_QR_code_before_the_camera_which_is_off_again_afterwards', async () => {
    const page = await world.visit('#/import', { permissions: ['camera'] });
    await noteTracks(page);
    await page.getByRole('button', { name: 'QR code by camera' }).click();
    await importPreviewed(page, 'tunnel');
    expect(await world.configOf('tunnel')).toContain(CAMERA_ADDRESS);
    expect(await statesOfTracks(page)).toEqual(['ended']);
  });

  it('by_a_QR_code_on_the_screen_whose_sharing_ends_at_once', async () => {
    const page = await visitImport();
    await noteTracks(page);
    await shareAsScreen(page, await pictureOfQr(page, conf()));
    await page.getByRole('button', { name: 'QR code on the screen' }).click();
    await importPreviewed(page, 'tunnel');
    expect(await world.configOf('tunnel')).toContain(privateKey);
    expect(await statesOfTracks(page)).toEqual(['ended']);
  });
});

describe('the preview', () => {
  it('shows_what_was_found_and_what_is_not_carried_over', async () => {
    const page = await visitImport();
    const hook = 'PostUp = iptables -A OUTPUT -j DROP';
    await chooseFiles(page, [textFile('work.conf', conf({ inInterface: `DNS = 10.9.0.1\n${hook}` }))]);
    const card = page.getByRole('list', { name: 'To be imported' });
    for (const text of [
      '10.9.0.2/32',
      '10.9.0.1',
      '192.0.2.7:51820',
      '10.9.0.0/24',
      peerKey,
      'Not carried over',
    ])
      await card.getByText(text).first().waitFor();
    await card.getByText('iptables -A OUTPUT -j DROP').waitFor();
    expect(await page.content()).not.toContain(privateKey);
    await importPreviewed(page, 'work');
  });

  it('says_at_which_line_something_is_wrong_and_lets_it_be_corrected', async () => {
    const page = await visitImport();
    await chooseFiles(page, [textFile('bad.conf', conf({ inInterface: 'Colour = blue' }))]);
    await page.getByText('Line 4').first().waitFor();
    await page.getByText('Colour').first().waitFor();
    expect(
      await page
        .getByRole('button', { name: /^Import/ })
        .last()
        .isDisabled(),
    ).toBe(true);
    await page.getByRole('button', { name: 'Correct it' }).click();
    const editor = page.getByRole('textbox', { name: 'Text of the tunnel' });
    await editor.getByText('Colour').click();
    await page.keyboard.press('Home');
    await page.keyboard.type('# ');
    await page.getByRole('button', { name: 'Take this text' }).click();
    await importPreviewed(page, 'bad');
  });

  it('gives_another_name_where_that_one_is_taken', async () => {
    const content = Buffer.from(conf()).toString('base64');
    await world.ask('import', { fileName: 'home.conf', content, name: null });
    const page = await visitImport();
    await chooseFiles(page, [textFile('home.conf', conf())]);
    await page.getByRole('button', { name: /^Call it / }).click();
    await page.getByRole('button', { name: 'Import tunnel' }).click();
    await expect.poll(async () => (await world.storedNames()).length).toBe(2);
  });

  it('leaves_out_what_the_person_does_not_want', async () => {
    const page = await visitImport();
    await chooseFiles(page, [textFile('a.conf', conf()), textFile('b.conf', conf())]);
    await page.getByRole('button', { name: 'Leave out a' }).click();
    await importPreviewed(page, 'b');
  });

  it('says_why_it_takes_a_file_for_no_tunnel', async () => {
    const page = await visitImport();
    const files = [
      { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('iVBORw0KGgo=', 'base64') },
      { name: 'enormous.png', mimeType: 'image/png', buffer: whitePng(12_000, 12_000) },
      { name: 'x.zip', mimeType: 'application/zip', buffer: Buffer.from('PK\x03\x04 nothing') },
      { name: 'x.conf', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
    ];
    await chooseFiles(page, files);
    for (const { name } of files) await page.getByText(name).first().waitFor();
    await page.getByText('This picture has 12,000 × 12,000 pixels').waitFor();
    expect(await previewed(page)).toEqual([]);
  });
});

const HOSTILE = {
  markup: '<img src=x onerror=alert(1)><script>alert(1)</script>',
  attribute: '" onmouseover="alert(1)" x="',
  direction: '\u202Etxt.exe\u202C \u2066x\u2069',
  placeholder: '{name} {count, plural, one {#}} %s $1',
  long: 'x'.repeat(10_000),
  marks: 'z\u0335\u0321\u0322'.repeat(300),
};

it('hostile_text_stays_text_in_every_field', async () => {
  const page = await visitImport();
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const files = Object.entries(HOSTILE).flatMap(([name, text]) => {
    const hooks = ['PreUp', 'PostUp', 'PreDown', 'PostDown'].map((key) => `${key} = ${text}`).join('\n');
    return [
      textFile(`${name}.conf`, conf({ inInterface: hooks })),
      textFile(`${text.replaceAll('/', '')}.conf`.slice(-250), conf()),
      textFile('key.conf', conf({ inInterface: `${text} = 1` })),
      textFile('value.conf', conf({ inInterface: `MTU = ${text}` })),
      textFile('dns.conf', conf({ inInterface: `DNS = 10.9.0.1, ${text}` })),
      textFile('endpoint.conf', conf({ endpoint: `${text}:51820` })),
      textFile('comment.conf', `# ${text}\n${conf()}`),
    ];
  });
  await chooseFiles(page, files);
  await expect.poll(async () => (await previewed(page)).length).toBe(files.length);
  const closed = page.getByRole('list', { name: 'To be imported' }).locator('button[aria-expanded=false]');
  while ((await closed.count()) > 0) await closed.first().click();
  await expectUnharmed();
  await page
    .getByRole('button', { name: /^Import/ })
    .last()
    .click();
  await page.getByRole('button', { name: 'Importing…' }).waitFor({ state: 'detached' });
  const names = await world.storedNames();
  expect(names).toEqual(expect.arrayContaining(Object.keys(HOSTILE)));
  for (const name of Object.keys(HOSTILE))
    for (const view of ['tunnel', 'edit']) {
      await page.goto(`${world.address}#/${view}/${name}`);
      await page.getByRole('heading', { name }).first().waitFor();
      await expectUnharmed();
    }

  async function expectUnharmed(): Promise<void> {
    for (const width of [360, 1_000]) {
      await page.setViewportSize({ width, height: 720 });
      await expectFitsWindow(page);
    }
    expect(await page.locator('img[src=x], [onmouseover]').count()).toBe(0);
    expect(dialogs).toEqual([]);
  }
});
