/** Files dropped anywhere on the window are previewed. */
import { useLingui } from '@lingui/react';
import { Download } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { previewFiles } from '../store/import-queue.ts';
import { show } from '../store/navigation.ts';
import styles from './DropZone.module.css';

export function DropZone({ children }: { readonly children: ReactNode }) {
  const { i18n } = useLingui();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const onFiles = (event: DragEvent, act: () => void) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // else the browser opens it in the page's place
      act();
    };
    addEventListener('dragover', (event) => onFiles(event, () => setOver(true)), { signal });
    addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal });
    addEventListener(
      'drop',
      (event) =>
        onFiles(event, () => {
          setOver(false);
          show({ kind: 'import' });
          void previewFiles([...(event.dataTransfer?.files ?? [])]);
        }),
      { signal },
    );
    return () => stop.abort();
  }, []);
  return (
    <>
      {children}
      {isOver && (
        <div className={styles.overlay}>
          <p className={styles.words}>
            <Download aria-hidden size={28} />
            {i18n._('Drop to see what is in it')}
            <small>{i18n._('.conf, .zip or a picture of a QR code')}</small>
          </p>
        </div>
      )}
    </>
  );
}
