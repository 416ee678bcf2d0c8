import clsx from 'clsx';
import type { ReactNode } from 'react';
import styles from './Notice.module.css';
import { ViewHeading } from './ViewHeading.tsx';

interface NoticeProps {
  readonly picture: ReactNode;
  readonly title: string;
  readonly isBad?: boolean;
  /** Paragraphs. */
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** A view that has nothing to show but why, and what to do. */
export function Notice({ picture, title, isBad = false, children, actions }: NoticeProps) {
  return (
    <div className={styles.notice}>
      <span aria-hidden className={clsx(styles.picture, isBad && styles.bad)}>
        {picture}
      </span>
      <ViewHeading>{title}</ViewHeading>
      {children}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
