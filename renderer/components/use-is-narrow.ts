import { useSyncExternalStore } from 'react';

/** Where the list and a view do not fit beside each other. Window.module.css has the same width. */
const NARROW = '(max-width: 639px)';

export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => matchMedia(NARROW).matches,
  );
}
