/** Where each event of the app goes. */
import type { AppEvent } from '../../electron/ipc/contract.ts';
import { onAppEvent } from './app-state.ts';
import { tick } from './clock.ts';
import { onStartFailed } from './connection.ts';
import { onOpenFiles } from './import-queue.ts';
import { onTraffic } from './traffic.ts';

export function onEvent(event: AppEvent): void {
  onAppEvent(event);
  if (event.event === 'traffic') {
    onTraffic(event);
    tick();
  }
  if (event.event === 'open-files') onOpenFiles(event);
  if (event.event === 'start-failed') onStartFailed(event);
}
