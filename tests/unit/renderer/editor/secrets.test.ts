// @vitest-environment jsdom
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { maskedSecrets, showSecrets } from '../../../../renderer/views/editor/secrets.ts';

const KEY = 'YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=';
const TEXT = `[Interface]\nPrivateKey = ${KEY}\nAddress = 10.0.0.2\n`;

let view: EditorView;

beforeEach(() => {
  const extensions = [maskedSecrets('hidden key', false)];
  view = new EditorView({ parent: document.body, state: EditorState.create({ doc: TEXT, extensions }) });
});

afterEach(() => view.destroy());

test('a masked key is not in the page at all', () => {
  expect(document.body.innerHTML).not.toContain(KEY);
  expect(document.body.textContent).toContain('Address = 10.0.0.2');
  expect(view.dom.querySelector('[aria-label="hidden key"]')?.textContent).toMatch(/^•+$/);
  expect(view.state.doc.toString()).toBe(TEXT);
});

test('a key that is typed or pasted is masked at once', () => {
  view.dispatch({ changes: { from: TEXT.length, insert: '[Peer]\nPresharedKey = Zm9vYmFy' } });
  expect(document.body.innerHTML).not.toContain('Zm9vYmFy');
});

test('keys are shown when the person asks, and hidden again', () => {
  view.dispatch({ effects: showSecrets.of(true) });
  expect(document.body.textContent).toContain(KEY);
  view.dispatch({ effects: showSecrets.of(false) });
  expect(document.body.innerHTML).not.toContain(KEY);
});
