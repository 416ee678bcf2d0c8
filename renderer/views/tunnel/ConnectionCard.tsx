import { useLingui } from '@lingui/react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { Card } from '../../components/Card.tsx';
import { CopyText } from '../../components/CopyText.tsx';
import { Fact, Facts } from '../../components/Facts.tsx';
import { Words } from '../../components/Words.tsx';
import { killSwitchText } from '../../lib/state-text.ts';

/** This machine's side of the tunnel. */
export function ConnectionCard({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  return (
    <Card title={i18n._('Connection')}>
      <Facts>
        <Fact label={i18n._('Carries')}>
          {tunnel.isFullTunnel ? i18n._('All traffic') : i18n._('Only the traffic of its allowed IPs')}
        </Fact>
        <Fact label={i18n._('Kill switch')}>{killSwitchText(tunnel)}</Fact>
        <Fact label={i18n._('Addresses')}>
          <Words words={tunnel.addresses} />
        </Fact>
        <Fact label={i18n._('DNS')}>
          <Words words={tunnel.dns} />
        </Fact>
        {tunnel.interface !== null && (
          <Fact label={i18n._('Interface')}>
            <Words words={[tunnel.interface]} />
          </Fact>
        )}
        {tunnel.mtu !== null && <Fact label={i18n._('MTU')}>{i18n.number(tunnel.mtu)}</Fact>}
        {tunnel.listenPort !== null && (
          <Fact label={i18n._('Port')}>
            <Words words={[String(tunnel.listenPort)]} />
          </Fact>
        )}
        {tunnel.publicKey !== null && (
          <Fact label={i18n._('Public key')}>
            <CopyText text={tunnel.publicKey} label={i18n._('Copy the public key of this machine')} />
          </Fact>
        )}
      </Facts>
    </Card>
  );
}
