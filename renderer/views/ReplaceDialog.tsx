/** The helper lets no two tunnels claim the same addresses: it says so, and the person decides. */
import { useLingui } from '@lingui/react';
import { ConfirmDialog } from '../components/ConfirmDialog.tsx';
import { Words } from '../components/Words.tsx';
import { shortened } from '../lib/shortened.ts';
import { replaceOthers, useRefusal } from '../store/connection.ts';

export function ReplaceDialog() {
  const { i18n } = useLingui();
  const { refusal } = useRefusal();
  if (refusal === null) return null;
  const { name, others, failure } = refusal;
  return (
    <ConfirmDialog
      title={i18n._('{name} cannot be connected beside {others}', { name, others: others.join(', ') })}
      action={i18n._('Replace')}
      onConfirm={() => void replaceOthers(name)}
      onClose={() => useRefusal.setState({ refusal: null })}
    >
      <p dir="auto">{shortened([failure.what, failure.where].filter((part) => part !== '').join(', '))}</p>
      <p>
        {i18n._('These would be disconnected:')} <Words words={others} />
      </p>
    </ConfirmDialog>
  );
}
