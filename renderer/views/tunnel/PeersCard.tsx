import { useLingui } from '@lingui/react';
import { useState } from 'react';
import type { PeerStatus, TunnelStatus } from '../../../electron/ipc/contract.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CopyText } from '../../components/CopyText.tsx';
import { Fact, Facts } from '../../components/Facts.tsx';
import { LiveText } from '../../components/LiveText.tsx';
import { Words } from '../../components/Words.tsx';
import { durationText, sizeText } from '../../lib/units.ts';
import { useClock } from '../../store/clock.ts';
import { useTraffic } from '../../store/traffic.ts';
import styles from './PeersCard.module.css';

/** As many allowed IPs are read; the rest is shown when it is asked for. */
const FIRST_ALLOWED_IPS = 8;

/** The other ends. */
export function PeersCard({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  const title = tunnel.peers.length === 1 ? i18n._('Other end') : i18n._('Other ends');
  return (
    <Card title={title}>
      {tunnel.peers.length === 0 && <p>{i18n._('None: its .conf names no peer.')}</p>}
      {tunnel.peers.map((peer) => (
        <div key={peer.publicKey} className={styles.peer}>
          <Facts>
            <Fact label={i18n._('Endpoint')}>
              <Words words={peer.endpoint === null ? [] : [peer.endpoint]} />
            </Fact>
            {tunnel.state !== 'disconnected' && (
              <Fact label={i18n._('Last handshake')}>
                <Handshake peer={peer} tunnel={tunnel} />
              </Fact>
            )}
            <Fact label={i18n._('Allowed IPs')}>
              <AllowedIps allowedIps={peer.allowedIps} />
            </Fact>
            {tunnel.state !== 'disconnected' && (
              <Fact label={i18n._('Transferred')}>
                {i18n._('{received} received, {sent} sent', {
                  received: sizeText(peer.rxBytes),
                  sent: sizeText(peer.txBytes),
                })}
              </Fact>
            )}
            {peer.persistentKeepalive !== null && (
              <Fact label={i18n._('Keepalive')}>
                {i18n._('every {duration}', { duration: durationText(peer.persistentKeepalive) })}
              </Fact>
            )}
            <Fact label={i18n._('Public key')}>
              <CopyText text={peer.publicKey} label={i18n._('Copy the public key of the other end')} />
            </Fact>
          </Facts>
        </div>
      ))}
    </Card>
  );
}

/** Each second, where there is but one peer that it can be of; with the tunnel's state otherwise. */
function Handshake({ peer, tunnel }: { readonly peer: PeerStatus; readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  const newest = useTraffic(({ rates }) =>
    tunnel.peers.length === 1 ? rates.get(tunnel.name)?.latestHandshake : null,
  );
  const at = Math.max(peer.latestHandshake ?? 0, newest ?? 0);
  if (at === 0) return i18n._('none yet');
  const textOf = ({ now }: { readonly now: number }) =>
    i18n._('{duration} ago', { duration: durationText(Math.max(0, now - at)) });
  return <LiveText store={useClock} text={textOf} />;
}

function AllowedIps({ allowedIps }: { readonly allowedIps: readonly string[] }) {
  const { i18n } = useLingui();
  const [isWhole, setWhole] = useState(false);
  const isLong = allowedIps.length > FIRST_ALLOWED_IPS;
  return (
    <>
      <Words words={isWhole ? allowedIps : allowedIps.slice(0, FIRST_ALLOWED_IPS)} />
      {isLong && (
        <Button
          look="quiet"
          className={styles.more}
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole
            ? i18n._('Show fewer')
            : i18n._('Show {count} more', { count: allowedIps.length - FIRST_ALLOWED_IPS })}
        </Button>
      )}
    </>
  );
}
