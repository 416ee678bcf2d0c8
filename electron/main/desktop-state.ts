/** What the tray and the notifications are made of: the app's events, the last of each, and the rates between them. */
import type { AppEvent, AppSettings, EventOf, HelperLink, TunnelStatus } from '../ipc/contract.ts';

/** Bytes a second. */
export interface Rate {
  readonly rx: number;
  readonly tx: number;
}

export interface DesktopState {
  readonly link: HelperLink;
  /** Null until they are known. */
  readonly tunnels: readonly TunnelStatus[] | null;
  /** A kill switch, or the lockdown, is closed. */
  readonly isClosed: boolean;
  readonly settings: AppSettings | null;
  readonly traffic: EventOf<'traffic'> | null;
  /** Of all tunnels together. */
  readonly rate: Rate;
}

const NO_RATE: Rate = { rx: 0, tx: 0 };

export const INITIAL_STATE: DesktopState = {
  link: { kind: 'connecting' },
  tunnels: null,
  isClosed: false,
  settings: null,
  traffic: null,
  rate: NO_RATE,
};

export function advance(state: DesktopState, event: AppEvent): DesktopState {
  switch (event.event) {
    case 'helper':
      if (event.link.kind === 'reached') return { ...state, link: event.link };
      return { ...INITIAL_STATE, settings: state.settings, link: event.link }; // what was known holds no more
    case 'tunnels':
      return { ...state, tunnels: event.tunnels, isClosed: event.isClosed };
    case 'settings':
      return { ...state, settings: event.settings };
    case 'traffic':
      return { ...state, traffic: event, rate: rateBetween(state.traffic, event) };
    case 'desktop':
    case 'open-files':
    case 'start-failed':
      return state;
  }
}

/** A tunnel whose engine is new counts from nothing: until its second count it has no rate. */
function rateBetween(before: EventOf<'traffic'> | null, now: EventOf<'traffic'>): Rate {
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1_000;
  if (before === null || seconds <= 0) return NO_RATE;
  let [rx, tx] = [0, 0];
  for (const { name, rxBytes, txBytes } of now.tunnels) {
    const last = before.tunnels.find((each) => each.name === name);
    if (last === undefined || rxBytes < last.rxBytes || txBytes < last.txBytes) continue;
    rx += (rxBytes - last.rxBytes) / seconds;
    tx += (txBytes - last.txBytes) / seconds;
  }
  return { rx, tx };
}
