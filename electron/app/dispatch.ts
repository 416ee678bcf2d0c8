/**
 * From what a page asked to its answer: a known verb, well-formed, done, and never a throw. A page that goes away
 * ends nothing that it asked for: another may look on.
 */
import { Failure, toFailure } from '../../helper/failure.ts';
import { isVerb, type RawAnswer, type RequestOf, type ResultOf, VERBS, type Verb } from '../ipc/contract.ts';

export type AppHandlers = { readonly [V in Verb]: (request: RequestOf<V>) => Promise<ResultOf<V>> };

/** @param verb and @param request as they came, from anybody */
export async function dispatch(verb: unknown, request: unknown, handlers: AppHandlers): Promise<RawAnswer> {
  try {
    if (typeof verb !== 'string' || !isVerb(verb)) throw new Failure('the app knows no such request');
    const parsed = VERBS[verb].request.safeParse(request);
    if (!parsed.success) throw new Failure(`a malformed request: ${verb}`);
    const handler = handlers[verb] as (request: unknown) => Promise<unknown>;
    return { ok: true, result: await handler(parsed.data) };
  } catch (error) {
    const { parts, cause } = toFailure(error);
    if (cause !== undefined) process.stderr.write(`${cause instanceof Error ? cause.stack : cause}\n`);
    return { ok: false, error: parts };
  }
}
