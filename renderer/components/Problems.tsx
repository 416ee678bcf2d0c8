import { useLingui } from '@lingui/react';
import clsx from 'clsx';
import { CircleX, TriangleAlert } from 'lucide-react';
import type { Diagnostic } from '../../electron/ipc/contract.ts';
import { diagnosticText } from '../lib/diagnostic-text.ts';
import hidden from './Hidden.module.css';
import styles from './Problems.module.css';

interface ProblemsProps {
  readonly diagnostics: readonly Diagnostic[];
  /** Leads to a line in the editor. */
  readonly onLine?: (line: number) => void;
}

const MAX_SHOWN = 50;

/** What the parser says of a `.conf`, line by line. */
export function Problems({ diagnostics, onLine }: ProblemsProps) {
  const { i18n } = useLingui();
  if (diagnostics.length === 0) return null;
  return (
    <ul className={styles.problems} aria-label={i18n._('Notes of the parser')}>
      {diagnostics.slice(0, MAX_SHOWN).map((diagnostic, index) => {
        const { severity, line } = diagnostic;
        const Icon = severity === 'error' ? CircleX : TriangleAlert;
        const place = line === null ? null : i18n._('Line {line}', { line });
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: they have no name of their own, and no state
          <li key={index} className={clsx(styles[severity])}>
            <Icon aria-hidden size={16} />
            <span className={hidden.hidden}>
              {severity === 'error' ? i18n._('Error') : i18n._('Warning')}
            </span>
            {line !== null && onLine !== undefined ? (
              <button type="button" className={styles.line} onClick={() => onLine(line)}>
                {place}
              </button>
            ) : (
              place !== null && <span className={styles.line}>{place}</span>
            )}
            <bdi>{diagnosticText(diagnostic)}</bdi>
          </li>
        );
      })}
      {diagnostics.length > MAX_SHOWN && (
        <li>{i18n._('and {count} more', { count: i18n.number(diagnostics.length - MAX_SHOWN) })}</li>
      )}
    </ul>
  );
}
