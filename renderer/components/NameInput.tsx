import type { ComponentProps } from 'react';
import styles from './NameInput.module.css';

interface NameInputProps extends Pick<ComponentProps<'input'>, 'id' | 'disabled' | 'aria-describedby'> {
  readonly value: string;
  readonly isInvalid: boolean;
  readonly onChange: (name: string) => void;
}

/** Where a tunnel is given its name. Its label stands beside it. */
export function NameInput({ isInvalid, onChange, ...rest }: NameInputProps) {
  return (
    <input
      {...rest}
      className={styles.input}
      maxLength={64}
      spellCheck={false}
      autoComplete="off"
      autoCapitalize="none"
      aria-invalid={isInvalid}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}
