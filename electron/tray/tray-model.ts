/** What the tray shows, from what the app knows: an icon, a line or two, and a menu. Nothing here touches a desktop. */
import type { I18n } from '@lingui/core';
import type { TunnelStatus } from '../ipc/contract.ts';
import type { DesktopState } from '../main/desktop-state.ts';
import { isBlocked } from '../main/notices.ts';
import { rateText } from './rate-text.ts';

export type TrayIcon = 'disconnected' | 'connecting' | 'connected' | 'error';

export type TrayAction =
  | { readonly kind: 'connect'; readonly name: string; readonly replace: boolean }
  | { readonly kind: 'disconnect'; readonly name: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction };

export interface TrayModel {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly menu: readonly TrayItem[];
}

/** Below assets/tray/, its `@2x` beside it. macOS colours what is called `Template` as its menu bar wants it. */
export function iconFile(icon: TrayIcon, platform: NodeJS.Platform): string {
  if (platform === 'darwin') return `${icon}Template.png`;
  return platform === 'win32' ? `${icon}-16.png` : `${icon}.png`;
}

/** A menu that is longer is not read: the window has them all. */
const MAX_OFFERED = 12;
const SEPARATOR: TrayItem = { kind: 'separator' };

export function trayModel(state: DesktopState, i18n: I18n): TrayModel {
  const tunnels = state.tunnels ?? [];
  const running = tunnels.filter(({ state }) => state !== 'disconnected');
  const summary = [...summaryOf(state, running, i18n), ...rateLine(state, i18n)];
  return {
    icon: iconOf(state),
    tooltip: ['Wayfare', ...summary].join('\n'),
    menu: [
      ...summary.map((label): TrayItem => ({ kind: 'text', label })),
      ...running.map(({ name }) =>
        action(i18n._('Disconnect {name}', { name }), { kind: 'disconnect', name }),
      ),
      SEPARATOR,
      ...offered(state, i18n),
      action(i18n._('Open Wayfare'), { kind: 'open' }),
      action(running.length > 0 ? i18n._('Quit (tunnels stay connected)') : i18n._('Quit'), { kind: 'quit' }),
    ],
  };
}

/** The worst of all, so that it is seen. */
function iconOf(state: DesktopState): TrayIcon {
  const states = new Set((state.tunnels ?? []).map((tunnel) => tunnel.state));
  if (state.link.kind === 'unreachable' || states.has('error') || isBlocked(state)) return 'error';
  if (states.has('connecting') || states.has('disconnecting')) return 'connecting';
  return states.has('connected') ? 'connected' : 'disconnected';
}

function summaryOf(state: DesktopState, running: readonly TunnelStatus[], i18n: I18n): string[] {
  if (state.link.kind === 'unreachable') return [i18n._('The helper is not reached')];
  const lines = running.map((tunnel) => `${tunnel.name}: ${stateText(tunnel, i18n)}`);
  if (isBlocked(state)) return [...lines, i18n._('Nothing leaves this machine')];
  return lines.length > 0 ? lines : [i18n._('Disconnected')];
}

function rateLine({ link, tunnels, rate }: DesktopState, i18n: I18n): string[] {
  const isCounted = link.kind === 'reached' && tunnels?.some(({ state }) => state === 'connected');
  return isCounted ? [`↓ ${rateText(rate.rx, i18n)}   ↑ ${rateText(rate.tx, i18n)}`] : [];
}

/** Nothing can be connected without the helper. */
function offered({ link, tunnels }: DesktopState, i18n: I18n): TrayItem[] {
  const running: TunnelStatus[] = [];
  const down: TunnelStatus[] = [];
  for (const tunnel of tunnels ?? []) (isAtRest(tunnel) ? down : running).push(tunnel);
  if (link.kind !== 'reached' || down.length === 0) return [];
  const items = down.slice(0, MAX_OFFERED).map((tunnel) => {
    const { name } = tunnel;
    const replace = isSwitch(tunnel, running);
    return action(i18n._('Connect {name}', { name }), { kind: 'connect', name, replace });
  });
  const rest = down.length - items.length;
  if (rest > 0) items.push(action(i18n._('{rest} more in the window…', { rest }), { kind: 'open' }));
  return [...items, SEPARATOR];
}

function isAtRest({ state }: TunnelStatus): boolean {
  return state === 'disconnected' || state === 'error';
}

/**
 * From one way for all traffic to another, without a moment in clear: nobody needs to be asked whether the first may go.
 * Where anything else would go too, as what guards the machine before a tunnel that does not, the window asks.
 */
function isSwitch(tunnel: TunnelStatus, running: readonly TunnelStatus[]): boolean {
  return tunnel.isFullTunnel && running.length > 0 && running.every(({ isFullTunnel }) => isFullTunnel);
}

function stateText({ state, loss }: TunnelStatus, i18n: I18n): string {
  switch (state) {
    case 'disconnected':
      return i18n._('Disconnected');
    case 'connecting':
      return loss === null || loss === 'not-called' ? i18n._('Connecting…') : i18n._('Reconnecting…');
    case 'connected':
      return i18n._('Connected');
    case 'disconnecting':
      return i18n._('Disconnecting…');
    case 'error':
      return i18n._('Not connected');
  }
}

function action(label: string, what: TrayAction): TrayItem {
  return { kind: 'action', label, action: what };
}
