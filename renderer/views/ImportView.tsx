/** Everything that can become a tunnel, previewed before it is stored. */
import { useLingui } from '@lingui/react';
import { useEffect } from 'react';
import { Banner } from '../components/Banner.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { previewFiles, previewTexts, useImportQueue } from '../store/import-queue.ts';
import styles from './ImportView.module.css';
import { Candidates } from './import/Candidates.tsx';
import { Outcome } from './import/Outcome.tsx';
import { Sources } from './import/Sources.tsx';
import workplace from './Workplace.module.css';

export function ImportView() {
  const { i18n } = useLingui();
  const { candidates, reading } = useImportQueue();
  const reason = useAdminReason();
  useEffect(() => {
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, []);
  return (
    <div className={workplace.view}>
      <header className={styles.head}>
        <ViewHeading>{i18n._('Import tunnels')}</ViewHeading>
        <p>{i18n._('You see what is in it first. Nothing is stored before you say so.')}</p>
      </header>
      {reason !== null && <Banner>{reason}</Banner>}
      <Sources hasCandidates={candidates.length > 0} />
      <p role="status" className={styles.reading}>
        {reading > 0 && i18n._('Reading…')}
      </p>
      <Outcome />
      {candidates.length > 0 && <Candidates candidates={candidates} canImport={reason === null} />}
    </div>
  );
}

/** Ctrl+V anywhere in the view; in a field it is the field's. */
function onPaste(event: ClipboardEvent): void {
  const { target, clipboardData } = event;
  if (clipboardData === null || (target instanceof Element && isField(target))) return;
  const files = [...clipboardData.files];
  const text = clipboardData.getData('text/plain');
  if (files.length > 0) void previewFiles(files.map(withoutMadeUpName));
  else if (text.trim() !== '') void previewTexts([text]);
}

/** A browser calls every picture that was copied `image.png`. */
function withoutMadeUpName(file: File): File {
  return file.name === 'image.png' ? new File([file], '', { type: file.type }) : file;
}

function isField(element: Element): boolean {
  return element.closest('input, textarea, [contenteditable], [role=dialog]') !== null;
}
