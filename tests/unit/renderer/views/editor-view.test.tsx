// @vitest-environment jsdom
import { EditorView as CodeMirror } from '@codemirror/view';
import { I18nProvider } from '@lingui/react';
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../../helper/tunnel/digest.ts';
import { i18n } from '../../../../renderer/lib/i18n.ts';
import { useAppState } from '../../../../renderer/store/app-state.ts';
import { EditorView } from '../../../../renderer/views/EditorView.tsx';
import { GENERATED_KEY, type ImportingApp, installImportingApp } from './importing-app.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const CONF = `[Interface]\nPrivateKey = ${KEY}\nAddress = 10.0.0.2/32\n`;

let app: ImportingApp;

beforeEach(() => {
  app = installImportingApp(['home', 'office']);
  app.config = CONF;
});

afterEach(cleanup);

async function open(name: string | null): Promise<CodeMirror> {
  render(
    <I18nProvider i18n={i18n}>
      <EditorView name={name} />
    </I18nProvider>,
  );
  const content = await screen.findByRole('textbox', { name: 'Text of the tunnel' }, { timeout: 5_000 });
  return CodeMirror.findFromDOM(content as HTMLElement)!;
}

function type(editor: CodeMirror, text: string): void {
  act(() => editor.dispatch({ changes: { from: editor.state.doc.length, insert: text } }));
}

const saveButton = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Save' });
const nameField = () => screen.getByLabelText<HTMLInputElement>('Name');

describe('the editor', () => {
  test('shows no private key until it is asked for, and the public key always', async () => {
    await open('home');
    await screen.findByText(`public of ${KEY}`);
    expect(document.querySelector('.cm-editor')!.innerHTML).not.toContain(KEY);
    fireEvent.click(screen.getByRole('button', { name: 'Show private keys' }));
    expect(document.querySelector('.cm-editor')!.textContent).toContain(KEY);
  });

  test('saves the text under its name, or a new one', async () => {
    type(await open('home'), 'MTU = 1420\n');
    fireEvent.change(nameField(), { target: { value: 'house' } });
    fireEvent.click(saveButton());
    await waitFor(() => expect(app.edited).toHaveLength(1));
    expect(app.edited[0]).toEqual({
      name: 'home',
      newName: 'house',
      content: btoa(`${CONF}MTU = 1420\n`),
      base: digestOf(CONF),
    });
    await waitFor(() => expect(location.hash).toBe('#/edit/house'));
  });

  test('saves by Ctrl+S, and only what has changed can be saved by the button', async () => {
    const editor = await open('home');
    expect(saveButton().disabled).toBe(true);
    type(editor, 'MTU = 1420\n');
    expect(saveButton().disabled).toBe(false);
    fireEvent.keyDown(document.body, { key: 's', ctrlKey: true });
    await screen.findByText('Saved');
    expect(app.edited).toHaveLength(1);
  });

  test('saves by Ctrl+S with Caps Lock too', async () => {
    type(await open('home'), 'MTU = 1420\n');
    fireEvent.keyDown(document.body, { key: 'S', ctrlKey: true });
    await screen.findByText('Saved');
  });

  test('makes no line of what is none to the parser', async () => {
    const text = `${CONF}PostUp = true\r[Peer]\rPublicKey = ${KEY}\n`;
    app.config = text;
    type(await open('home'), 'MTU = 1420\n');
    fireEvent.click(saveButton());
    await waitFor(() => expect(app.edited).toHaveLength(1));
    expect(atob(app.edited[0]!.content)).toBe(`${text}MTU = 1420\n`);
  });

  test('shows why the helper refused, and keeps the text', async () => {
    app.refused.set('home', { what: 'line 4: MTU "x": a number', where: 'in home.conf', advice: '' });
    const editor = await open('home');
    type(editor, 'MTU = x\n');
    fireEvent.click(saveButton());
    await screen.findByText('It was not saved: line 4: MTU "x": a number');
    expect(editor.state.doc.toString()).toBe(`${CONF}MTU = x\n`);
    expect(screen.getByText('Not saved yet')).toBeTruthy();
  });

  test('saves twice, and says nothing of its own change', async () => {
    const editor = await open('home');
    type(editor, 'MTU = 1420\n');
    fireEvent.click(saveButton());
    await screen.findByText('Saved');
    type(editor, 'ListenPort = 1\n');
    fireEvent.click(saveButton());
    await waitFor(() => expect(app.edited).toHaveLength(2));
  });

  describe('where the tunnel was saved elsewhere meanwhile', () => {
    const THEIRS = `${CONF}ListenPort = 4242\n`;

    async function conflict(): Promise<ReturnType<typeof within>> {
      type(await open('home'), 'MTU = 1420\n');
      app.config = THEIRS;
      fireEvent.click(saveButton());
      const dialog = await screen.findByRole('alertdialog', { name: 'home was changed meanwhile' });
      return within(dialog);
    }

    test('shows what is new there, without its secrets, and keeps the own text', async () => {
      const dialog = await conflict();
      expect(dialog.getByText('ListenPort = 4242').tagName).toBe('MARK');
      expect(dialog.getByText(/^PrivateKey = •+$/).tagName).not.toBe('MARK');
      fireEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
      expect(screen.getByText('Not saved yet')).toBeTruthy();
      expect([app.edited, app.config]).toEqual([[], THEIRS]);
    });

    test('overwrites it when told to, and not what came after that', async () => {
      const dialog = await conflict();
      app.config = `${CONF}# a third\n`;
      fireEvent.click(dialog.getByRole('button', { name: 'Overwrite' }));
      expect((await screen.findByText('# a third')).tagName).toBe('MARK');
      expect(app.edited).toEqual([]);
      fireEvent.click(screen.getByRole('button', { name: 'Overwrite' }));
      await screen.findByText('Saved');
      expect(app.config).toBe(`${CONF}MTU = 1420\n`);
    });
  });

  test("has the parser's word at its line", async () => {
    type(await open('home'), 'Foo = 1\n');
    await screen.findByRole('button', { name: 'Line 4' });
    expect(screen.getByText(/"Foo" is an unknown key/)).toBeTruthy();
  });

  test('asks before a private key is replaced', async () => {
    const editor = await open('home');
    fireEvent.click(screen.getByRole('button', { name: 'Generate a key' }));
    expect(editor.state.doc.toString()).toBe(CONF);
    fireEvent.click(await screen.findByRole('button', { name: 'Take a new key' }));
    await waitFor(() => expect(editor.state.doc.toString()).toBe(CONF.replace(KEY, GENERATED_KEY)));
  });

  test('makes a new tunnel with a key of its own and a free name', async () => {
    useAppState.setState(({ tunnels }) => ({
      tunnels: tunnels!.map((each) => ({ ...each, name: 'tunnel' })),
    }));
    const editor = await open(null);
    expect(nameField().value).toBe('tunnel-2');
    expect(editor.state.doc.toString()).toContain(`PrivateKey = ${GENERATED_KEY}`);
    fireEvent.click(saveButton());
    await waitFor(() => expect(app.imported.map(({ name }) => name)).toEqual(['tunnel-2']));
    await waitFor(() => expect(location.hash).toBe('#/tunnel/tunnel-2'));
  });

  test.each(['', 'office', '-x'])('cannot save under the name %j', async (name) => {
    await open('home');
    fireEvent.change(nameField(), { target: { value: name } });
    expect(saveButton().disabled).toBe(true);
  });

  test('keeps unsaved work while the helper is away', async () => {
    const editor = await open('home');
    type(editor, 'MTU = 1420\n');
    const error = { what: 'gone', where: '', advice: '' };
    act(() => useAppState.setState({ link: { kind: 'unreachable', error } }));
    await screen.findByText('The helper is not reached.');
    act(() => useAppState.setState({ link: { kind: 'reached', version: '0', role: 'admin' } }));
    expect(editor.state.doc.toString()).toContain('MTU = 1420');
    expect(document.querySelector('.cm-editor')).toBe(editor.dom);
  });

  test('offers to reconnect a tunnel that is up, and says what happens meanwhile', async () => {
    useAppState.setState(({ tunnels }) => ({
      tunnels: tunnels!.map((each) => ({ ...each, state: 'connected', isGuarded: true })),
    }));
    type(await open('home'), 'MTU = 1420\n');
    expect(nameField().disabled).toBe(true);
    fireEvent.click(saveButton());
    await screen.findByText('Saved. It holds from the next connection.');
    expect(screen.getByText(/kill switch stays closed while it reconnects/)).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Reconnect' })).toBeTruthy();
  });

  test('reconnects in one step, so that nothing opens between', async () => {
    useAppState.setState(({ tunnels }) => ({
      tunnels: tunnels!.map((each) => ({ ...each, state: 'connected' })),
    }));
    type(await open('home'), 'MTU = 1420\n');
    fireEvent.click(saveButton());
    fireEvent.click(await screen.findByRole('button', { name: 'Reconnect' }));
    await waitFor(() => expect(app.reconnected).toMatchObject([{ name: 'home' }]));
  });

  test('is not for an operator', async () => {
    useAppState.setState({ link: { kind: 'reached', version: '0', role: 'operator' } });
    render(
      <I18nProvider i18n={i18n}>
        <EditorView name="home" />
      </I18nProvider>,
    );
    await screen.findByText(/Only administrators/);
    expect(document.querySelector('form')).toBeNull();
  });
});
