import { useLingui } from '@lingui/react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { ModalDialog } from '../../components/ModalDialog.tsx';
import { Problems } from '../../components/Problems.tsx';
import { attempt } from '../../store/announcements.ts';
import { type Candidate, correct } from '../../store/import-queue.ts';
import { ConfEditor } from '../editor/ConfEditor.tsx';
import { withoutCrlf } from '../editor/conf-text.ts';
import { useInspection } from '../editor/use-inspection.ts';
import styles from './CorrectDialog.module.css';

interface CorrectDialogProps {
  readonly candidate: Candidate;
  readonly onClose: () => void;
}

/** The text of a tunnel before it is stored, to be put right. */
export function CorrectDialog({ candidate, onClose }: CorrectDialogProps) {
  const { i18n } = useLingui();
  const [first] = useState(() => withoutCrlf(textOf(candidate.bytes)));
  const [text, setText] = useState(first);
  const inspection = useInspection(text);
  const diagnostics = inspection?.diagnostics ?? candidate.inspection.diagnostics;
  const take = async () => {
    const isTaken = await attempt(correct(candidate.id, text).then(() => true));
    if (isTaken) onClose();
  };
  return (
    <ModalDialog
      isWide
      holdsWork={text !== first}
      title={i18n._('Edit the text')}
      description={i18n._('The file itself stays as it is. Private keys are hidden.')}
      onClose={onClose}
    >
      <ConfEditor
        label={i18n._('Text of the tunnel')}
        text={first}
        areSecretsShown={false}
        diagnostics={diagnostics}
        onChange={setText}
      />
      <Problems diagnostics={diagnostics} />
      <div className={styles.actions}>
        <Button look="primary" onClick={() => void take()}>
          {i18n._('Take this text')}
        </Button>
      </div>
    </ModalDialog>
  );
}

/** As the parser reads it (engine/config/conf-lines.ts): UTF-8, or UTF-16 as Windows saves it. */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0))
    return new TextDecoder('utf-16le').decode(bytes);
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
    return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
