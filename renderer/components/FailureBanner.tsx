import type { Failure } from '../../electron/ipc/contract.ts';
import { Banner } from './Banner.tsx';

/** Why what was asked for was not done, and what to do. @param said the first of it, in a sentence */
export function FailureBanner({ said, failure }: { readonly said: string; readonly failure: Failure }) {
  return (
    <div role="alert">
      <Banner isBad>
        <p>{said}</p>
        <p>{failure.advice}</p>
      </Banner>
    </div>
  );
}
