import { useLingui } from '@lingui/react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { ModalDialog } from '../../components/ModalDialog.tsx';
import { previewTexts } from '../../store/import-queue.ts';
import styles from './PasteDialog.module.css';

/** For a tunnel that came as text, in a mail or a chat. */
export function PasteDialog({ onClose }: { readonly onClose: () => void }) {
  const { i18n } = useLingui();
  const [text, setText] = useState('');
  return (
    <ModalDialog
      title={i18n._('Paste text')}
      description={i18n._('All of it, from [Interface] to the last line.')}
      onClose={onClose}
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          void previewTexts([text]);
        }}
      >
        <textarea
          aria-label={i18n._('Text of the tunnel')}
          className={`mono ${styles.text}`}
          rows={12}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <Button look="primary" type="submit" disabled={text.trim() === ''}>
          {i18n._('Show what is in it')}
        </Button>
      </form>
    </ModalDialog>
  );
}
