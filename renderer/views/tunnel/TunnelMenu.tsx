import { useLingui } from '@lingui/react';
import { Download, EllipsisVertical, Pencil, TextCursorInput, Trash2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { ask } from '../../api.ts';
import { IconButton } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { useAdminReason } from '../../components/use-admin-reason.ts';
import { announceDone, attempt } from '../../store/announcements.ts';
import { show } from '../../store/navigation.ts';
import { ExportDialog } from '../lazy-views.ts';

/** What is done with a stored tunnel, rather than through it. */
export function TunnelMenu({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  const adminReason = useAdminReason();
  const [open, setOpen] = useState<'export' | 'remove' | null>(null);
  const { name } = tunnel;
  const isBarred = adminReason !== null;
  const isUp = tunnel.state !== 'disconnected';
  const downFirst = isUp ? i18n._('Disconnect first to rename or remove it.') : null;
  const remove = async () => {
    if ((await attempt(ask('remove', { name }))) === null) return;
    announceDone(i18n._('{name} was removed', { name }));
    show({ kind: 'tunnels' });
  };
  return (
    <>
      <Menu
        note={adminReason ?? downFirst}
        trigger={
          <IconButton label={i18n._('More for this tunnel')}>
            <EllipsisVertical aria-hidden size={20} />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Pencil aria-hidden size={16} />}
          isBarred={isBarred}
          onSelect={() => show({ kind: 'edit', name })}
        >
          {i18n._('Edit…')}
        </MenuItem>
        <MenuItem
          icon={<TextCursorInput aria-hidden size={16} />}
          isBarred={isBarred || isUp}
          onSelect={() => show({ kind: 'edit', name })}
        >
          {i18n._('Rename…')}
        </MenuItem>
        <MenuItem
          icon={<Download aria-hidden size={16} />}
          isBarred={isBarred}
          onSelect={() => setOpen('export')}
        >
          {i18n._('Export…')}
        </MenuItem>
        <MenuItem
          isDangerous
          icon={<Trash2 aria-hidden size={16} />}
          isBarred={isBarred || isUp}
          onSelect={() => setOpen('remove')}
        >
          {i18n._('Remove…')}
        </MenuItem>
      </Menu>
      <Suspense>{open === 'export' && <ExportDialog name={name} onClose={() => setOpen(null)} />}</Suspense>
      {open === 'remove' && (
        <ConfirmDialog
          isDangerous
          title={i18n._('Remove {name}?', { name })}
          action={i18n._('Remove')}
          onConfirm={() => void remove()}
          onClose={() => setOpen(null)}
        >
          <p>{i18n._('Its private key is deleted with it. Without a copy it cannot be brought back.')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
