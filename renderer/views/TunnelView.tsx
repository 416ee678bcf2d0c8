/** One tunnel: its switch, its state in words, and what there is to know of it. */
import { useLingui } from '@lingui/react';
import { ask } from '../api.ts';
import { Button } from '../components/Button.tsx';
import { stateText } from '../lib/state-text.ts';
import { attempt } from '../store/announcements.ts';
import { useAppState } from '../store/app-state.ts';

export function TunnelView({ name }: { readonly name: string }) {
  const { i18n } = useLingui();
  const tunnel = useAppState(({ tunnels }) => tunnels?.find((each) => each.name === name));
  if (tunnel === undefined) return null;
  const isUp = tunnel.state !== 'disconnected';
  return (
    <section>
      <h1>{name}</h1>
      <p>{stateText(tunnel)}</p>
      <Button
        look="primary"
        onClick={() => {
          if (isUp) void attempt(ask('down', { name }));
          else void attempt(ask('up', { name, timeoutSeconds: 30, replace: true }));
        }}
      >
        {isUp ? i18n._('Disconnect') : i18n._('Connect')}
      </Button>
    </section>
  );
}
