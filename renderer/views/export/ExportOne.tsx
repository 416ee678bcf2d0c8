import { useLingui } from '@lingui/react';
import { Copy, Download, QrCode as QrIcon } from 'lucide-react';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { Banner } from '../../components/Banner.tsx';
import { Button } from '../../components/Button.tsx';
import { saveFile } from '../../lib/encode/save-file.ts';
import { announceDone, announceFailure, attempt } from '../../store/announcements.ts';
import styles from './Export.module.css';
import { QrPicture } from './QrPicture.tsx';

/** The text is asked for when it is needed, and not before: it holds the private key. */
export function ExportOne({ name }: { readonly name: string }) {
  const { i18n } = useLingui();
  const [shown, setShown] = useState<string | null>(null);
  const read = async () => (await attempt(ask('export', { name })))?.config ?? null;
  const save = async () => {
    const config = await read();
    if (config !== null) saveFile(`${name}.conf`, config, 'application/octet-stream');
  };
  const copy = async () => {
    const config = await read();
    if (config === null) return;
    try {
      await navigator.clipboard.writeText(config);
      announceDone(i18n._('The text of {name} is on the clipboard', { name }));
    } catch {
      const advice = i18n._('Save it as a file instead.');
      announceFailure({ what: i18n._('The clipboard is not open to this page.'), where: '', advice });
    }
  };
  return (
    <>
      <Banner>
        {i18n._('It holds the private key. Who has it, or a photo of it, can use your tunnel.')}
      </Banner>
      <div className={styles.actions}>
        <Button look="primary" onClick={() => void save()}>
          <Download aria-hidden size={18} />
          {i18n._('Save as a file')}
        </Button>
        <Button onClick={() => void copy()}>
          <Copy aria-hidden size={18} />
          {i18n._('Copy the text')}
        </Button>
        <Button
          aria-expanded={shown !== null}
          onClick={() => (shown === null ? void read().then(setShown) : setShown(null))}
        >
          <QrIcon aria-hidden size={18} />
          {shown === null ? i18n._('Show the QR code') : i18n._('Hide the QR code')}
        </Button>
      </div>
      {shown !== null && <QrPicture name={name} text={shown} />}
    </>
  );
}
