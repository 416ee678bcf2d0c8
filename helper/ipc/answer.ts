/** From a request frame to its reply: known, allowed, well-formed, done, and well-formed again. */
import { Failure, toFailure } from '../failure.ts';
import type { Log } from '../log.ts';
import { mayAsk, verbRefused } from './authorize.ts';
import {
  identifiedFrame,
  isVerb,
  type ReplyFrame,
  type RequestOf,
  type ResultOf,
  type Role,
  refusal,
  requestFrame,
  VERBS,
  type Verb,
} from './contract.ts';

/** `departed` aborts once the client waits for no answer any more. */
type Handler<V extends Verb> = (request: RequestOf<V>, departed: AbortSignal) => Promise<ResultOf<V>>;
export type VerbHandlers = { readonly [V in Verb]: Handler<V> };
/** What is done for any client alike: a subscription, and who is asking, are its connection's own. */
export type Handlers = Omit<VerbHandlers, 'subscribe' | 'hello'>;

export interface Asker {
  readonly role: Role;
  readonly uid: number;
  readonly departed: AbortSignal;
}

/** What a client got wrong is told in as many characters. */
const MAX_ISSUE_LENGTH = 200;

/** Never rejects: whatever happens becomes a reply. */
export async function answer(
  value: unknown,
  asker: Asker,
  handlers: VerbHandlers,
  log: Log,
): Promise<ReplyFrame> {
  const frame = requestFrame.safeParse(value);
  if (!frame.success) {
    const identified = identifiedFrame.safeParse(value);
    return refusal(identified.data?.id ?? null, new Failure('a request that is no { id, verb, request }'));
  }
  const { id, verb, request } = frame.data;
  if (!isVerb(verb)) return refusal(id, new Failure('no such verb', '', 'see helper/ipc/contract.ts'));
  if (!mayAsk(asker.role, verb)) {
    log('warning', 'a request was refused', { verb, uid: asker.uid });
    return refusal(id, verbRefused(verb));
  }
  const parsed = VERBS[verb].request.safeParse(request);
  if (!parsed.success)
    return refusal(id, new Failure(`a malformed ${verb} request`, firstIssue(parsed.error)));
  try {
    return { id, ok: true, result: await perform(verb, parsed.data, asker.departed, handlers) };
  } catch (error) {
    const failure = toFailure(error);
    log('warning', 'a request failed', { verb, uid: asker.uid, reason: failure.message });
    if (failure.cause instanceof Error)
      log('error', failure.cause.message, { stack: failure.cause.stack ?? '' });
    return refusal(id, failure);
  }
}

async function perform<V extends Verb>(
  verb: V,
  request: unknown,
  departed: AbortSignal,
  handlers: VerbHandlers,
): Promise<ResultOf<V>> {
  const result = await handlers[verb](request as RequestOf<V>, departed);
  return VERBS[verb].result.parse(result) as ResultOf<V>;
}

function firstIssue(error: { issues: { path: PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  if (issue === undefined) return '';
  return `${issue.path.map(String).join('.')}: ${issue.message}`.slice(0, MAX_ISSUE_LENGTH);
}
