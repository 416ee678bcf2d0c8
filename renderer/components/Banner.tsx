import clsx from 'clsx';
import { Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './Banner.module.css';

interface BannerProps {
  readonly isBad?: boolean;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** Something to know above a view. */
export function Banner({ isBad = false, children, action }: BannerProps) {
  const Icon = isBad ? TriangleAlert : Info;
  return (
    <div className={clsx(styles.banner, isBad && styles.bad)}>
      <Icon aria-hidden size={18} />
      <div className={styles.words}>{children}</div>
      {action}
    </div>
  );
}
