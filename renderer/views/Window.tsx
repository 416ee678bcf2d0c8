/** The window: the tunnels at the left, one view beside them. On a narrow one, one of the two. */
import { useLingui } from '@lingui/react';
import { useNavigation } from '../store/navigation.ts';
import { TunnelList } from './TunnelList.tsx';
import { TunnelView } from './TunnelView.tsx';
import styles from './Window.module.css';

export function Window() {
  const { i18n } = useLingui();
  const { view } = useNavigation();
  return (
    <div className={styles.window} data-view={view.kind}>
      <nav className={styles.side} aria-label={i18n._('Tunnels')}>
        <TunnelList />
      </nav>
      <main className={styles.main}>{view.kind === 'tunnel' && <TunnelView name={view.name} />}</main>
    </div>
  );
}
