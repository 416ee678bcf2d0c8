/** What the app tells, as it told it last. Changed by its events alone. */
import { create } from 'zustand';
import type { AppEvent, AppSettings, HelperLink, Shell, TunnelStatus } from '../../electron/ipc/contract.ts';

export interface AppState {
  readonly shell: Shell | null;
  readonly link: HelperLink;
  /** Whether the tunnels are as the helper told them since it was reached: else they are as they were. */
  readonly isCurrent: boolean;
  /** Null until they are known. Sorted by name. */
  readonly tunnels: readonly TunnelStatus[] | null;
  readonly lockdown: boolean;
  readonly isClosed: boolean;
  readonly settings: AppSettings | null;
  readonly hasTray: boolean;
}

export const useAppState = create<AppState>()(() => ({
  shell: null,
  link: { kind: 'connecting' },
  isCurrent: false,
  tunnels: null,
  lockdown: false,
  isClosed: false,
  settings: null,
  hasTray: false,
}));

export function onAppEvent(event: AppEvent): void {
  if (event.event === 'helper') useAppState.setState({ link: event.link, isCurrent: false });
  if (event.event === 'settings') useAppState.setState({ settings: event.settings });
  if (event.event === 'desktop') useAppState.setState({ hasTray: event.hasTray });
  if (event.event === 'tunnels') {
    const { tunnels, lockdown, isClosed } = event;
    useAppState.setState(({ link }) => ({ tunnels, lockdown, isClosed, isCurrent: link.kind === 'reached' }));
  }
}

export function tunnelNamed(name: string): TunnelStatus | undefined {
  return useAppState.getState().tunnels?.find((each) => each.name === name);
}

/** It has, or is about to have, or is giving up its routes. */
export function isRunning({ state }: Pick<TunnelStatus, 'state'>): boolean {
  return state === 'connecting' || state === 'connected' || state === 'disconnecting';
}

/** Whether the helper lets this person edit, or only connect and disconnect. */
export function useIsAdmin(): boolean {
  return useAppState(({ link }) => link.kind === 'reached' && link.role === 'admin');
}
