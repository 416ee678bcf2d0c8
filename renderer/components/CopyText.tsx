import { useLingui } from '@lingui/react';
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { shortened } from '../lib/shortened.ts';
import { announceFailure, speak } from '../store/announcements.ts';
import { IconButton } from './Button.tsx';
import styles from './CopyText.module.css';

const SHOWN_MS = 2_000;

/** A text that is needed elsewhere, such as a public key. @param label of the button */
export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  const { i18n } = useLingui();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      speak(i18n._('Copied'));
    } catch {
      announceFailure({
        what: i18n._('The clipboard is not open to this page'),
        where: '',
        advice: i18n._('Select the text and copy it'),
      });
    }
  };
  return (
    <span className={styles.copy}>
      <bdi className={`mono ${styles.text}`}>{shortened(text)}</bdi>
      <IconButton className={styles.button} label={label} onClick={copy}>
        {isCopied ? <Check aria-hidden size={16} /> : <Copy aria-hidden size={16} />}
      </IconButton>
    </span>
  );
}
