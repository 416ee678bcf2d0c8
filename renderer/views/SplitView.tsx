/** Which apps go through a tunnel: laid out, and said to be not there yet. */
import { useLingui } from '@lingui/react';
import { Banner } from '../components/Banner.tsx';
import { Card } from '../components/Card.tsx';
import { SearchField } from '../components/SearchField.tsx';
import { ChoiceSetting } from '../components/Setting.tsx';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { useAppState } from '../store/app-state.ts';
import { sorted } from './list/order.ts';
import plain from './Plain.module.css';
import styles from './SplitView.module.css';

export function SplitView() {
  const { i18n } = useLingui();
  const tunnels = useAppState((state) => state.tunnels) ?? [];
  const names = sorted(tunnels).map(({ name }) => name);
  const notYet = i18n._(
    'Choosing apps is not there yet on this system: all of them go the way of the machine.',
  );
  const modes = [
    { mode: i18n._('Off'), hint: i18n._('Every app goes the same way.') },
    { mode: i18n._('Exclude'), hint: i18n._('The chosen apps go beside the tunnel, all others through it.') },
    { mode: i18n._('Include'), hint: i18n._('Only the chosen apps go through the tunnel.') },
  ];
  return (
    <div className={plain.view}>
      <ViewHeading>{i18n._('Apps')}</ViewHeading>
      <Banner>{notYet}</Banner>
      <Card title={i18n._('Split tunnelling')}>
        <ChoiceSetting
          label={i18n._('Tunnel')}
          hint={i18n._('Each tunnel has a choice of its own.')}
          barred={i18n._('Not there yet.')}
          value={names[0] ?? ''}
          choices={names.map((name) => ({ value: name, label: name }))}
          onChange={() => {}}
        />
        <fieldset className={styles.modes} disabled>
          <legend>{i18n._('Mode')}</legend>
          {modes.map(({ mode, hint }, index) => (
            <label key={mode} className={styles.mode}>
              <input type="radio" name="mode" defaultChecked={index === 0} />
              <span>
                {mode}
                <small>{hint}</small>
              </span>
            </label>
          ))}
        </fieldset>
      </Card>
      <Card title={i18n._('Chosen apps')}>
        <SearchField label={i18n._('Search apps')} value="" onChange={() => {}} isBarred />
        <p className={plain.quiet}>{i18n._('The apps of this machine will be listed here.')}</p>
        <div aria-hidden className={styles.apps}>
          {['one', 'two', 'three'].map((each) => (
            <div key={each} className={styles.app}>
              <span className={styles.icon} />
              <span className={styles.bar} />
              <span className={styles.bar} />
            </div>
          ))}
        </div>
      </Card>
    </div>
  );
}
