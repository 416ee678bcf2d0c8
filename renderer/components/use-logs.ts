import { useEffect, useState } from 'react';
import type { Failure, LogEntry } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { failureOf } from '../lib/app-failure.ts';

const FOLLOW_MS = 1_000;
const LIMIT = 1_000;

interface Logs {
  /** The newest last; null until they are known. */
  readonly entries: readonly LogEntry[] | null;
  readonly failure: Failure | null;
}

/** @param isFollowing asked again each second, while the page is seen */
export function useLogs(isFollowing: boolean): Logs {
  const [logs, setLogs] = useState<Logs>({ entries: null, failure: null });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      if (!document.hidden) {
        const found = await readLogs();
        if (isOver) return;
        setLogs((before) => next(before, found));
      }
      if (isFollowing) timer = setTimeout(read, FOLLOW_MS);
    };
    void read();
    return () => {
      isOver = true;
      clearTimeout(timer);
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
