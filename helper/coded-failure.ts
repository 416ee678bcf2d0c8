/**
 * The failures that people at a window meet most, by code: it says them in its own language (renderer/lib/failure-text.ts),
 * with the values that are listed here. All others, and every one on the command line, have English words alone.
 */
import * as z from 'zod';

const text = z.string();

export const codedFailure = z.discriminatedUnion('code', [
  // On the way to the helper
  z.strictObject({ code: z.literal('helper-not-running') }),
  z.strictObject({ code: z.literal('helper-not-reached-yet') }),
  z.strictObject({ code: z.literal('helper-unreachable'), reason: text }),
  z.strictObject({ code: z.literal('helper-busy') }),
  z.strictObject({ code: z.literal('helper-silent') }),
  z.strictObject({ code: z.literal('helper-stopping') }),
  z.strictObject({ code: z.literal('helper-of-other-version') }),
  z.strictObject({ code: z.literal('connection-ended') }),
  z.strictObject({ code: z.literal('not-an-operator') }),
  z.strictObject({ code: z.literal('not-an-admin') }),
  // On the way to the app, and of its own
  z.strictObject({ code: z.literal('app-ended') }),
  z.strictObject({ code: z.literal('app-of-other-version') }),
  z.strictObject({ code: z.literal('answer-lost') }),
  z.strictObject({ code: z.literal('password-refused') }),
  z.strictObject({ code: z.literal('helper-not-installed'), reason: text, script: text }),
  z.strictObject({ code: z.literal('broken-inside') }),
  // What was asked for cannot be
  z.strictObject({ code: z.literal('no-such-tunnel'), tunnel: text }),
  z.strictObject({ code: z.literal('tunnel-exists'), tunnel: text }),
  z.strictObject({ code: z.literal('tunnel-not-down'), tunnel: text }),
  z.strictObject({ code: z.literal('tunnel-changed'), tunnel: text }),
  z.strictObject({ code: z.literal('all-traffic-taken'), other: text }),
  z.strictObject({ code: z.literal('allowed-ips-taken'), tunnel: text, other: text, prefix: text }),
  z.strictObject({ code: z.literal('disk-full'), folder: text }),
  z.strictObject({ code: z.literal('disk-read-only'), folder: text }),
  z.strictObject({ code: z.literal('lockdown-not-stored') }),
  // A tunnel does not come up, or does not stay
  z.strictObject({ code: z.literal('cancelled'), tunnel: text }),
  z.strictObject({ code: z.literal('still-connecting'), tunnel: text }),
  z.strictObject({ code: z.literal('step-timed-out') }),
  z.strictObject({ code: z.literal('no-answer'), endpoints: text }),
  z.strictObject({ code: z.literal('no-answer-at-last-address'), endpoints: text }),
  z.strictObject({ code: z.literal('name-not-resolved'), endpoints: text }),
  z.strictObject({ code: z.literal('name-not-asked-for'), endpoints: text }),
  z.strictObject({ code: z.literal('no-such-name'), host: text }),
  z.strictObject({ code: z.literal('no-private-key') }),
  z.strictObject({ code: z.literal('mtu-too-small'), mtu: text, least: text }),
  z.strictObject({ code: z.literal('table-of-kernel'), table: text }),
  z.strictObject({ code: z.literal('interface-exists'), interface: text }),
  z.strictObject({ code: z.literal('route-taken'), prefix: text, interface: text }),
  z.strictObject({ code: z.literal('full-tunnel-taken') }),
  z.strictObject({ code: z.literal('program-not-run'), program: text, package: text, reason: text }),
  z.strictObject({ code: z.literal('engine-ended'), reason: text }),
]);
export type CodedFailure = z.output<typeof codedFailure>;

export const failureParts = z.strictObject({
  /** What went wrong, in plain words and without a secret. */
  what: text,
  /** The file, tunnel, interface or address it happened at; may be empty. */
  where: text,
  /** What the person can do about it; may be empty. */
  advice: text,
  /** For a window, which says it in its own language. A code of another version is left out: its English words do. */
  coded: codedFailure.optional().catch(undefined),
});
export type FailureParts = Readonly<z.output<typeof failureParts>>;
