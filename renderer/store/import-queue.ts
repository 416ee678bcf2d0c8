/** What waits for its preview, wherever it came from. */
import type { EventOf } from '../../electron/ipc/contract.ts';

export function onOpenFiles(_: EventOf<'open-files'>): void {}
