/** The name, the keys and the text of one tunnel, until they are saved. */
import { useLingui } from '@lingui/react';
import { useEffect, useRef, useState } from 'react';
import type { Failure } from '../../../electron/ipc/contract.ts';
import { ask } from '../../api.ts';
import { ActionBar } from '../../components/ActionBar.tsx';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { FailureBanner } from '../../components/FailureBanner.tsx';
import { NameInput } from '../../components/NameInput.tsx';
import { Problems } from '../../components/Problems.tsx';
import { codeOf, failureOf } from '../../lib/app-failure.ts';
import { base64OfText } from '../../lib/base64.ts';
import { nameProblem } from '../../lib/tunnel-names.ts';
import { announceDone } from '../../store/announcements.ts';
import { isRunning, useAppState } from '../../store/app-state.ts';
import { hashOf, show } from '../../store/navigation.ts';
import { ConfEditor, type ConfEditorHandle } from './ConfEditor.tsx';
import { ConflictDialog } from './ConflictDialog.tsx';
import styles from './EditorForm.module.css';
import { KeyRow } from './KeyRow.tsx';
import { ReconnectBanner } from './ReconnectBanner.tsx';
import { type StoredConfig, storedConfig } from './stored-config.ts';
import { useInspection } from './use-inspection.ts';
import { useLeaveGuard } from './use-leave-guard.ts';

export interface EditedConfig {
  readonly name: string;
  readonly text: string;
  /** Of what is stored; null for a new tunnel. */
  readonly digest: string | null;
}

interface EditorFormProps {
  /** Null for a new tunnel. */
  readonly storedName: string | null;
  readonly first: EditedConfig;
}

export function EditorForm({ storedName, first }: EditorFormProps) {
  const { i18n } = useLingui();
  const tunnels = useAppState((state) => state.tunnels);
  const [name, setName] = useState(first.name);
  const [text, setText] = useState(first.text);
  /** What is stored; a new tunnel counts as saved until it is touched. */
  const [saved, setSaved] = useState(first);
  const [areSecretsShown, setSecretsShown] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  /** What somebody else has stored meanwhile. */
  const [other, setOther] = useState<StoredConfig | null>(null);
  const [isJustSaved, setJustSaved] = useState(false);
  const [needsReconnect, setNeedsReconnect] = useState(false);
  const editor = useRef<ConfEditorHandle>(null);
  const inspection = useInspection(text);
  const tunnel = tunnels?.find((each) => each.name === storedName);
  const isUp = tunnel !== undefined && isRunning(tunnel);
  const isUnsaved = text !== saved.text || name !== saved.name;
  const guard = useLeaveGuard(isUnsaved);
  const taken = tunnels?.map((each) => each.name).filter((each) => each !== storedName) ?? [];
  const problem = nameProblem(name, taken);

  /** @param base the digest of what it may overwrite */
  const save = async (base: string | null) => {
    if (isSaving || problem !== null) return;
    setSaving(true);
    setFailure(null);
    try {
      const digest = await store(storedName, name, text, base);
      setSaved({ name, text, digest });
    } catch (error) {
      const isOvertaken = storedName !== null && codeOf(error) === 'tunnel-changed';
      const stored = isOvertaken ? await storedConfig(storedName).catch(() => null) : null;
      if (stored === null) setFailure(failureOf(error));
      else setOther(stored);
      return;
    } finally {
      setSaving(false);
    }
    guard.release();
    if (storedName === name) {
      setJustSaved(true);
      setNeedsReconnect(isUp);
    } else {
      announceDone(i18n._('{name} is saved', { name }));
      show({ kind: storedName === null ? 'tunnel' : 'edit', name });
    }
  };
  useSaveKey(() => void save(saved.digest));

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save(saved.digest);
      }}
    >
      <div className={styles.field}>
        <label htmlFor="tunnel-name">{i18n._('Name')}</label>
        <NameInput
          id="tunnel-name"
          value={name}
          disabled={isUp}
          isInvalid={problem !== null}
          aria-describedby="tunnel-name-note"
          onChange={setName}
        />
        <p id="tunnel-name-note" className={problem === null ? styles.quiet : styles.problem}>
          {problem ?? (isUp ? i18n._('It can be renamed once it is disconnected.') : null)}
        </p>
      </div>
      <KeyRow
        publicKey={inspection?.publicKey ?? null}
        text={text}
        areSecretsShown={areSecretsShown}
        onSecretsShown={setSecretsShown}
        onChange={(change) => editor.current?.change(change)}
      />
      <ConfEditor
        ref={editor}
        label={i18n._('Text of the tunnel')}
        text={first.text}
        areSecretsShown={areSecretsShown}
        diagnostics={inspection?.diagnostics ?? NONE}
        onChange={setText}
      />
      <p className={styles.quiet}>
        {i18n._('Ctrl+Space suggests, Ctrl+S saves, Tab leads on. Escape closes a suggestion.')}
      </p>
      <Problems diagnostics={inspection?.diagnostics ?? NONE} onLine={(line) => editor.current?.goTo(line)} />
      {failure !== null && (
        <FailureBanner said={i18n._('It was not saved: {what}', { what: failure.what })} failure={failure} />
      )}
      {needsReconnect && tunnel !== undefined && isUp && (
        <ReconnectBanner tunnel={tunnel} onDone={() => setNeedsReconnect(false)} />
      )}
      <ActionBar said={isUnsaved ? i18n._('Not saved yet') : isJustSaved ? i18n._('Saved') : null}>
        <ButtonLink
          look="quiet"
          href={hashOf(storedName === null ? { kind: 'tunnels' } : { kind: 'tunnel', name: storedName })}
        >
          {isUnsaved || storedName === null ? i18n._('Cancel') : i18n._('Back')}
        </ButtonLink>
        <Button
          look="primary"
          type="submit"
          disabled={isSaving || problem !== null || (storedName !== null && !isUnsaved)}
        >
          {isSaving ? i18n._('Saving…') : i18n._('Save')}
        </Button>
      </ActionBar>
      {other !== null && (
        <ConflictDialog
          name={saved.name}
          theirs={other.text}
          mine={text}
          onOverwrite={() => void save(other.digest)}
          onClose={() => setOther(null)}
        />
      )}
      {guard.isAsking && (
        <ConfirmDialog
          title={i18n._('Leave without saving?')}
          action={i18n._('Discard the changes')}
          isDangerous
          onConfirm={guard.leave}
          onClose={guard.stay}
        >
          {i18n._('What you changed in {name} is not saved and would be lost.', { name: first.name })}
        </ConfirmDialog>
      )}
    </form>
  );
}

const NONE: [] = [];

/** @returns the digest of what is stored now, null for a new tunnel. @throws AppFailure */
async function store(
  storedName: string | null,
  name: string,
  text: string,
  base: string | null,
): Promise<string | null> {
  const content = base64OfText(text);
  if (storedName !== null)
    return (await ask('edit', { name: storedName, newName: name, content, base })).digest;
  await ask('import', { fileName: `${name}.conf`, content, name });
  return null;
}

function useSaveKey(save: () => void): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // With Caps Lock it is a capital one.
      if (
        event.key.toLowerCase() !== 's' ||
        event.altKey ||
        event.shiftKey ||
        !(event.ctrlKey || event.metaKey)
      )
        return;
      event.preventDefault(); // the browser would save the page
      latest.current();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
