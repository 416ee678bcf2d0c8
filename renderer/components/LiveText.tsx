import { useLayoutEffect, useRef } from 'react';
import type { StoreApi } from 'zustand';

interface LiveTextProps<S> {
  readonly store: Pick<StoreApi<S>, 'getState' | 'subscribe'>;
  readonly text: (state: S) => string;
}

/** A text that changes each second, written past React: the least drawing of React's costs many times as much. */
export function LiveText<S>({ store, text }: LiveTextProps<S>) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const { firstChild } = place.current!;
    const write = () => {
      const next = text(store.getState());
      if (firstChild!.nodeValue !== next) firstChild!.nodeValue = next;
    };
    write();
    return store.subscribe(write);
  });
  return <span ref={place}>–</span>;
}
