/** From the hosts of a config to addresses. Names are asked for outside the tunnel, before it exists. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { EndpointConfig, TunnelConfig } from '../../engine/config/tunnel-config.ts';
import type { HelperClock } from '../clock.ts';
import { errorCode, Failure } from '../failure.ts';

/** Where a peer is: a literal address, an IPv6 one possibly with a zone. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** As its config names it. An older helper wrote none down. */
  readonly host?: string | undefined;
}

/** Where the peers of a tunnel were when it was up. */
export interface LastEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** Whether no name is asked for while they are known. Else they do where a name cannot be asked for now. */
  readonly holds: boolean;
}

/** @returns addresses, the best first. Rejects with a system error whose code is getaddrinfo's. */
export type LookUp = (host: string) => Promise<string[]>;

/** A and AAAA, in the order of RFC 6724 that getaddrinfo(3) gives: an address without a route comes last. */
export const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
};

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
/** A name is answered in less, or its answer does not come by the tunnel that is up. */
const LOOK_UP_PATIENCE_MS = 5_000;

/**
 * One entry a peer, in order, null where it has no endpoint. Failures that may pass are retried until the signal
 * aborts; a name that does not exist is not.
 *
 * @throws Failure, or the signal's reason
 */
export async function resolveEndpoints(
  config: TunnelConfig,
  last: LastEndpoints,
  lookUp: LookUp,
  clock: HelperClock,
  signal: AbortSignal,
): Promise<(Endpoint | null)[]> {
  const named = config.peers.filter(({ endpoint }) => endpoint !== null);
  return Promise.all(
    config.peers.map(async (peer) => {
      if (peer.endpoint === null) return null;
      const { host, port } = peer.endpoint;
      // Without its name, the place in the config has to do.
      const known = last.endpoints.find(
        (each, i) => each.port === port && (each.host ?? named[i]?.endpoint?.host) === host,
      );
      if (known !== undefined && last.holds && isIP(host) === 0) return { ...known, host };
      return resolve(peer.endpoint, known, lookUp, clock, signal);
    }),
  );
}

/** @returns those that are not among the known, none where a name is not answered soon. @throws Failure */
export async function newEndpoints(
  config: TunnelConfig,
  known: readonly Endpoint[],
  lookUp: LookUp,
  clock: HelperClock,
): Promise<Endpoint[]> {
  const stop = new AbortController();
  void clock.sleep(LOOK_UP_PATIENCE_MS, stop.signal).then(
    () => stop.abort(),
    () => {}, // all were answered before
  );
  const last = { endpoints: known, holds: false };
  const found = await resolveEndpoints(config, last, lookUp, clock, stop.signal)
    .catch((error: unknown) => {
      if (error instanceof Failure) throw error;
      return [];
    })
    .finally(() => stop.abort());
  const isKnown = ({ host, address, port }: Endpoint) =>
    known.some((each) => each.host === host && each.address === address && each.port === port);
  return found.flatMap((each) => (each === null || isKnown(each) ? [] : [each]));
}

/** @throws Failure where a name of the config has no address among these */
export function requireAddresses(config: TunnelConfig, known: readonly Endpoint[]): void {
  const isKnown = (host: string) => known.some((each) => each.host === undefined || each.host === host);
  const names = config.peers.flatMap(({ endpoint }) => (endpoint === null ? [] : [endpoint.host]));
  const missing = names.filter((host) => isIP(host) === 0 && !isKnown(host));
  if (missing.length === 0) return;
  const endpoints = missing.join(', ');
  throw new Failure(
    "the endpoint's name could not be resolved",
    `at ${endpoints}`,
    'the tunnel goes on as it was: check the network connection and its DNS, and try again',
    { code: 'name-not-resolved', endpoints },
  );
}

async function resolve(
  endpoint: EndpointConfig,
  last: Endpoint | undefined,
  lookUp: LookUp,
  clock: HelperClock,
  signal: AbortSignal,
): Promise<Endpoint> {
  const { host, port } = endpoint;
  if (isIP(host) !== 0) return { address: host, port, host };
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
    try {
      const [address] = await abortable(lookUp(host), signal);
      if (address !== undefined) return { address, port, host };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (errorCode(error) === 'ENOTFOUND')
        throw new Failure('the name of an endpoint does not exist', `at ${host}`, 'check its spelling', {
          code: 'no-such-name',
          host,
        });
      if (last !== undefined) return { ...last, host };
    }
    await clock.sleep(wait, signal);
  }
}

/** getaddrinfo(3) cannot be cancelled: it is left to end by itself. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** `ADDRESS:PORT`, IPv6 in brackets. */
export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
