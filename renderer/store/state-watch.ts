/** Says each change of a tunnel's state, and of the helper's, to screen readers, and keeps the window's title. */
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import { failureText } from '../lib/failure-text.ts';
import { i18n } from '../lib/i18n.ts';
import { shortened } from '../lib/shortened.ts';
import { stateText } from '../lib/state-text.ts';
import { speak, speakAtOnce } from './announcements.ts';
import { type AppState, isRunning, useAppState } from './app-state.ts';

export function watchState(): void {
  useAppState.subscribe((state, before) => {
    document.title = titleOf(state);
    if (state.link.kind === 'unreachable' && before.link.kind !== 'unreachable')
      speakAtOnce(shortened(failureText(state.link.error).what));
    if (state.tunnels !== before.tunnels) sayChanges(state.tunnels ?? [], before.tunnels);
  });
}

/** Such as `home: Connected – Wayfare`. */
export function titleOf({ link, isCurrent, tunnels }: AppState): string {
  if (link.kind === 'unreachable') return `${i18n._('The helper is not reached')} – Wayfare`;
  if (!isCurrent) return 'Wayfare';
  const running = (tunnels ?? []).filter((each) => isRunning(each) || each.state === 'error');
  if (running.length === 0) return `${i18n._('Disconnected')} – Wayfare`;
  return `${running.map((each) => `${each.name}: ${stateText(each)}`).join(', ')} – Wayfare`;
}

function sayChanges(tunnels: readonly TunnelStatus[], before: readonly TunnelStatus[] | null): void {
  if (before === null) return; // the first sight of them is no change
  const changed = tunnels.filter((each) => {
    const last = before.find(({ name }) => name === each.name);
    return last !== undefined && stateText(last) !== stateText(each);
  });
  const calm = changed.filter(({ error }) => error === null);
  const failed = changed.filter(({ error }) => error !== null);
  if (calm.length > 0) {
    speak(calm.map((each) => `${each.name}: ${stateText(each)}`).join(', '));
    speakAtOnce(''); // so that the same alarm is heard again
  }
  if (failed.length > 0)
    speakAtOnce(failed.map((each) => joined(`${each.name}: ${stateText(each)}`, whyOf(each))).join(' '));
}

function whyOf({ error }: TunnelStatus): string {
  return error === null ? '' : failureText(error).what;
}

function joined(what: string, why: string): string {
  return why === '' ? what : `${what}. ${why}`;
}
