/** A tunnel's state in shape and colour: never by colour alone. The words stand beside it. */
import clsx from 'clsx';
import { Check, CircleDashed, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import styles from './StateMark.module.css';

const MARKS = {
  disconnected: { icon: CircleDashed, look: styles.quiet },
  connecting: { icon: LoaderCircle, look: clsx(styles.wait, styles.turning) },
  connected: { icon: Check, look: styles.good },
  disconnecting: { icon: LoaderCircle, look: clsx(styles.wait, styles.turning) },
  error: { icon: TriangleAlert, look: styles.bad },
} as const;

export function StateMark({ state }: { readonly state: TunnelStatus['state'] }) {
  const { icon: Icon, look } = MARKS[state];
  return <Icon aria-hidden className={clsx(styles.mark, look)} size={20} />;
}
