/** The helper's log, as long as a view shows it. */
import { useEffect, useState } from 'react';
import type { Failure, LogEntry } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { failureOf } from '../lib/app-failure.ts';

/** Reading is work for the helper: no more and no oftener than a person can follow. */
const FOLLOW_MS = 3_000;
const LIMIT = 500;

interface Logs {
  /** The newest last; null until they are known. */
  readonly entries: readonly LogEntry[] | null;
  readonly failure: Failure | null;
}

/** @param isFollowing asked again every few seconds, while the page is seen */
export function useLogs(isFollowing: boolean): Logs {
  const [logs, setLogs] = useState<Logs>({ entries: null, failure: null });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      if (document.hidden) return; // asked again when it is seen
      const found = await readLogs();
      if (isOver) return;
      setLogs((before) => next(before, found));
      clearTimeout(timer); // of another reading, begun when the page was seen
      if (isFollowing) timer = setTimeout(read, FOLLOW_MS);
    };
    const onSeen = () => void read();
    if (isFollowing) document.addEventListener('visibilitychange', onSeen);
    void read();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [isFollowing]);
  return logs;
}

async function readLogs(): Promise<Logs> {
  try {
    const { entries } = await ask('logs', { limit: LIMIT });
    return { entries, failure: null };
  } catch (error) {
    return { entries: null, failure: failureOf(error) };
  }
}

/** The same again is not drawn again; what was read stays while nothing can be read. */
function next(before: Logs, found: Logs): Logs {
  if (found.entries === null) return { ...found, entries: before.entries };
  const isSame = before.failure === null && JSON.stringify(before.entries) === JSON.stringify(found.entries);
  return isSame ? before : found;
}
