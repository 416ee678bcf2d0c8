// @vitest-environment jsdom
import { I18nProvider } from '@lingui/react';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readZip } from '../../../../renderer/lib/decode/zip.ts';
import { i18n } from '../../../../renderer/lib/i18n.ts';
import { useAppState } from '../../../../renderer/store/app-state.ts';
import { ExportDialog } from '../../../../renderer/views/ExportDialog.tsx';
import { type ImportingApp, installImportingApp } from './importing-app.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const CONF = `[Interface]\nPrivateKey = ${KEY}\n`;

let app: ImportingApp;
let saved: { fileName: string; content: Promise<ArrayBuffer> }[];

beforeEach(() => {
  app = installImportingApp(['home', 'office']);
  app.config = CONF;
  saved = [];
  let latest = new Blob();
  URL.createObjectURL = (blob) => {
    latest = blob as Blob;
    return 'blob:x';
  };
  URL.revokeObjectURL = () => {};
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ fileName: this.download, content: latest.arrayBuffer() });
  });
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function open(name: string | null): void {
  render(
    <I18nProvider i18n={i18n}>
      <ExportDialog name={name} onClose={() => {}} />
    </I18nProvider>,
  );
}

describe('an export of one tunnel', () => {
  test('warns of the private key, and asks for it only when it is wanted', async () => {
    open('home');
    await screen.findByText(/It holds the private key/);
    expect(screen.queryByRole('img', { name: 'QR code of home' })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Show the QR code' }));
    await screen.findByRole('img', { name: 'QR code of home' });
    fireEvent.click(screen.getByRole('button', { name: 'Hide the QR code' }));
    expect(screen.queryByRole('img', { name: 'QR code of home' })).toBeNull();
  });

  test('saves the .conf as it is', async () => {
    open('home');
    fireEvent.click(await screen.findByRole('button', { name: 'Save as a file' }));
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]!.fileName).toBe('home.conf');
    expect(Buffer.from(await saved[0]!.content).toString()).toBe(CONF);
  });

  test('says when it is too large for a QR code', async () => {
    app.config = `${CONF}# ${'x'.repeat(3_000)}`;
    open('home');
    fireEvent.click(await screen.findByRole('button', { name: 'Show the QR code' }));
    await screen.findByText(/too large for a QR code/);
  });
});

test('an export of all is one archive with a file for each', async () => {
  open(null);
  fireEvent.click(await screen.findByRole('button', { name: 'Save 2 tunnels' }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(saved[0]!.fileName).toMatch(/^wayfare-tunnels-\d{4}-\d\d-\d\d\.zip$/);
  const { confs } = readZip(new Uint8Array(await saved[0]!.content));
  expect(confs.map(({ fileName }) => fileName)).toEqual(['home.conf', 'office.conf']);
});

test('an export of all names in the dialog each that is not in it', async () => {
  for (const name of ['home', 'office'])
    app.unreadable.set(name, { what: 'it is gone', where: '', advice: '' });
  open(null);
  fireEvent.click(await screen.findByRole('button', { name: 'Save 2 tunnels' }));
  for (const name of ['home', 'office'])
    expect(await screen.findByText(new RegExp(`${name} is not in the archive: it is gone`))).toBeTruthy();
  expect(saved).toEqual([]);
});

test('an export of all ends with its dialog', async () => {
  open(null);
  fireEvent.click(await screen.findByRole('button', { name: 'Save 2 tunnels' }));
  cleanup();
  await new Promise((resolve) => setTimeout(resolve));
  expect(saved).toEqual([]);
});

test('an operator is told that exporting is not for them', async () => {
  useAppState.setState({ link: { kind: 'reached', version: '0', role: 'operator' } });
  open('home');
  await screen.findByText(/Only administrators/);
  expect(screen.queryByRole('button', { name: 'Save as a file' })).toBeNull();
});
