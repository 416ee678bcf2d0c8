/** One thing that can be set: its name, what it does, and its control. */
import { type ReactNode, useId } from 'react';
import styles from './Setting.module.css';
import { Switch } from './Switch.tsx';

interface SettingProps {
  readonly label: string;
  readonly hint: ReactNode;
  /** Why it cannot be changed, in words. */
  readonly barred?: string | null;
}

interface SwitchSettingProps extends SettingProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function SwitchSetting({ isOn, onChange, ...setting }: SwitchSettingProps) {
  return (
    <Row {...setting}>
      {(labels) => (
        <Switch {...labels} checked={isOn} onCheckedChange={onChange} disabled={Boolean(setting.barred)} />
      )}
    </Row>
  );
}

interface ChoiceSettingProps<T extends string> extends SettingProps {
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

export function ChoiceSetting<T extends string>(props: ChoiceSettingProps<T>) {
  const { value, choices, onChange, ...setting } = props;
  return (
    <Row {...setting}>
      {(labels) => (
        <select
          {...labels}
          className={styles.select}
          value={value}
          disabled={Boolean(setting.barred)}
          onChange={({ target }) => onChange(target.value as T)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Row>
  );
}

interface RowProps extends SettingProps {
  readonly children: (labels: object) => ReactNode;
}

function Row({ label, hint, barred, children }: RowProps) {
  const id = useId();
  const labels = {
    'aria-labelledby': `${id}-label`,
    'aria-describedby': `${id}-hint`,
    title: barred ?? undefined,
  };
  return (
    <div className={styles.setting}>
      <div className={styles.words}>
        <span id={`${id}-label`} className={styles.label}>
          {label}
        </span>
        <span id={`${id}-hint`} className={styles.hint}>
          {hint}
          {barred && <> {barred}</>}
        </span>
      </div>
      {children(labels)}
    </div>
  );
}
