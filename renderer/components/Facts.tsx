import type { ReactNode } from 'react';
import styles from './Facts.module.css';

export interface FactProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** What there is to know, by name. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className={styles.facts}>{children}</dl>;
}

export function Fact({ label, children }: FactProps) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
