/** A tunnel as a file or as a QR code, or all of them as an archive. */
import { useLingui } from '@lingui/react';
import { Banner } from '../components/Banner.tsx';
import { ModalDialog } from '../components/ModalDialog.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { ExportAll } from './export/ExportAll.tsx';
import { ExportOne } from './export/ExportOne.tsx';

interface ExportDialogProps {
  /** Null for all of them, as a `.zip`. */
  readonly name: string | null;
  readonly onClose: () => void;
}

export function ExportDialog({ name, onClose }: ExportDialogProps) {
  const { i18n } = useLingui();
  const reason = useAdminReason();
  return (
    <ModalDialog
      title={name === null ? i18n._('Export all tunnels') : i18n._('Export {name}', { name })}
      description={
        name === null
          ? i18n._('One .zip archive with a .conf file for each tunnel, which every WireGuard app reads.')
          : i18n._('Every WireGuard app reads the .conf file, and the QR code by its camera.')
      }
      onClose={onClose}
    >
      {reason !== null ? (
        <Banner>{reason}</Banner>
      ) : name === null ? (
        <ExportAll />
      ) : (
        <ExportOne name={name} />
      )}
    </ModalDialog>
  );
}
