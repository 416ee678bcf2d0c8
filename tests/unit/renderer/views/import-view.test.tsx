// @vitest-environment jsdom
import { I18nProvider } from '@lingui/react';
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { i18n } from '../../../../renderer/lib/i18n.ts';
import { useAnnouncements } from '../../../../renderer/store/announcements.ts';
import {
  forgetAll,
  onOpenFiles,
  previewFiles,
  previewTexts,
  useImportQueue,
} from '../../../../renderer/store/import-queue.ts';
import { ImportView } from '../../../../renderer/views/ImportView.tsx';
import { archive } from '../decode/archives.ts';
import { type ImportingApp, installImportingApp } from './importing-app.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const PEER = '3p7bfXt9wbTTW2HC7OQ1Pz+DQ8hbeGdNrfx+FG+IK08=';
const CONF = confWith('');

function confWith(lines: string, allowedIps = '10.0.0.0/8'): string {
  return `[Interface]\nPrivateKey = ${KEY}\nAddress = 10.0.0.2/32\nDNS = 10.0.0.1\n${lines}
[Peer]\nPublicKey = ${PEER}\nAllowedIPs = ${allowedIps}\nEndpoint = vpn.example.net:51820\n`;
}

function file(name: string, content: string | Uint8Array = CONF): File {
  return new File([new Uint8Array(Buffer.from(content))], name);
}

let app: ImportingApp;

beforeEach(() => {
  app = installImportingApp(['home']);
  render(
    <I18nProvider i18n={i18n}>
      <ImportView />
    </I18nProvider>,
  );
});

afterEach(() => {
  cleanup();
  forgetAll();
});

const importButton = () => screen.getByRole<HTMLButtonElement>('button', { name: /^Import/ });
const names = () => screen.getAllByLabelText<HTMLInputElement>('Name').map(({ value }) => value);
const cards = () => within(screen.getByRole('list', { name: 'To be imported' })).getAllByLabelText('Name');

describe('a preview', () => {
  test('shows what is in a tunnel, and stores nothing', async () => {
    await previewFiles([file('berlin.conf')]);
    await screen.findByDisplayValue('berlin');
    const shown = document.body.textContent;
    for (const text of ['10.0.0.2/32', '10.0.0.1', 'vpn.example.net:51820', '10.0.0.0/8', PEER])
      expect(shown).toContain(text);
    expect(shown).toContain('Only the traffic to its allowed IPs goes through it');
    expect(app.imported).toEqual([]);
  });

  test('never shows the private key', async () => {
    await previewFiles([file('berlin.conf'), file('broken.conf', `PrivatKey = ${KEY}`)]);
    await screen.findByDisplayValue('broken');
    expect(document.body.innerHTML).not.toContain(KEY);
  });

  test('says when all traffic goes into it', async () => {
    await previewFiles([file('berlin.conf', confWith('', '0.0.0.0/0, ::/0'))]);
    await screen.findByText('All of this computer’s traffic goes through it');
  });

  test('shows hooks, and says that they are never run and what stands for a kill switch', async () => {
    const recipe =
      'iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT';
    await previewFiles([file('berlin.conf', confWith(`PostUp = ${recipe}\n`))]);
    const hooks = await screen.findByRole('region', { name: 'Not carried over' });
    expect(hooks.textContent).toContain('never runs them');
    expect(hooks.textContent).toContain(recipe);
    expect(screen.getByText(/Wayfare's own kill switch/)).toBeTruthy();
  });

  test('names the line of an error, and lets the good ones be imported', async () => {
    await previewFiles([file('broken.conf', '[Interface]\nMTU = many\n'), file('berlin.conf')]);
    await screen.findByText('Line 2');
    fireEvent.click(await screen.findByRole('button', { name: 'Import tunnel' }));
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toEqual(['berlin']));
    await waitFor(() => expect(names()).toEqual(['broken']));
    expect(screen.getByRole('link', { name: 'berlin' })).toBeTruthy();
  });

  test('lists what is not taken, with the reason', async () => {
    const zip = archive([
      { path: 'berlin.conf', content: CONF },
      { path: 'readme.txt', content: 'x' },
    ]);
    await previewFiles([file('all.zip', zip), file('x.bin', '\x7fELF\0\0\0')]);
    const list = await screen.findByRole('region', { name: 'Not taken' });
    expect(list.textContent).toContain('readme.txtnot a .conf file');
    expect(list.textContent).toContain('x.binThis file is neither text');
    expect(names()).toEqual(['berlin']);
  });

  test('comes for files that were opened with the app', async () => {
    const files = [{ fileName: 'berlin.conf', content: btoa(CONF) }];
    const notTaken = [{ fileName: 'huge.png', reason: 'larger than 16 MiB' }];
    onOpenFiles({ event: 'open-files', files, notTaken });
    await screen.findByDisplayValue('berlin');
    expect(location.hash).toBe('#/import');
    const list = screen.getByRole('region', { name: 'Not taken' });
    expect(list.textContent).toContain('huge.pnglarger than 16 MiB');
  });

  test('comes for a text that is pasted into the view', async () => {
    const clipboardData = { files: [], getData: () => CONF };
    fireEvent.paste(document.body, { clipboardData });
    await screen.findByDisplayValue('tunnel');
  });
});

test('a text of more than 1 MiB is refused in words', async () => {
  await previewTexts(['x'.repeat(1024 * 1024 + 1)]);
  const list = await screen.findByRole('region', { name: 'Not taken' });
  expect(list.textContent).toContain('1.00 MiB are the most that are read');
});

test('what is forgotten while it is read does not come back', async () => {
  const isRead = previewFiles([file('berlin.conf'), file('paris.conf')]);
  forgetAll();
  await isRead;
  expect(useImportQueue.getState()).toEqual(useImportQueue.getInitialState());
});

describe('a camera', () => {
  const track = Object.assign(new EventTarget(), { stop: vi.fn() });
  const stream = { getTracks: () => [track] } as unknown as MediaStream;
  let open: (stream: MediaStream) => void;

  beforeEach(() => {
    track.stop.mockClear();
    const opened = new Promise<MediaStream>((resolve) => {
      open = resolve;
    });
    vi.stubGlobal('navigator', { ...navigator, mediaDevices: { getUserMedia: () => opened } });
    HTMLMediaElement.prototype.play = async () => {};
    fireEvent.click(screen.getByRole('button', { name: 'QR code by camera' }));
  });

  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test('that opens after the view was left is closed', async () => {
    cleanup();
    open(stream);
    await waitFor(() => expect(track.stop).toHaveBeenCalled());
  });

  test('is closed where its picture cannot be read, and that is said', async () => {
    vi.spyOn(HTMLVideoElement.prototype, 'videoWidth', 'get').mockReturnValue(640);
    vi.stubGlobal('createImageBitmap', () => Promise.reject(new Error('no picture')));
    open(stream);
    await waitFor(() => expect(track.stop).toHaveBeenCalled());
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(useAnnouncements.getState().shown.map(({ what }) => what)).toContain('no picture');
  });
});

describe('a name', () => {
  test('that is taken is said, and another is offered', async () => {
    await previewFiles([file('home.conf')]);
    await screen.findByText('There is a tunnel of this name already.');
    expect(importButton().disabled).toBe(true);
    fireEvent.click(screen.getByRole('button', { name: 'Call it home-2' }));
    fireEvent.click(importButton());
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toEqual(['home-2']));
  });

  test('is made up for the second file of one name', async () => {
    await previewFiles([file('berlin.conf'), file('berlin.conf')]);
    await screen.findByDisplayValue('berlin-2');
    expect(names()).toEqual(['berlin', 'berlin-2']);
  });

  test('that two of the batch have bars both', async () => {
    await previewFiles([file('berlin.conf'), file('paris.conf')]);
    fireEvent.change(await screen.findByDisplayValue('paris'), { target: { value: 'berlin' } });
    expect(screen.getAllByText('There is a tunnel of this name already.')).toHaveLength(2);
    expect(importButton().disabled).toBe(true);
  });

  test.each(['', '-x', 'a b', 'x'.repeat(16)])('such as %j cannot be imported', async (name) => {
    await previewFiles([file('berlin.conf')]);
    const field = await screen.findByDisplayValue('berlin');
    fireEvent.change(field, { target: { value: name } });
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(importButton().disabled).toBe(true);
  });
});

describe('an import', () => {
  test('that fails for one stores the rest, and keeps that one with its reason', async () => {
    app.refused.set('paris', { what: 'the disk is full', where: '', advice: 'make room' });
    await previewFiles([file('berlin.conf'), file('paris.conf'), file('rome.conf')]);
    fireEvent.click(await screen.findByRole('button', { name: 'Import 3 tunnels' }));
    await screen.findByText('It was not imported: the disk is full');
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toEqual(['berlin', 'rome']));
    await waitFor(() => expect(cards()).toHaveLength(1));
    app.refused.clear();
    fireEvent.click(importButton());
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toContain('paris'));
  });

  test('of a tunnel that was left out does not happen', async () => {
    await previewFiles([file('berlin.conf'), file('paris.conf')]);
    fireEvent.click(await screen.findByRole('button', { name: 'Leave out paris' }));
    fireEvent.click(importButton());
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toEqual(['berlin']));
  });
});

describe('a hostile string stays text', () => {
  const HOSTILE = [
    '<img src=x onerror=alert(1)>',
    '\u202eevil\u202c',
    `${'A'.repeat(10_000)}`,
    '{count, plural, other {x}}',
  ];

  test.each(HOSTILE)('in a hook: $#', async (text) => {
    await previewFiles([file('berlin.conf', confWith(`PostUp = ${text}\n`))]);
    const hooks = await screen.findByRole('region', { name: 'Not carried over' });
    expect(hooks.textContent).toContain(text.slice(0, 300));
    expect(hooks.textContent!.length).toBeLessThan(2_000);
    expect(document.querySelector('img')).toBeNull();
  });

  test.each(HOSTILE)('in a file name: $#', async (text) => {
    await previewFiles([file(`${text}.conf`)]);
    const shown = await screen.findByLabelText('Name');
    expect(shown).toHaveProperty('value', expect.stringMatching(/^[a-zA-Z0-9_=+.-]{1,15}$/));
    expect(document.querySelector('bdi')?.textContent).toContain(text.slice(0, 300));
    expect(document.querySelector('img')).toBeNull();
  });

  test.each(HOSTILE)('in place of a value: $#', async (text) => {
    await previewFiles([file('berlin.conf', confWith(`Address = ${text}\n`))]);
    await screen.findByText('This is no tunnel as it stands.');
    expect(document.body.textContent!.length).toBeLessThan(3_000);
    expect(document.querySelector('img')).toBeNull();
  });

  test.each(HOSTILE)('in the name of a file that is not taken: $#', async (text) => {
    await previewFiles([file(text, '\x7fELF\0\0\0')]);
    const list = await screen.findByRole('region', { name: 'Not taken' });
    expect(list.querySelector('bdi')?.textContent).toContain(text.slice(0, 300));
    expect(document.querySelector('img')).toBeNull();
  });
});
