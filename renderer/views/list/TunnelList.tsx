/** The stored tunnels, one stop for the keyboard: arrows go along, Enter shows one, Ctrl+Enter connects it. */
import { useLingui } from '@lingui/react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { SearchField } from '../../components/SearchField.tsx';
import { useAppState } from '../../store/app-state.ts';
import { isSwitch, rivalsOf, toggle } from '../../store/connection.ts';
import { matching, sorted } from './order.ts';
import styles from './TunnelList.module.css';
import { TunnelRow } from './TunnelRow.tsx';
import { useShownName } from './use-shown-name.ts';

/** As many are seen at a glance. */
const WITHOUT_SEARCH = 8;

export function TunnelList() {
  const { i18n } = useLingui();
  const { tunnels, isCurrent } = useAppState();
  const [text, setText] = useState('');
  const [visited, setVisited] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const all = useMemo(() => sorted(tunnels ?? []), [tunnels]);
  const found = matching(all, text);
  const shown = useShownName();
  const stop = [visited, shown].find((name) => found.some((each) => each.name === name)) ?? found[0]?.name;

  const focusRow = (index: number) => {
    const links = list.current?.querySelectorAll('a') ?? [];
    links[Math.max(0, Math.min(index, links.length - 1))]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = (event.target as Element).closest<HTMLElement>('li')?.dataset.name;
    const at = found.findIndex(({ name }) => name === row);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: found.length - 1 }[event.key];
    const tunnel = found[at];
    if (event.key === 'Enter' && event.ctrlKey && isCurrent && tunnel !== undefined) toggle(tunnel);
    else if (next !== undefined) focusRow(next);
    else return;
    event.preventDefault();
  };

  if (tunnels === null) return null;
  if (all.length === 0) return <p className={styles.quiet}>{i18n._('None yet')}</p>;
  return (
    <>
      {all.length > WITHOUT_SEARCH && (
        <div className={styles.search}>
          <SearchField
            label={i18n._('Search tunnels')}
            value={text}
            onChange={setText}
            onKeyDown={({ key }) => key === 'ArrowDown' && focusRow(0)}
          />
        </div>
      )}
      {found.length === 0 && (
        <p className={styles.quiet} role="status">
          {i18n._('No tunnel has this in its name')}
        </p>
      )}
      <ul ref={list} className={styles.list} onKeyDown={onKeyDown}>
        {found.map((tunnel) => {
          const rivals = rivalsOf(tunnel, all);
          return (
            <TunnelRow
              key={tunnel.name}
              name={tunnel.name}
              state={isCurrent ? tunnel.state : 'unknown'}
              loss={tunnel.loss}
              isShown={tunnel.name === shown}
              isStop={tunnel.name === stop}
              replaced={isSwitch(tunnel, rivals) ? rivals.map(({ name }) => name).join(', ') : ''}
              onVisit={setVisited}
            />
          );
        })}
      </ul>
    </>
  );
}
