/** What a person is told unasked: that a connection broke, and that nothing leaves the machine. Nothing else. */
import type { I18n } from '@lingui/core';
import type { TunnelStatus } from '../ipc/contract.ts';
import type { DesktopState } from './desktop-state.ts';

export interface Notice {
  readonly title: string;
  readonly body: string;
}

export function noticeOf(before: DesktopState, after: DesktopState, i18n: I18n): Notice | null {
  // Without the helper nobody knows, and the first that is heard is no change.
  if (before.tunnels === null || after.tunnels === null) return null;
  const known = new Map(before.tunnels.map((tunnel) => [tunnel.name, tunnel]));
  const dropped = after.tunnels.find((tunnel) => hasDropped(known.get(tunnel.name), tunnel));
  if (dropped !== undefined) return dropNotice(dropped, i18n);
  if (!isBlocked(before) && isBlocked(after)) return blockNotice(i18n);
  return null;
}

/** What was told is over. */
export function isSettled(state: DesktopState): boolean {
  const isQuiet = state.tunnels?.every((each) => each.state === 'connected' || each.state === 'disconnected');
  return isQuiet === true && !isBlocked(state);
}

/** No tunnel is up, or on its way, and nothing leaves beside one. */
export function isBlocked({ tunnels, isClosed }: DesktopState): boolean {
  return isClosed && (tunnels ?? []).every(({ state }) => state === 'disconnected' || state === 'error');
}

/** An engine that died is back within a second: that alone is not worth a word. */
function hasDropped(before: TunnelStatus | undefined, now: TunnelStatus): boolean {
  if (before === undefined) return false;
  const wasUp = before.state === 'connected';
  if (now.state === 'error') return wasUp || before.loss === 'no-answer' || before.loss === 'engine-died';
  return wasUp && now.state === 'connecting' && now.loss === 'no-answer';
}

function dropNotice({ name, state, isGuarded, error }: TunnelStatus, i18n: I18n): Notice {
  const isTrying = state === 'connecting';
  const fate = isGuarded
    ? i18n._('Nothing leaves this machine beside it.')
    : isTrying
      ? i18n._('It keeps trying.')
      : i18n._('What you do on the network is not protected by it now.');
  return {
    title: isTrying
      ? i18n._('{name} does not answer', { name })
      : i18n._('{name} is not connected any more', { name }),
    body: error === null ? fate : `${error.what}. ${fate}`,
  };
}

function blockNotice(i18n: I18n): Notice {
  return {
    title: i18n._('Nothing leaves this machine'),
    body: i18n._('The kill switch or the lockdown is closed. Connect a tunnel, or release it in Wayfare.'),
  };
}
