/** What screen readers say of themselves: changes of state when they come to it, failures at once. */
import { useAnnouncements } from '../store/announcements.ts';
import styles from './Hidden.module.css';

export function LiveRegions() {
  const { spoken, alarm } = useAnnouncements();
  return (
    <>
      <div role="status" className={styles.hidden}>
        {spoken}
      </div>
      <div role="alert" className={styles.hidden}>
        {alarm}
      </div>
    </>
  );
}
