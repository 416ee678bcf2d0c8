/** The helper lets no two tunnels claim the same addresses: it says so, and the person decides. */
import { useLingui } from '@lingui/react';
import { ConfirmDialog } from '../components/ConfirmDialog.tsx';
import { Words } from '../components/Words.tsx';
import { shortened } from '../lib/shortened.ts';
import { useAppState } from '../store/app-state.ts';
import { openedFor, replaceOthers, useRefusal } from '../store/connection.ts';

export function ReplaceDialog() {
  const { i18n } = useLingui();
  const { refusal } = useRefusal();
  const tunnels = useAppState((state) => state.tunnels) ?? [];
  if (refusal === null) return null;
  const { name, others, failure } = refusal;
  const tunnel = tunnels.find((each) => each.name === name);
  const replaced = tunnels.filter((each) => others.includes(each.name));
  const opened = tunnel === undefined ? [] : openedFor(tunnel, replaced).map((each) => each.name);
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
      {opened.length > 0 && (
        <p>
          {i18n._(
            'The kill switch of {others} opens: {name} has none, and from then on other traffic leaves in clear.',
            { name, others: opened.join(', ') },
          )}
        </p>
      )}
    </ConfirmDialog>
  );
}
