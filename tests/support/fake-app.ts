/** The app behind a page, as its page sees it: answers what a test has it answer, and tells what a test has it tell. */
import type {
  Answer,
  AppEvent,
  EventOf,
  Failure,
  RequestOf,
  Shell,
  TunnelStatus,
  Verb,
  WayfareApi,
} from '../../electron/ipc/contract.ts';
import { tunnelStatusOf } from './tunnel-status.ts';

export type Handlers = { [V in Verb]?: (request: RequestOf<V>) => Answer<V> | Promise<Answer<V>> };

export class FakeApp implements WayfareApi {
  /** In the order in which it was asked. */
  readonly asked: { readonly verb: Verb; readonly request: unknown }[] = [];
  readonly handlers: Handlers;
  #listener: (event: AppEvent) => void = () => {};

  constructor(handlers: Handlers = {}) {
    this.handlers = handlers;
  }

  async request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<Answer<V>> {
    this.asked.push({ verb, request });
    const handler = this.handlers[verb] as ((request: RequestOf<V>) => Promise<Answer<V>>) | undefined;
    return handler === undefined ? refused(`nobody answers ${verb}`) : handler(request);
  }

  listen(listener: (event: AppEvent) => void): void {
    this.#listener = listener;
  }

  tell(event: AppEvent): void {
    this.#listener(event);
  }

  /** What was asked by one verb. */
  requestsOf<V extends Verb>(verb: V): RequestOf<V>[] {
    return this.asked.filter((each) => each.verb === verb).map(({ request }) => request as RequestOf<V>);
  }
}

export function answered<T>(result: T): { ok: true; result: T } {
  return { ok: true, result };
}

export function refused(what: string, rest: Partial<Failure> = {}): { ok: false; error: Failure } {
  return { ok: false, error: { what, where: '', advice: '', ...rest } };
}

export const FAKE_SHELL: Shell = {
  kind: 'browser',
  versions: [{ name: 'Wayfare', version: '0.1.0' }],
  platform: 'linux',
  hasAutostart: false,
  canInstallHelper: false,
};

export function reached(role: 'admin' | 'operator'): EventOf<'helper'> {
  return { event: 'helper', link: { kind: 'reached', version: '0.1.0', role } };
}

export function unreachable(what: string, advice: string, coded?: Failure['coded']): EventOf<'helper'> {
  return { event: 'helper', link: { kind: 'unreachable', error: { what, where: '', advice, coded } } };
}

export function tunnelsEvent(
  tunnels: TunnelStatus[],
  machine: Partial<EventOf<'tunnels'>> = {},
): EventOf<'tunnels'> {
  return { event: 'tunnels', tunnels, lockdown: false, isClosed: false, ...machine };
}

/** A tunnel for all traffic that is down. */
export function fakeTunnel(name: string, rest: Partial<TunnelStatus> = {}): TunnelStatus {
  return tunnelStatusOf(name, {
    publicKey: `${'A'.repeat(43)}=`,
    addresses: ['10.9.0.2/32'],
    dns: ['10.9.0.1'],
    isFullTunnel: true,
    peers: [fakePeer(['0.0.0.0/0', '::/0'])],
    ...rest,
  });
}

/** A tunnel for a part of the traffic that is down. */
export function fakeSplitTunnel(
  name: string,
  allowedIps: string[],
  rest: Partial<TunnelStatus> = {},
): TunnelStatus {
  return fakeTunnel(name, { isFullTunnel: false, peers: [fakePeer(allowedIps)], ...rest });
}

export function fakePeer(allowedIps: string[]): TunnelStatus['peers'][number] {
  return {
    publicKey: `${'B'.repeat(43)}=`,
    endpoint: '192.0.2.1:51820',
    allowedIps,
    latestHandshake: null,
    rxBytes: 0,
    txBytes: 0,
    persistentKeepalive: null,
  };
}
