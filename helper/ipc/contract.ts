/**
 * What the helper answers on its socket. One schema a verb, for its request and for its result; both ends derive their
 * types from here and validate at run time. Times are Unix seconds, sizes bytes, keys base64.
 *
 * A client sends `{ id, verb, request }` frames, as many at once as it likes; each is answered by one reply with its
 * id, not necessarily in order. A client that closes its side of the connection waits no longer: an `up` or a
 * `reconnect` that it began is cancelled unless it was detached, everything else is answered. A reply whose id is null
 * tells why the connection ends, or that a line was no request. After `subscribe`, events come between the replies:
 * frames with `event` and no id. Whoever connects asks something within 10 seconds; where there are too many
 * connections, those that wait for nothing are ended.
 *
 * Each verb names the least role that may ask it (authorize.ts). Private and preshared keys leave the helper in
 * `export` alone.
 */
import * as z from 'zod';
import { isTunnelName } from '../../engine/config/tunnel-name.ts';
import { failureParts } from '../coded-failure.ts';
import type { Failure } from '../failure.ts';
import { logEntry } from '../logs/entry.ts';
import { KILL_SWITCH_MODES } from '../tunnel/settings.ts';
import { CAUSES, LOSSES } from '../tunnel/state-machine.ts';

/** Our cap on a `.conf`, in bytes. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
/** The time `up` waits for an authenticated packet: six handshake attempts of 5 s. */
export const DEFAULT_UP_TIMEOUT_SECONDS = 30;
export const MIN_UP_TIMEOUT_SECONDS = 0.1;
export const MAX_UP_TIMEOUT_SECONDS = 3_600;

/** Of the log in one answer. */
export const MAX_LOG_ENTRIES = 10_000;

const tunnelName = z
  .string()
  .refine(isTunnelName, "a tunnel's name has 1 to 15 letters, digits or _ = + . -");
/** A command line takes a leading `-` for an option. */
const newTunnelName = tunnelName.refine((name) => !name.startsWith('-'), 'a name begins with no "-"');
const count = z.int().min(0);
const unixSeconds = z.int().min(0);

/** An operator connects and disconnects; an admin edits, and reads private keys, too. */
export type Role = 'operator' | 'admin';

const tunnelFailure = failureParts.extend({ cause: z.enum(CAUSES) });

const peerStatus = z.strictObject({
  publicKey: z.string(),
  /** `ADDRESS:PORT` as it is now, the configured one before there is a session, null where there is none. */
  endpoint: z.string().nullable(),
  allowedIps: z.array(z.string()),
  latestHandshake: unixSeconds.nullable(),
  rxBytes: count,
  txBytes: count,
  /** Seconds, null where it is off. */
  persistentKeepalive: z.int().min(1).max(65_535).nullable(),
});

const tunnelStateKind = z.enum(['disconnected', 'connecting', 'connected', 'disconnecting', 'error']);

const tunnelStatus = z.strictObject({
  name: z.string(),
  state: tunnelStateKind,
  /** Why a tunnel that was connected is connecting again. */
  loss: z.enum(LOSSES).nullable(),
  error: tunnelFailure.nullable(),
  /** The name of the network interface while there is one. */
  interface: z.string().nullable(),
  publicKey: z.string().nullable(),
  listenPort: z.int().min(0).max(65_535).nullable(),
  addresses: z.array(z.string()),
  /** Servers, then search domains. */
  dns: z.array(z.string()),
  mtu: z.int().nullable(),
  /** Whether it takes all traffic of a family. */
  isFullTunnel: z.boolean(),
  /** False where its config leaves them to its owner: then it is in no other tunnel's way. */
  hasRoutes: z.boolean(),
  killSwitch: z.enum(KILL_SWITCH_MODES),
  /** Whether its kill switch is closed now: nothing leaves beside it. */
  isGuarded: z.boolean(),
  allowLan: z.boolean(),
  connectedSince: unixSeconds.nullable(),
  rxBytes: count,
  txBytes: count,
  peers: z.array(peerStatus),
});

const machineStatus = {
  /** Nothing leaves this machine without a tunnel. */
  lockdown: z.boolean(),
  /** A kill switch, or the lockdown, is closed now. */
  isClosed: z.boolean(),
};

const importSummary = z.strictObject({
  name: z.string(),
  addresses: z.array(z.string()),
  dns: z.array(z.string()),
  peers: z.array(
    z.strictObject({
      publicKey: z.string(),
      endpoint: z.string().nullable(),
      allowedIps: z.array(z.string()),
    }),
  ),
  /** Kept as text, never executed. */
  hooks: z.array(z.strictObject({ key: z.string(), text: z.string() })),
  warnings: z.array(z.strictObject({ kind: z.string(), line: z.int(), message: z.string() })),
});

/**
 * `tunnels`: which there are, the state of each, told again when its settings have changed, and whether the machine is
 * closed. `traffic`: the bytes of those that run, once a second. `log`: what
 * the helper notes from now on.
 */
const TOPICS = ['tunnels', 'traffic', 'log'] as const;
export type Topic = (typeof TOPICS)[number];

const nothing = z.strictObject({});
/** SHA-256 of a stored config, in hex. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const confContent = z.base64().max(Math.ceil(MAX_CONFIG_BYTES / 3) * 4 + 4);

const upOrder = z.strictObject({
  name: tunnelName,
  timeoutSeconds: z.number().min(MIN_UP_TIMEOUT_SECONDS).max(MAX_UP_TIMEOUT_SECONDS),
  /** It goes on when the client waits no longer. */
  detached: z.boolean(),
});
const upOutcome = z.strictObject({
  /** `interface-up` where no peer whose answer counts has an endpoint, so that none can be waited for. */
  outcome: z.enum(['connected', 'interface-up', 'already-connected']),
});

/** How far back, and in how large steps. */
export const TRAFFIC_SPANS = ['5m', '1h', '24h'] as const;
export type TrafficSpan = (typeof TRAFFIC_SPANS)[number];

export const VERBS = {
  /** Who the client is to the helper, and of which version that is. */
  hello: {
    role: 'operator',
    request: nothing,
    result: z.strictObject({ version: z.string(), role: z.enum(['operator', 'admin']) }),
  },
  import: {
    role: 'admin',
    request: z.strictObject({
      /** The file's own name without its folder: the tunnel is named after it unless `name` is given. */
      fileName: z.string().min(1).max(255),
      /** The file's bytes. */
      content: confContent,
      name: newTunnelName.nullable(),
    }),
    result: importSummary,
  },
  /** Takes the place of a stored tunnel's config; what was set beside it stays. */
  edit: {
    role: 'admin',
    request: z.strictObject({
      name: tunnelName,
      /** The same, or another where the tunnel is down. */
      newName: newTunnelName,
      /** The bytes of a `.conf`. */
      content: confContent,
      /** What the change began with: where another config is stored by now, it is refused. Null: whatever is stored. */
      base: digest.nullable(),
    }),
    result: importSummary.extend({ digest }),
  },
  list: {
    role: 'operator',
    request: nothing,
    result: z.strictObject({
      tunnels: z.array(z.strictObject({ name: z.string(), state: tunnelStateKind })),
    }),
  },
  export: {
    role: 'admin',
    request: z.strictObject({ name: tunnelName }),
    /** The `.conf`, its private key included. */
    result: z.strictObject({ config: z.string(), digest }),
  },
  remove: { role: 'admin', request: z.strictObject({ name: tunnelName }), result: nothing },
  up: {
    role: 'operator',
    request: upOrder.extend({
      /** Takes tunnels down whose allowed IPs meet its own; with a kill switch of its own, nothing leaves meanwhile. */
      replace: z.boolean(),
    }),
    result: upOutcome,
  },
  /**
   * Takes a tunnel that is up down, and up again as it is stored by now. What guards it stays all the while; where another
   * tunnel is in its way, it is refused, and goes on as it was.
   */
  reconnect: { role: 'operator', request: upOrder, result: upOutcome },
  down: {
    role: 'operator',
    /** Every tunnel where the name is null. */
    request: z.strictObject({ name: tunnelName.nullable() }),
    result: z.strictObject({
      /** The tunnels that were up, coming up or in error. */
      names: z.array(z.string()),
      /** Nothing is closed any more, and something was. */
      hasOpened: z.boolean(),
      /** What of them could not be removed, such as a route. */
      leftovers: z.array(failureParts),
    }),
  },
  status: {
    role: 'operator',
    request: z.strictObject({ name: tunnelName.nullable() }),
    result: z.strictObject({ tunnels: z.array(tunnelStatus), ...machineStatus }),
  },
  /** The newest entries of the log, the oldest of them first. No secret is in it. */
  logs: {
    role: 'operator',
    request: z.strictObject({
      /** Unix milliseconds; what is older is left out. */
      since: count,
      limit: z.int().min(1).max(MAX_LOG_ENTRIES),
    }),
    result: z.strictObject({
      entries: z.array(logEntry),
      /** Older ones were left out, for there were too many. */
      isCut: z.boolean(),
    }),
  },
  /** What has gone through a tunnel, as this helper and those before it counted. */
  traffic: {
    role: 'operator',
    request: z.strictObject({ name: tunnelName, span: z.enum(TRAFFIC_SPANS) }),
    result: z.strictObject({
      stepSeconds: count,
      /** How long the newest step has lasted: less than the others while it runs. */
      newestSeconds: z.number().positive(),
      /** The end of the newest step, so far. */
      endsAt: unixSeconds,
      /** Bytes in each step, the oldest first; null where the tunnel did not run, or nobody counted. */
      rxBytes: z.array(count.nullable()),
      txBytes: z.array(count.nullable()),
      /** Of the connection that is, or the last one; null where there was none. */
      session: z.strictObject({ since: unixSeconds, rxBytes: count, txBytes: count }).nullable(),
      /** Such as `2026-11`, by this machine's own calendar, the newest first. */
      months: z.array(z.strictObject({ month: z.string(), rxBytes: count, txBytes: count })),
    }),
  },
  set: {
    role: 'admin',
    /** Null: as it is. What is set holds at once. */
    request: z.strictObject({
      name: tunnelName,
      killSwitch: z.enum(KILL_SWITCH_MODES).nullable(),
      allowLan: z.boolean().nullable(),
    }),
    result: nothing,
  },
  lockdown: { role: 'admin', request: z.strictObject({ isOn: z.boolean() }), result: nothing },
  /** Takes every tunnel down, ends the lockdown and removes everything of ours, whatever state it is in. */
  reset: { role: 'admin', request: nothing, result: z.strictObject({ leftovers: z.array(failureParts) }) },
  /**
   * Tells the present state in events, then answers, then tells what changes. It takes the place of what this
   * connection had subscribed to before: no topic ends that. A client that reads slowly misses events which a later one
   * of the same tunnel, or of the traffic, has overtaken, and the older ones of the log; never the latest.
   */
  subscribe: {
    role: 'operator',
    request: z.strictObject({ topics: z.array(z.enum(TOPICS)).max(TOPICS.length) }),
    result: nothing,
  },
} as const satisfies Record<string, { role: Role; request: z.ZodType; result: z.ZodType }>;

export type Verb = keyof typeof VERBS;
export type RequestOf<V extends Verb> = z.output<(typeof VERBS)[V]['request']>;
export type ResultOf<V extends Verb> = z.output<(typeof VERBS)[V]['result']>;
export type TunnelStatus = z.output<typeof tunnelStatus>;
export type PeerStatus = z.output<typeof peerStatus>;
export type ImportSummary = z.output<typeof importSummary>;

export function isVerb(text: string): text is Verb {
  return Object.hasOwn(VERBS, text);
}

/** Whatever else a frame holds, its reply carries its id. */
export const identifiedFrame = z.object({ id: z.int().min(0) });

export const requestFrame = z.strictObject({
  id: z.int().min(0),
  verb: z.string(),
  request: z.unknown(),
});

/** `id` is null where the request's own could not be read. */
export const replyFrame = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.int().min(0).nullable(), ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ id: z.int().min(0).nullable(), ok: z.literal(false), error: failureParts }),
]);
export type ReplyFrame = z.output<typeof replyFrame>;

export function refusal(id: number | null, failure: Failure): ReplyFrame {
  return { id, ok: false, error: failure.parts };
}

const tunnelStateEvent = z.strictObject({
  event: z.literal('tunnel-state'),
  name: z.string(),
  state: tunnelStateKind,
  error: tunnelFailure.nullable(),
});

const tunnelRemovedEvent = z.strictObject({
  event: z.literal('tunnel-removed'),
  name: z.string(),
  /** What it is called now; null where it is no more. */
  newName: z.string().nullable(),
});

/** Told when a person has changed one of them; a tunnel's own state may mean the second has changed too. */
const machineStateEvent = z.strictObject({ event: z.literal('machine-state'), ...machineStatus });

const trafficEvent = z.strictObject({
  event: z.literal('traffic'),
  /** Milliseconds of the helper's monotonic clock: a rate is a difference of bytes by a difference of these. */
  atMs: z.number(),
  /** Totals of each tunnel whose engine runs, since that engine started. */
  tunnels: z.array(
    z.strictObject({
      name: z.string(),
      rxBytes: count,
      txBytes: count,
      /** The newest of any peer. */
      latestHandshake: unixSeconds.nullable(),
    }),
  ),
});

const logEvent = z.strictObject({ event: z.literal('log'), entry: logEntry });

export const eventFrame = z.discriminatedUnion('event', [
  tunnelStateEvent,
  tunnelRemovedEvent,
  machineStateEvent,
  trafficEvent,
  logEvent,
]);
export type HelperEvent = z.output<typeof eventFrame>;
export type MachineStateEvent = z.output<typeof machineStateEvent>;
export type TunnelsEvent =
  | z.output<typeof tunnelStateEvent>
  | z.output<typeof tunnelRemovedEvent>
  | MachineStateEvent;
export type TrafficEvent = z.output<typeof trafficEvent>;
export type LogEvent = z.output<typeof logEvent>;

/** What the helper sends. */
export const helperFrame = z.union([replyFrame, eventFrame]);
