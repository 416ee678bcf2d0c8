import { useLingui } from '@lingui/react';
import { Card } from '../components/Card.tsx';
import { Fact, Facts } from '../components/Facts.tsx';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { useAppState } from '../store/app-state.ts';
import styles from './Plain.module.css';

/** What Wayfare is, of which version, and what this person may do with it. */
export function AboutView() {
  const { i18n } = useLingui();
  const { shell, link } = useAppState();
  return (
    <div className={styles.view}>
      <ViewHeading>{i18n._('About Wayfare')}</ViewHeading>
      <Card title={i18n._('What it is')}>
        <p className={styles.text}>
          {i18n._(
            'Wayfare is a WireGuard client for people who travel. A small helper with the rights of the system runs the tunnels, the firewall and DNS; what reads packets from the network has no rights at all; and this window has only yours.',
          )}
        </p>
        <p className={styles.text}>
          {i18n._(
            'It is free software under the MIT licence. WireGuard is a registered trademark of Jason A. Donenfeld.',
          )}
        </p>
      </Card>
      <Card title={i18n._('What you may do')}>
        <p className={styles.text}>
          {link.kind !== 'reached' && i18n._('Not known: the helper is not reached.')}
          {link.kind === 'reached' &&
            (link.role === 'admin'
              ? i18n._(
                  'You are an administrator: you may connect, disconnect, and add, edit, export and remove tunnels.',
                )
              : i18n._(
                  'You are an operator: you may connect, disconnect and look. Members of the group wayfare-admin may edit, too.',
                ))}
        </p>
      </Card>
      <Card title={i18n._('Versions')}>
        <Facts>
          {shell?.versions.map(({ name, version }) => (
            <Fact key={name} label={name}>
              <bdi className="mono">{version}</bdi>
            </Fact>
          ))}
          {link.kind === 'reached' && (
            <Fact label={i18n._('Helper')}>
              <bdi className="mono">{link.version}</bdi>
            </Fact>
          )}
        </Facts>
      </Card>
    </div>
  );
}
