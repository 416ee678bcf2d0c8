/** What was found, each to be named, corrected or left out, and the button that stores them. */
import { useLingui } from '@lingui/react';
import { ActionBar } from '../../components/ActionBar.tsx';
import { Button } from '../../components/Button.tsx';
import { nameProblem } from '../../lib/tunnel-names.ts';
import { announceDone } from '../../store/announcements.ts';
import { useAppState } from '../../store/app-state.ts';
import {
  type Candidate,
  forgetAll,
  importAll,
  namesBeside,
  useImportQueue,
} from '../../store/import-queue.ts';
import { show } from '../../store/navigation.ts';
import { CandidateCard } from './CandidateCard.tsx';
import styles from './Candidates.module.css';

/** More are shown closed, to be looked through. */
const MAX_OPEN = 2;

interface CandidatesProps {
  readonly candidates: readonly Candidate[];
  readonly canImport: boolean;
}

export function Candidates({ candidates, canImport }: CandidatesProps) {
  const { i18n } = useLingui();
  const tunnels = useAppState((state) => state.tunnels);
  const isImporting = useImportQueue((state) => state.isImporting);
  const stored = tunnels?.map(({ name }) => name) ?? [];
  const previews = candidates.map((candidate) => {
    const taken = namesBeside(candidate.id, candidates, stored);
    const problem = nameProblem(candidate.name, taken);
    return { candidate, taken, problem, isReady: problem === null && candidate.inspection.summary !== null };
  });
  const ready = previews.filter(({ isReady }) => isReady);
  const unready = previews.length - ready.length;
  return (
    <>
      <ul className={styles.candidates} aria-label={i18n._('To be imported')}>
        {previews.map(({ candidate, taken, problem }) => (
          <CandidateCard
            key={candidate.id}
            candidate={candidate}
            taken={taken}
            problem={problem}
            isOpenByItself={candidates.length <= MAX_OPEN}
          />
        ))}
      </ul>
      <ActionBar
        said={
          unready === 0
            ? null
            : i18n._(
                '{count, plural, one {One cannot be imported as it is.} other {# cannot be imported as they are.}}',
                { count: unready },
              )
        }
      >
        <Button look="quiet" disabled={isImporting} onClick={forgetAll}>
          {i18n._('Leave all out')}
        </Button>
        <Button
          look="primary"
          disabled={!canImport || isImporting || ready.length === 0}
          onClick={() => void importReady(ready.map(({ candidate }) => candidate.id))}
        >
          {isImporting
            ? i18n._('Importing…')
            : i18n._('{count, plural, =0 {Import} one {Import tunnel} other {Import # tunnels}}', {
                count: ready.length,
              })}
        </Button>
      </ActionBar>
    </>
  );

  async function importReady(ids: readonly number[]): Promise<void> {
    await importAll(ids);
    const { candidates: left, imported, notTaken } = useImportQueue.getState();
    if (left.length > 0 || notTaken.length > 0 || imported[0] === undefined) return;
    announceDone(
      i18n._('{count, plural, one {One tunnel is imported} other {# tunnels are imported}}', {
        count: imported.length,
      }),
    );
    show(imported.length === 1 ? { kind: 'tunnel', name: imported[0] } : { kind: 'tunnels' });
    forgetAll();
  }
}
