/** Asks before a view is left whose text is not saved. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface LeaveGuard {
  /** The person is about to leave, and is to be asked. */
  readonly isAsking: boolean;
  stay(): void;
  leave(): void;
  /** What follows is no loss: all is saved. */
  release(): void;
}

export function useLeaveGuard(isUnsaved: boolean): LeaveGuard {
  const [destination, setDestination] = useState<string | null>(null);
  const isReleased = useRef(false);
  useEffect(() => {
    isReleased.current = !isUnsaved;
    if (!isUnsaved) return;
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener('beforeunload', (event) => isReleased.current || event.preventDefault(), { signal });
    // Without the Navigation API (HTML, section 7.2.6) only closing the page asks.
    if (!('navigation' in window)) return () => stop.abort();
    const onNavigate = (event: NavigateEvent) => {
      if (isReleased.current || !event.cancelable || !event.hashChange) return;
      event.preventDefault();
      setDestination(event.destination.url);
    };
    window.navigation.addEventListener('navigate', onNavigate, { signal });
    return () => stop.abort();
  }, [isUnsaved]);
  const release = useCallback(() => {
    isReleased.current = true;
  }, []);
  return {
    isAsking: destination !== null,
    stay: () => setDestination(null),
    leave: () => {
      release();
      if (destination !== null) location.href = destination;
      setDestination(null);
    },
    release,
  };
}
