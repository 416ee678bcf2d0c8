/** One tunnel: its switch, its state in words, and what there is to know of it. */
import { useLingui } from '@lingui/react';
import { SearchX } from 'lucide-react';
import { Banner } from '../components/Banner.tsx';
import { Notice } from '../components/Notice.tsx';
import { lossText } from '../lib/state-text.ts';
import { useAppState } from '../store/app-state.ts';
import styles from './TunnelView.module.css';
import { ConnectionCard } from './tunnel/ConnectionCard.tsx';
import { ErrorCard } from './tunnel/ErrorCard.tsx';
import { PeersCard } from './tunnel/PeersCard.tsx';
import { TrafficCard } from './tunnel/TrafficCard.tsx';
import { TunnelHead } from './tunnel/TunnelHead.tsx';
import { TunnelSettings } from './tunnel/TunnelSettings.tsx';

export function TunnelView({ name }: { readonly name: string }) {
  const { i18n } = useLingui();
  const tunnel = useAppState(({ tunnels }) => tunnels?.find((each) => each.name === name));
  if (tunnel === undefined)
    return (
      <Notice picture={<SearchX size={36} />} title={i18n._('There is no such tunnel')}>
        <p>{i18n._('{name} has been removed or renamed.', { name })}</p>
      </Notice>
    );
  const loss = lossText(tunnel.loss);
  return (
    <article className={styles.view}>
      <TunnelHead tunnel={tunnel} />
      {tunnel.error !== null && <ErrorCard tunnel={tunnel} error={tunnel.error} />}
      {loss !== null && <Banner>{loss}</Banner>}
      <div className={styles.columns}>
        <div className={styles.column}>
          <TrafficCard name={name} />
          <PeersCard tunnel={tunnel} />
        </div>
        <div className={styles.column}>
          <ConnectionCard tunnel={tunnel} />
          <TunnelSettings tunnel={tunnel} />
        </div>
      </div>
    </article>
  );
}
