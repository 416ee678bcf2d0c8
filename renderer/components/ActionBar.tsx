import type { ReactNode } from 'react';
import styles from './ActionBar.module.css';

interface ActionBarProps {
  /** How it stands, for screen readers too. */
  readonly said: string | null;
  /** Buttons, the one that ends the view at last. */
  readonly children: ReactNode;
}

/** What can be done with a view, always in sight below it. */
export function ActionBar({ said, children }: ActionBarProps) {
  return (
    <footer className={styles.bar}>
      <p role="status" className={styles.said}>
        {said}
      </p>
      {children}
    </footer>
  );
}
