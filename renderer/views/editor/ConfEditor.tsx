/** A `.conf` in the text editor. What it says of the text comes from outside, by `diagnostics`. */
import { useLingui } from '@lingui/react';
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react';
import type { Diagnostic } from '../../../electron/ipc/contract.ts';
import { announceFailure } from '../../store/announcements.ts';
import styles from './ConfEditor.module.css';
import type { CodeEditor } from './code-editor.ts';
import type { TextChange } from './conf-text.ts';

export interface ConfEditorHandle {
  change(change: TextChange): void;
  /** From 1. */
  goTo(line: number): void;
}

interface ConfEditorProps {
  readonly label: string;
  /** At first; from then on it is the person's. */
  readonly text: string;
  readonly areSecretsShown: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly onChange: (text: string) => void;
  readonly ref?: Ref<ConfEditorHandle>;
}

export function ConfEditor({ label, text, areSecretsShown, diagnostics, onChange, ref }: ConfEditorProps) {
  const { i18n } = useLingui();
  const parent = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<CodeEditor | null>(null);
  const first = useRef({ label, text, areSecretsShown, secretLabel: i18n._('hidden key') });
  const whenChanged = useRef(onChange);
  whenChanged.current = onChange;
  useEffect(() => {
    const { current: element } = parent;
    if (element === null) return;
    let made: CodeEditor | null = null;
    let isOver = false;
    const load = async () => {
      const module = await import('./code-editor.ts');
      if (isOver) return;
      const onTextChange = (changed: string) => whenChanged.current(changed);
      made = new module.CodeEditor({ ...first.current, parent: element, onChange: onTextChange });
      setEditor(made);
    };
    load().catch(() => {
      const advice = i18n._('Load the page again.');
      announceFailure({ what: i18n._('The editor could not be loaded.'), where: '', advice });
    });
    return () => {
      isOver = true;
      made?.destroy();
      setEditor(null);
    };
  }, [i18n]);
  useEffect(() => editor?.showSecrets(areSecretsShown), [editor, areSecretsShown]);
  useEffect(() => editor?.showDiagnostics(diagnostics), [editor, diagnostics]);
  useImperativeHandle(ref, () => ({
    change: (change) => editor?.change(change),
    goTo: (line) => editor?.goTo(line),
  }));
  return <div ref={parent} className={styles.editor} aria-busy={editor === null} />;
}
