import { useLingui } from '@lingui/react';
import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ask } from '../../api.ts';
import { Banner } from '../../components/Banner.tsx';
import { Button } from '../../components/Button.tsx';
import { failureOf } from '../../lib/app-failure.ts';
import { archiveName, archiveOf, type NamedConf } from '../../lib/encode/archive.ts';
import { saveFile } from '../../lib/encode/save-file.ts';
import { shortened } from '../../lib/shortened.ts';
import { useAppState } from '../../store/app-state.ts';
import styles from './Export.module.css';

/** A tunnel that could not be read. */
interface Missing {
  readonly name: string;
  readonly what: string;
  readonly advice: string;
}

/** All tunnels in one archive. One that cannot be read is named, and the others are exported. */
export function ExportAll() {
  const { i18n } = useLingui();
  const names = useAppState((state) => state.tunnels)?.map(({ name }) => name) ?? [];
  const [isBusy, setBusy] = useState(false);
  const [missing, setMissing] = useState<readonly Missing[]>([]);
  const isOver = useRef(false);
  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);
  const save = async () => {
    setBusy(true);
    setMissing([]);
    const confs: NamedConf[] = [];
    for (const name of names) {
      if (isOver.current) return;
      try {
        confs.push({ name, ...(await ask('export', { name })) });
      } catch (error) {
        const { what, advice } = failureOf(error);
        setMissing((before) => [...before, { name, what, advice }]);
      }
    }
    if (isOver.current) return;
    const now = new Date();
    if (confs.length > 0) saveFile(archiveName(now), archiveOf(confs, now), 'application/zip');
    setBusy(false);
  };
  return (
    <>
      <Banner>{i18n._('The archive holds the private keys. Who has it can use your tunnels.')}</Banner>
      <div className={styles.actions}>
        <Button look="primary" disabled={isBusy || names.length === 0} onClick={() => void save()}>
          <Download aria-hidden size={18} />
          {i18n._('{count, plural, =0 {Save} one {Save one tunnel} other {Save # tunnels}}', {
            count: names.length,
          })}
        </Button>
      </div>
      {missing.length > 0 && (
        <div role="alert">
          <Banner isBad>
            {missing.map(({ name, what, advice }) => (
              <p key={name} dir="auto">
                {shortened(i18n._('{name} is not in the archive: {what}', { name, what }))}{' '}
                {shortened(advice)}
              </p>
            ))}
          </Banner>
        </div>
      )}
    </>
  );
}
