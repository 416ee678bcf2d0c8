/** The app behind this page. Nothing else of the machine can be reached from here. */
import type { RequestOf, ResultOf, Verb, WayfareApi } from '../electron/ipc/contract.ts';
import { AppFailure } from './lib/app-failure.ts';

declare global {
  interface Window {
    readonly wayfare: WayfareApi;
  }
}

/** @throws AppFailure */
export async function ask<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>> {
  const answer = await window.wayfare.request(verb, request);
  if (!answer.ok) throw new AppFailure(answer.error);
  return answer.result;
}

export const listen: WayfareApi['listen'] = (listener) => window.wayfare.listen(listener);
