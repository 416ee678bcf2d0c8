/** The tunnel's keys: the public one to be copied to the server, the private one only on demand. */
import { useLingui } from '@lingui/react';
import { Eye, EyeOff, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { ask } from '../../api.ts';
import { Button } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { CopyText } from '../../components/CopyText.tsx';
import { attempt } from '../../store/announcements.ts';
import { changeOfPrivateKey, privateKeyIn, type TextChange } from './conf-text.ts';
import styles from './KeyRow.module.css';

interface KeyRowProps {
  readonly publicKey: string | null;
  /** Of the tunnel. */
  readonly text: string;
  readonly areSecretsShown: boolean;
  readonly onSecretsShown: (areShown: boolean) => void;
  readonly onChange: (change: TextChange) => void;
}

export function KeyRow({ publicKey, text, areSecretsShown, onSecretsShown, onChange }: KeyRowProps) {
  const { i18n } = useLingui();
  const [isAsking, setAsking] = useState(false);
  const generate = async () => {
    const keys = await attempt(ask('generateKey', {}));
    if (keys !== null) onChange(changeOfPrivateKey(text, keys.privateKey));
  };
  return (
    <div className={styles.keys}>
      <span className={styles.label}>{i18n._('Public key')}</span>
      {publicKey === null ? (
        <span className={styles.none}>{i18n._('none yet: there is no private key')}</span>
      ) : (
        <CopyText text={publicKey} label={i18n._('Copy the public key')} />
      )}
      <div className={styles.actions}>
        <Button aria-pressed={areSecretsShown} onClick={() => onSecretsShown(!areSecretsShown)}>
          {areSecretsShown ? <EyeOff aria-hidden size={16} /> : <Eye aria-hidden size={16} />}
          {i18n._('Show private keys')}
        </Button>
        <Button onClick={() => (privateKeyIn(text) ? setAsking(true) : void generate())}>
          <KeyRound aria-hidden size={16} />
          {i18n._('Generate a key')}
        </Button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={i18n._('Take a new private key?')}
          action={i18n._('Take a new key')}
          onConfirm={() => void generate()}
          onClose={() => setAsking(false)}
        >
          {i18n._(
            'The server knows this tunnel by its public key. It has to be told the new one, else it no longer answers.',
          )}
        </ConfirmDialog>
      )}
    </div>
  );
}
