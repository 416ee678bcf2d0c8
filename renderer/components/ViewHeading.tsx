import { type ReactNode, useEffect, useRef } from 'react';
import { speak } from '../store/announcements.ts';
import { useIsNarrow } from './use-is-narrow.ts';
import styles from './ViewHeading.module.css';

/**
 * The head of a view. Where it takes the place of the list, the keyboard comes along; where it stands beside it, a
 * screen reader says that it has changed.
 */
export function ViewHeading({ children, title }: { readonly children: ReactNode; readonly title?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isNarrow = useIsNarrow();
  useEffect(() => {
    if (isNarrow) heading.current?.focus();
    else speak(heading.current?.textContent ?? '');
  }, [isNarrow]);
  return (
    <h1 ref={heading} tabIndex={-1} className={styles.heading} title={title}>
      {children}
    </h1>
  );
}
