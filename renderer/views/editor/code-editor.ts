/** The text editor itself, apart from the page's first files: it is loaded when a `.conf` is opened. */
import { closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, lintKeymap, type Diagnostic as Marker, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Diagnostic } from '../../../electron/ipc/contract.ts';
import { diagnosticText } from '../../lib/diagnostic-text.ts';
import { confCompletion } from './completion.ts';
import { withoutCrlf } from './conf-text.ts';
import { confLanguage } from './language.ts';
import { maskedSecrets, showSecrets } from './secrets.ts';
import { THEME } from './theme.ts';

export interface CodeEditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** For screen readers. */
  readonly label: string;
  readonly secretLabel: string;
  readonly areSecretsShown: boolean;
  readonly onChange: (text: string) => void;
}

export class CodeEditor {
  readonly #view: EditorView;

  constructor({ parent, text, label, secretLabel, areSecretsShown, onChange }: CodeEditorOptions) {
    const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorState.lineSeparator.of('\n'), // what ends a line for the parser, and nothing else
          EditorView.clipboardInputFilter.of(withoutCrlf),
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightSpecialChars(), // such as those that turn the direction of what follows
          highlightActiveLine(),
          highlightActiveLineGutter(),
          closeBrackets(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocorrect: 'off' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) onChange(update.state.doc.toString());
          }),
          confLanguage(),
          confCompletion(),
          maskedSecrets(secretLabel, areSecretsShown),
          // Tab is not among them: it leads out of the editor.
          keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
          THEME,
        ],
      }),
    });
  }

  showSecrets(areShown: boolean): void {
    this.#view.dispatch({ effects: showSecrets.of(areShown) });
  }

  change(change: { from: number; to: number; insert: string }): void {
    this.#view.dispatch({ changes: change });
  }

  showDiagnostics(diagnostics: readonly Diagnostic[]): void {
    const { doc } = this.#view.state;
    const markers = diagnostics.map((diagnostic) => marker(doc, diagnostic));
    this.#view.dispatch(setDiagnostics(this.#view.state, markers));
  }

  /** @param line from 1 */
  goTo(line: number): void {
    const { doc } = this.#view.state;
    const { from } = doc.line(Math.min(Math.max(1, line), doc.lines));
    this.#view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
    this.#view.focus();
  }

  destroy(): void {
    this.#view.destroy();
  }
}

/** What is said of no line is said of the first. */
function marker(doc: Text, diagnostic: Diagnostic): Marker {
  const { severity, line } = diagnostic;
  const { from, to } = doc.line(Math.min(line ?? 1, doc.lines));
  return { from, to, severity, message: diagnosticText(diagnostic) };
}
