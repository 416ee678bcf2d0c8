import { useLingui } from '@lingui/react';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import styles from './ConflictDialog.module.css';
import { comparedLines } from './conf-text.ts';

interface ConflictDialogProps {
  readonly name: string;
  /** What is stored. */
  readonly theirs: string;
  readonly mine: string;
  readonly onOverwrite: () => void;
  readonly onClose: () => void;
}

/** Two have edited one tunnel: who saves last decides, and sees what would be lost. */
export function ConflictDialog({ name, theirs, mine, onOverwrite, onClose }: ConflictDialogProps) {
  const { i18n } = useLingui();
  return (
    <ConfirmDialog
      title={i18n._('{name} was changed meanwhile', { name })}
      action={i18n._('Overwrite')}
      isDangerous
      onConfirm={onOverwrite}
      onClose={onClose}
    >
      <p>
        {i18n._(
          'It was saved elsewhere since you opened it. This is what is stored now; marked is what your text does not have.',
        )}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by the keyboard, too */}
      <pre className={styles.text} tabIndex={0}>
        {comparedLines(theirs, mine).map(({ text, isNew }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: its lines stay where they are
          <span key={i}>
            {isNew ? <mark>{text}</mark> : text}
            {'\n'}
          </span>
        ))}
      </pre>
    </ConfirmDialog>
  );
}
