/** What the app tells, as it told it last. Changed by its events alone. */
import { create } from 'zustand';
import type { AppEvent, AppSettings, HelperLink, Shell, TunnelStatus } from '../../electron/ipc/contract.ts';

export interface AppState {
  readonly shell: Shell | null;
  readonly link: HelperLink;
  /** Null until they are known. Sorted by name. */
  readonly tunnels: readonly TunnelStatus[] | null;
  readonly lockdown: boolean;
  readonly isClosed: boolean;
  readonly settings: AppSettings | null;
}

export const useAppState = create<AppState>()(() => ({
  shell: null,
  link: { kind: 'connecting' },
  tunnels: null,
  lockdown: false,
  isClosed: false,
  settings: null,
}));

export function onAppEvent(event: AppEvent): void {
  if (event.event === 'helper') useAppState.setState({ link: event.link });
  if (event.event === 'settings') useAppState.setState({ settings: event.settings });
  if (event.event === 'tunnels') {
    const { tunnels, lockdown, isClosed } = event;
    useAppState.setState({ tunnels, lockdown, isClosed });
  }
}
