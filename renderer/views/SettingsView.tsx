/** What is set for the app, and for the whole machine. What belongs to one tunnel is set in its own view. */
import { useLingui } from '@lingui/react';
import type { ReactNode } from 'react';
import type { AppSettings, RequestOf } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { Card } from '../components/Card.tsx';
import { ChoiceSetting, SwitchSetting } from '../components/Setting.tsx';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { LANGUAGE_NAMES } from '../lib/i18n.ts';
import { attempt } from '../store/announcements.ts';
import { useAppState } from '../store/app-state.ts';
import { LockdownSetting } from './LockdownSetting.tsx';
import { sorted } from './list/order.ts';
import styles from './Plain.module.css';

/** Stands for null, which no control can hold; no tunnel and no language is named so. */
const NONE = '';

export function SettingsView() {
  const { i18n } = useLingui();
  const settings = useAppState((state) => state.settings);
  if (settings === null) return null;
  return (
    <div className={styles.view}>
      <ViewHeading>{i18n._('Settings')}</ViewHeading>
      <Appearance settings={settings} />
      <Start settings={settings} />
      <Card title={i18n._('Protection')}>
        <LockdownSetting />
        <Explained title={i18n._('Kill switch')}>
          {i18n._(
            'A tunnel for all traffic has it on of itself; it can be set for each tunnel in its own view. While it is closed nothing leaves beside the tunnel, also when the tunnel fails or this app ends. Only you open it again, by disconnecting.',
          )}
        </Explained>
        <Explained title={i18n._('Local network')}>
          {i18n._('Closed while a tunnel for all traffic is up, unless that tunnel allows it.')}
        </Explained>
      </Card>
    </div>
  );
}

interface SettingsProps {
  readonly settings: AppSettings;
}

function Appearance({ settings }: SettingsProps) {
  const { i18n } = useLingui();
  return (
    <Card title={i18n._('Appearance')}>
      <div>
        <ChoiceSetting
          label={i18n._('Theme')}
          hint={i18n._('How bright this window is.')}
          value={settings.theme}
          choices={[
            { value: 'system', label: i18n._('As the system') },
            { value: 'light', label: i18n._('Light') },
            { value: 'dark', label: i18n._('Dark') },
          ]}
          onChange={(theme) => change({ theme })}
        />
        <ChoiceSetting
          label={i18n._('Language')}
          hint={i18n._('Of this app. The log and rare failures are in English.')}
          value={settings.language ?? NONE}
          choices={[
            { value: NONE, label: i18n._('As the system') },
            { value: 'en', label: LANGUAGE_NAMES.en },
            { value: 'de', label: LANGUAGE_NAMES.de },
          ]}
          onChange={(language) => change({ language: language === NONE ? null : language })}
        />
      </div>
    </Card>
  );
}

function Start({ settings }: SettingsProps) {
  const { i18n } = useLingui();
  const hasAutostart = useAppState(({ shell }) => shell?.hasAutostart ?? false);
  const hasTray = useAppState((state) => state.hasTray);
  const tunnels = useAppState((state) => state.tunnels) ?? [];
  const chosen = settings.connectAtStart ?? NONE;
  const names = sorted(tunnels).map(({ name }) => name);
  const isGone = chosen !== NONE && !names.includes(chosen);
  return (
    <Card title={i18n._('Start')}>
      <div>
        {hasAutostart && (
          <SwitchSetting
            label={i18n._('Start with the desktop')}
            hint={
              hasTray
                ? i18n._('Wayfare waits in the tray after you log in.')
                : i18n._('Wayfare opens its window after you log in: this desktop shows no tray now.')
            }
            isOn={settings.autostart}
            onChange={(autostart) => change({ autostart })}
          />
        )}
        <ChoiceSetting
          label={i18n._('Connect at start')}
          hint={i18n._('This tunnel is connected when Wayfare starts.')}
          value={chosen}
          choices={[
            { value: NONE, label: i18n._('No tunnel') },
            ...(isGone ? [{ value: chosen, label: i18n._('{name} (is no more)', { name: chosen }) }] : []),
            ...names.map((name) => ({ value: name, label: name })),
          ]}
          onChange={(name) => change({ connectAtStart: name === NONE ? null : name })}
        />
      </div>
    </Card>
  );
}

function Explained({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={styles.text}>
      <h3>{title}</h3>
      <p className={styles.quiet}>{children}</p>
    </div>
  );
}

function change(changes: RequestOf<'changeSettings'>): void {
  void attempt(ask('changeSettings', changes));
}
