/** A tunnel's `.conf` under the person's hands. */
import { useLingui } from '@lingui/react';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { Banner } from '../components/Banner.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { failureOf } from '../lib/app-failure.ts';
import { freeName } from '../lib/tunnel-names.ts';
import { useAppState } from '../store/app-state.ts';
import styles from './EditorView.module.css';
import { templateWith } from './editor/conf-text.ts';
import { type EditedConfig, EditorForm } from './editor/EditorForm.tsx';
import { storedConfig } from './editor/stored-config.ts';
import workplace from './Workplace.module.css';

/** @param name null for a new one */
export function EditorView({ name }: { readonly name: string | null }) {
  const { i18n } = useLingui();
  const reason = useAdminReason();
  return (
    <div className={workplace.view}>
      <ViewHeading>{name === null ? i18n._('New tunnel') : i18n._('Edit {name}', { name })}</ViewHeading>
      {reason !== null && <Banner>{reason}</Banner>}
      <LoadedEditor key={name} name={name} canLoad={reason === null} />
    </div>
  );
}

type Loaded =
  | { readonly kind: 'loading' }
  | ({ readonly kind: 'text' } & EditedConfig)
  | { readonly kind: 'failed'; readonly what: string; readonly advice: string };

interface LoadedEditorProps {
  readonly name: string | null;
  readonly canLoad: boolean;
}

/** What was loaded stays, whatever becomes of the helper: there may be work in it. */
function LoadedEditor({ name, canLoad }: LoadedEditorProps) {
  const { i18n } = useLingui();
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  const isWanted = canLoad && loaded.kind !== 'text';
  useEffect(() => {
    if (!isWanted) return;
    let isOver = false;
    const finish = (result: Loaded) => {
      if (!isOver) setLoaded(result);
    };
    load(name).then(finish, (error) => finish({ kind: 'failed', ...failureOf(error) }));
    return () => {
      isOver = true;
    };
  }, [name, isWanted]);
  switch (loaded.kind) {
    case 'loading':
      return isWanted && <p className={styles.quiet}>{i18n._('Loading…')}</p>;
    case 'failed':
      return (
        <Banner isBad>
          <p>{loaded.what}</p>
          <p>{loaded.advice}</p>
        </Banner>
      );
    case 'text':
      return <EditorForm storedName={name} first={loaded} />;
  }
}

async function load(name: string | null): Promise<Loaded> {
  if (name !== null) return { kind: 'text', name, ...(await storedConfig(name)) };
  const { privateKey } = await ask('generateKey', {});
  const taken = useAppState.getState().tunnels?.map((tunnel) => tunnel.name) ?? [];
  return { kind: 'text', text: templateWith(privateKey), name: freeName('tunnel', taken), digest: null };
}
