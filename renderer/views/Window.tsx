/** The window: the tunnels at the left, one view beside them. On a narrow one, one of the two. */
import { useLingui } from '@lingui/react';
import { ArrowLeft } from 'lucide-react';
import { ButtonLink } from '../components/Button.tsx';
import { DropZone } from '../components/DropZone.tsx';
import { LiveRegions } from '../components/LiveRegions.tsx';
import { Toasts } from '../components/Toasts.tsx';
import { useIsNarrow } from '../components/use-is-narrow.ts';
import { hashOf, useNavigation, type View } from '../store/navigation.ts';
import { MachineBanner } from './MachineBanner.tsx';
import { ReplaceDialog } from './ReplaceDialog.tsx';
import { ShownView } from './ShownView.tsx';
import { SidePane } from './SidePane.tsx';
import styles from './Window.module.css';

export function Window() {
  const { view } = useNavigation();
  const isNarrow = useIsNarrow();
  const isList = view.kind === 'tunnels';
  return (
    <>
      <DropZone>
        <div className={styles.window}>
          {(!isNarrow || isList) && <SidePane />}
          {(!isNarrow || !isList) && <Main view={view} isNarrow={isNarrow} />}
        </div>
      </DropZone>
      <ReplaceDialog />
      <Toasts />
      <LiveRegions />
    </>
  );
}

function Main({ view, isNarrow }: { readonly view: View; readonly isNarrow: boolean }) {
  const { i18n } = useLingui();
  return (
    <main className={styles.main}>
      <div className={styles.inner} key={hashOf(view)}>
        {isNarrow && (
          <ButtonLink look="quiet" className={styles.back} href={hashOf({ kind: 'tunnels' })}>
            <ArrowLeft aria-hidden size={18} />
            {i18n._('All tunnels')}
          </ButtonLink>
        )}
        <MachineBanner />
        <ShownView view={view} />
      </div>
    </main>
  );
}
