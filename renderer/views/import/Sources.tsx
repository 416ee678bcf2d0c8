/** Where a tunnel can come from. */
import { useLingui } from '@lingui/react';
import { Camera, ClipboardPaste, FileUp, Monitor, Type } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { readClipboard } from '../../lib/decode/clipboard.ts';
import { cameraStream, screenStream, stopTracks } from '../../lib/decode/live-scan.ts';
import { attempt } from '../../store/announcements.ts';
import { previewFiles, previewTexts } from '../../store/import-queue.ts';
import { PasteDialog } from './PasteDialog.tsx';
import { ScanDialog } from './ScanDialog.tsx';
import styles from './Sources.module.css';

type Opened =
  | { readonly kind: 'camera' | 'screen'; readonly stream: MediaStream }
  | { readonly kind: 'text' }
  | null;

export function Sources({ hasCandidates }: { readonly hasCandidates: boolean }) {
  const { i18n } = useLingui();
  const [opened, setOpened] = useState<Opened>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const isLeft = useRef(false);
  const close = () => setOpened(null);
  useEffect(() => {
    isLeft.current = false;
    return () => {
      isLeft.current = true;
    };
  }, []);
  const scan = async (kind: 'camera' | 'screen', asked: Promise<MediaStream | null>) => {
    const stream = await attempt(asked);
    if (stream === null) return;
    if (isLeft.current) stopTracks(stream);
    else setOpened({ kind, stream });
  };
  return (
    <section className={styles.sources} aria-label={i18n._('Where from')}>
      <input
        ref={chooser}
        type="file"
        multiple
        accept=".conf,.zip,image/*"
        aria-label={i18n._('Files to import')}
        className={styles.chooser}
        tabIndex={-1}
        onChange={({ target }) => {
          void previewFiles([...(target.files ?? [])]);
          target.value = ''; // so that the same file can be chosen again
        }}
      />
      <Button look={hasCandidates ? 'plain' : 'primary'} onClick={() => chooser.current?.click()}>
        <FileUp aria-hidden size={18} />
        {i18n._('Choose files')}
      </Button>
      <Button onClick={() => void attempt(pasteFromClipboard())}>
        <ClipboardPaste aria-hidden size={18} />
        {i18n._('From the clipboard')}
      </Button>
      <Button onClick={() => void scan('screen', screenStream())}>
        <Monitor aria-hidden size={18} />
        {i18n._('QR code on the screen')}
      </Button>
      <Button onClick={() => void scan('camera', cameraStream())}>
        <Camera aria-hidden size={18} />
        {i18n._('QR code by camera')}
      </Button>
      <Button onClick={() => setOpened({ kind: 'text' })}>
        <Type aria-hidden size={18} />
        {i18n._('Paste text')}
      </Button>
      <p className={styles.hint}>
        {i18n._('Or drop .conf files, a .zip or a picture of a QR code anywhere on this window.')}
      </p>
      {opened?.kind === 'text' && <PasteDialog onClose={close} />}
      {(opened?.kind === 'camera' || opened?.kind === 'screen') && (
        <ScanDialog kind={opened.kind} stream={opened.stream} onClose={close} />
      )}
    </section>
  );
}

async function pasteFromClipboard(): Promise<void> {
  const { files, texts } = await readClipboard();
  await previewFiles(files);
  await previewTexts(texts);
}
