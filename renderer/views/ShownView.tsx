/** From the address to its view, or to why that cannot be shown. */
import { type ReactNode, Suspense } from 'react';
import { useAppState, useIsAdmin } from '../store/app-state.ts';
import type { View } from '../store/navigation.ts';
import { AboutView } from './AboutView.tsx';
import { AdminsOnly, HelperBanner, HelperNotice } from './HelperNotice.tsx';
import { LogsView } from './LogsView.tsx';
import { EditorView, ImportView } from './lazy-views.ts';
import { SettingsView } from './SettingsView.tsx';
import { SplitView } from './SplitView.tsx';
import { TunnelsView } from './TunnelsView.tsx';
import { TunnelView } from './TunnelView.tsx';

export function ShownView({ view }: { readonly view: View }) {
  const isCurrent = useAppState((state) => state.isCurrent);
  switch (view.kind) {
    case 'tunnels':
      return isCurrent ? <TunnelsView /> : <HelperNotice />;
    case 'tunnel':
      return isCurrent ? <TunnelView name={view.name} /> : <HelperNotice />;
    case 'split':
      return isCurrent ? <SplitView /> : <HelperNotice />;
    case 'edit':
      return (
        <ForAdmins>
          <EditorView name={view.name} />
        </ForAdmins>
      );
    case 'new':
      return (
        <ForAdmins>
          <EditorView name={null} />
        </ForAdmins>
      );
    case 'import':
      return (
        <ForAdmins>
          <ImportView />
        </ForAdmins>
      );
    case 'settings':
      return <WithBanner view={<SettingsView />} />;
    case 'logs':
      return <WithBanner view={<LogsView />} />;
    case 'about':
      return <AboutView />;
  }
}

/** What a person has written stays, though the helper goes away meanwhile. */
function ForAdmins({ children }: { readonly children: ReactNode }) {
  const link = useAppState((state) => state.link);
  const isAdmin = useIsAdmin();
  if (link.kind === 'reached' && !isAdmin) return <AdminsOnly />;
  return <WithBanner view={<Suspense>{children}</Suspense>} />;
}

function WithBanner({ view }: { readonly view: ReactNode }) {
  return (
    <>
      <HelperBanner />
      {view}
    </>
  );
}
