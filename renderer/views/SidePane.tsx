/** The tunnels, and the way to everything else. */
import { useLingui } from '@lingui/react';
import { AppWindow, FileArchive, FilePlus2, Import, Info, Plus, ScrollText, Settings2 } from 'lucide-react';
import { type ReactNode, Suspense, useState } from 'react';
import { IconButton } from '../components/Button.tsx';
import { Menu, MenuItem } from '../components/Menu.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { useIsNarrow } from '../components/use-is-narrow.ts';
import { useAppState } from '../store/app-state.ts';
import { hashOf, show, useNavigation, type View } from '../store/navigation.ts';
import { HelperNotice } from './HelperNotice.tsx';
import { ExportDialog } from './lazy-views.ts';
import { TunnelList } from './list/TunnelList.tsx';
import { MachineBanner } from './MachineBanner.tsx';
import styles from './SidePane.module.css';
import { Welcome } from './TunnelsView.tsx';

export function SidePane() {
  const { i18n } = useLingui();
  const isNarrow = useIsNarrow();
  const instead = useInsteadOfList();
  const List = isNarrow ? 'main' : 'nav'; // beside a view it leads there; alone it is the view
  const Heading = isNarrow ? 'h1' : 'h2';
  return (
    <div className={styles.pane}>
      <header className={styles.brand}>
        <img src="./icon.svg" alt="" width={28} height={28} />
        <span>Wayfare</span>
        <AddMenu />
      </header>
      <List className={styles.tunnels} aria-label={i18n._('Tunnels')}>
        {isNarrow && (
          <div className={styles.banner}>
            <MachineBanner />
          </div>
        )}
        {instead === null ? (
          <>
            <Heading className={styles.heading}>{i18n._('Tunnels')}</Heading>
            <TunnelList />
          </>
        ) : (
          <div className={styles.instead}>{instead}</div>
        )}
      </List>
      <nav className={styles.footer} aria-label="Wayfare">
        <FooterLink to="import" icon={<Import aria-hidden size={18} />} label={i18n._('Import')} />
        <FooterLink to="split" icon={<AppWindow aria-hidden size={18} />} label={i18n._('Apps')} />
        <FooterLink to="settings" icon={<Settings2 aria-hidden size={18} />} label={i18n._('Settings')} />
        <FooterLink to="logs" icon={<ScrollText aria-hidden size={18} />} label={i18n._('Logs')} />
        <FooterLink to="about" icon={<Info aria-hidden size={18} />} label={i18n._('About')} />
      </nav>
    </div>
  );
}

/** Where there is no room beside the list for what is said in the place of tunnels; null where there is a list. */
function useInsteadOfList(): ReactNode {
  const isNarrow = useIsNarrow();
  const { isCurrent, tunnels } = useAppState();
  if (!isNarrow) return null;
  if (!isCurrent) return <HelperNotice />;
  return tunnels?.length === 0 ? <Welcome /> : null;
}

interface FooterLinkProps {
  readonly to: Exclude<View['kind'], 'tunnel' | 'edit'>;
  readonly icon: ReactNode;
  readonly label: string;
}

function FooterLink({ to, icon, label }: FooterLinkProps) {
  const isShown = useNavigation(({ view }) => view.kind === to);
  return (
    <a className={styles.link} href={hashOf({ kind: to })} aria-current={isShown ? 'page' : undefined}>
      {icon}
      {label}
    </a>
  );
}

function AddMenu() {
  const { i18n } = useLingui();
  const reason = useAdminReason();
  const hasTunnels = useAppState(({ tunnels }) => (tunnels?.length ?? 0) > 0);
  const [isExporting, setExporting] = useState(false);
  return (
    <>
      <Menu
        note={reason}
        trigger={
          <IconButton label={i18n._('Add or export')}>
            <Plus aria-hidden size={20} />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Import aria-hidden size={16} />}
          isBarred={reason !== null}
          onSelect={() => show({ kind: 'import' })}
        >
          {i18n._('Import…')}
        </MenuItem>
        <MenuItem
          icon={<FilePlus2 aria-hidden size={16} />}
          isBarred={reason !== null}
          onSelect={() => show({ kind: 'new' })}
        >
          {i18n._('New tunnel…')}
        </MenuItem>
        <MenuItem
          icon={<FileArchive aria-hidden size={16} />}
          isBarred={reason !== null || !hasTunnels}
          onSelect={() => setExporting(true)}
        >
          {i18n._('Export all…')}
        </MenuItem>
      </Menu>
      <Suspense>{isExporting && <ExportDialog name={null} onClose={() => setExporting(false)} />}</Suspense>
    </>
  );
}
