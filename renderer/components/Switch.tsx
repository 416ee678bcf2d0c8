import { Switch as Radix } from 'radix-ui';
import type { ComponentProps } from 'react';
import styles from './Switch.module.css';

interface SwitchProps extends ComponentProps<typeof Radix.Root> {
  /** It has been turned, and what it turns is on its way. */
  readonly isWaiting?: boolean;
}

export function Switch({ isWaiting = false, ...rest }: SwitchProps) {
  return (
    <Radix.Root {...rest} className={styles.switch} data-look={isWaiting ? 'waiting' : 'steady'}>
      <Radix.Thumb className={styles.thumb} />
    </Radix.Root>
  );
}
