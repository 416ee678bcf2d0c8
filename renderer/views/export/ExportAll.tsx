import { useLingui } from '@lingui/react';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { Banner } from '../../components/Banner.tsx';
import { Button } from '../../components/Button.tsx';
import { failureOf } from '../../lib/app-failure.ts';
import { archiveName, archiveOf, type NamedConf } from '../../lib/encode/archive.ts';
import { saveFile } from '../../lib/encode/save-file.ts';
import { announceFailure } from '../../store/announcements.ts';
import { useAppState } from '../../store/app-state.ts';
import styles from './Export.module.css';

/** All tunnels in one archive. One that cannot be read is named, and the others are exported. */
export function ExportAll() {
  const { i18n } = useLingui();
  const names = useAppState((state) => state.tunnels)?.map(({ name }) => name) ?? [];
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const confs: NamedConf[] = [];
    for (const name of names) {
      try {
        confs.push({ name, ...(await ask('export', { name })) });
      } catch (error) {
        const { what, advice } = failureOf(error);
        announceFailure({
          what: i18n._('{name} is not in the archive: {what}', { name, what }),
          where: '',
          advice,
        });
      }
    }
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
    </>
  );
}
