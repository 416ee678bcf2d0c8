/** One tunnel before it is stored: its name, what was found in it, and what is wrong with it. */
import { useLingui } from '@lingui/react';
import { ChevronDown, CircleX, TriangleAlert, X } from 'lucide-react';
import { useId, useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { FailureBanner } from '../../components/FailureBanner.tsx';
import { NameInput } from '../../components/NameInput.tsx';
import { Problems } from '../../components/Problems.tsx';
import { shortened } from '../../lib/shortened.ts';
import { freeName } from '../../lib/tunnel-names.ts';
import { type Candidate, leaveOut, rename } from '../../store/import-queue.ts';
import styles from './CandidateCard.module.css';
import { CorrectDialog } from './CorrectDialog.tsx';
import { Findings } from './Findings.tsx';

interface CandidateCardProps {
  readonly candidate: Candidate;
  /** Names that it cannot have. */
  readonly taken: readonly string[];
  /** With its name. */
  readonly problem: string | null;
  /** Until the person opens or closes it. */
  readonly isOpenByItself: boolean;
}

export function CandidateCard({ candidate, taken, problem, isOpenByItself }: CandidateCardProps) {
  const { i18n } = useLingui();
  const [isCorrecting, setCorrecting] = useState(false);
  const [wantsOpen, setOpen] = useState<boolean | null>(null);
  const isOpen = wantsOpen ?? isOpenByItself;
  const id = useId();
  const { name, fileName, inspection, failure } = candidate;
  const { summary, diagnostics } = inspection;
  const free = problem === null || name === '' ? name : freeName(name, taken);
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  return (
    <li className={styles.card}>
      <div className={styles.head}>
        <label htmlFor={id} className={styles.label}>
          {i18n._('Name')}
        </label>
        <NameInput
          id={id}
          value={name}
          isInvalid={problem !== null}
          aria-describedby={`${id}-problem`}
          onChange={(changed) => rename(candidate.id, changed)}
        />
        <span className={styles.from}>{fileName !== '' && <bdi>{shortened(fileName)}</bdi>}</span>
        <IconButton
          label={i18n._('Leave out {name}', { name: shortened(name) })}
          onClick={() => leaveOut(candidate.id)}
        >
          <X aria-hidden size={18} />
        </IconButton>
      </div>
      <p id={`${id}-problem`} className={styles.problem}>
        {problem}
        {problem !== null && taken.includes(name) && (
          <Button onClick={() => rename(candidate.id, free)}>
            {i18n._('Call it {name}', { name: free })}
          </Button>
        )}
      </p>
      {failure !== null && (
        <FailureBanner
          said={i18n._('It was not imported: {what}', { what: failure.what })}
          failure={failure}
        />
      )}
      {summary === null ? (
        <>
          <p className={styles.unreadable}>
            <CircleX aria-hidden size={18} />
            {i18n._('This is no tunnel as it stands.')}
          </p>
          <Problems diagnostics={diagnostics} />
          <div className={styles.actions}>
            <Button onClick={() => setCorrecting(true)}>{i18n._('Correct it')}</Button>
          </div>
        </>
      ) : (
        <>
          <button
            type="button"
            className={styles.toggle}
            aria-expanded={isOpen}
            aria-controls={`${id}-findings`}
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronDown aria-hidden size={18} />
            <span className={styles.gist}>
              <bdi>{shortened(gistOf(summary))}</bdi>
            </span>
            {warnings > 0 && (
              <span className={styles.warnings}>
                <TriangleAlert aria-hidden size={16} />
                {i18n._('{count, plural, one {# note} other {# notes}}', { count: warnings })}
              </span>
            )}
          </button>
          <div id={`${id}-findings`} className={styles.findings} hidden={!isOpen}>
            {isOpen && (
              <>
                <Findings summary={summary} />
                <Problems diagnostics={diagnostics} />
                <div className={styles.actions}>
                  <Button look="quiet" onClick={() => setCorrecting(true)}>
                    {i18n._('Edit the text')}
                  </Button>
                </div>
              </>
            )}
          </div>
        </>
      )}
      {isCorrecting && <CorrectDialog candidate={candidate} onClose={() => setCorrecting(false)} />}
    </li>
  );

  function gistOf({ isFullTunnel, peers }: NonNullable<typeof summary>): string {
    const traffic = isFullTunnel ? i18n._('All traffic') : i18n._('Only chosen addresses');
    const [peer] = peers;
    return peer?.endpoint
      ? i18n._('{traffic}, by {endpoint}', { traffic, endpoint: peer.endpoint })
      : traffic;
  }
}
