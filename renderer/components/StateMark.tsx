/** A tunnel's state in shape and colour: never by colour alone. The words stand beside it. */
import clsx from 'clsx';
import { Check, CircleDashed, CircleHelp, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import styles from './StateMark.module.css';

/** `unknown` where the helper is not there to tell. */
export type ShownState = TunnelStatus['state'] | 'unknown';

const MARKS = {
  unknown: { icon: CircleHelp, look: styles.quiet },
  disconnected: { icon: CircleDashed, look: styles.quiet },
  connecting: { icon: LoaderCircle, look: clsx(styles.wait, styles.turning) },
  connected: { icon: Check, look: styles.good },
  disconnecting: { icon: LoaderCircle, look: clsx(styles.wait, styles.turning) },
  error: { icon: TriangleAlert, look: styles.bad },
} as const;

export function StateMark({ state, size = 20 }: { readonly state: ShownState; readonly size?: number }) {
  const { icon: Icon, look } = MARKS[state];
  return <Icon aria-hidden className={clsx(styles.mark, look)} size={size} />;
}

/** The same, large, for the view of one tunnel. */
export function StateDisc({ state }: { readonly state: ShownState }) {
  return (
    <span className={styles.disc} data-state={state}>
      <StateMark state={state} size={36} />
    </span>
  );
}
