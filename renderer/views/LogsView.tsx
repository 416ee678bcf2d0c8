/** What the helper has written down, the newest at the end. Keys are never in it. */
import { useLingui } from '@lingui/react';
import { CircleX, Info, TriangleAlert } from 'lucide-react';
import { memo, useEffect, useId, useRef, useState } from 'react';
import type { LogEntry } from '../../electron/ipc/contract.ts';
import { Banner } from '../components/Banner.tsx';
import { Button } from '../components/Button.tsx';
import { SearchField } from '../components/SearchField.tsx';
import { Switch } from '../components/Switch.tsx';
import { ViewHeading } from '../components/ViewHeading.tsx';
import { saveFile } from '../lib/encode/save-file.ts';
import { type LeastLevel, logText, matchingEntries, otherFields } from '../lib/log-entries.ts';
import { useLogs } from '../store/logs.ts';
import styles from './LogsView.module.css';

const ICONS = { info: Info, warning: TriangleAlert, error: CircleX } as const;

export function LogsView() {
  const { i18n } = useLingui();
  const id = useId();
  const [isFollowing, setFollowing] = useState(true);
  const [level, setLevel] = useState<LeastLevel>('info');
  const [text, setText] = useState('');
  const { entries, failure } = useLogs(isFollowing);
  const shown = matchingEntries(entries ?? [], level, text);
  return (
    <>
      <ViewHeading>{i18n._('Logs')}</ViewHeading>
      <div className={styles.bar}>
        <div className={styles.search}>
          <SearchField label={i18n._('Search the log')} value={text} onChange={setText} />
        </div>
        <select
          className={styles.select}
          aria-label={i18n._('Least level')}
          value={level}
          onChange={({ target }) => setLevel(target.value as LeastLevel)}
        >
          <option value="info">{i18n._('Everything')}</option>
          <option value="warning">{i18n._('Warnings and errors')}</option>
          <option value="error">{i18n._('Errors')}</option>
        </select>
        <span className={styles.follow}>
          <Switch aria-labelledby={id} checked={isFollowing} onCheckedChange={setFollowing} />
          <span id={id}>{i18n._('Follow')}</span>
        </span>
        <Button
          disabled={shown.length === 0}
          onClick={() => saveFile('wayfare-log.txt', logText(shown), 'text/plain;charset=utf-8')}
        >
          {i18n._('Save as a file')}
        </Button>
      </div>
      {failure !== null && (
        <Banner isBad>{i18n._('The log cannot be read: {what}', { what: failure.what })}</Banner>
      )}
      <Entries entries={shown} isFollowing={isFollowing} isKnown={entries !== null} />
    </>
  );
}

interface EntriesProps {
  readonly entries: readonly LogEntry[];
  readonly isFollowing: boolean;
  readonly isKnown: boolean;
}

function Entries({ entries, isFollowing, isKnown }: EntriesProps) {
  const { i18n } = useLingui();
  const list = useRef<HTMLDivElement>(null);
  const newest = entries.at(-1);
  useEffect(() => {
    const place = list.current;
    if (place !== null && isFollowing && newest !== undefined) place.scrollTop = place.scrollHeight;
  }, [isFollowing, newest]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by the keyboard too
    <section ref={list} className={styles.entries} tabIndex={0} aria-label={i18n._('Entries')}>
      {isKnown && entries.length === 0 && <p className={styles.quiet}>{i18n._('Nothing to show')}</p>}
      <ol>
        {entries.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be the same, and none has a state
          <Entry key={index} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

const Entry = memo(function Entry({ entry }: { readonly entry: LogEntry }) {
  const { i18n } = useLingui();
  const { time, level, message } = entry;
  const levels = { info: i18n._('Note'), warning: i18n._('Warning'), error: i18n._('Error') } as const;
  const Icon = ICONS[level];
  return (
    <li className={styles.entry}>
      <time className={styles.time} dateTime={time}>
        {i18n.date(new Date(time), { dateStyle: 'short', timeStyle: 'medium' })}
      </time>
      <span className={styles.level} data-level={level}>
        <Icon aria-hidden size={14} />
        {levels[level]}
      </span>
      <div className={styles.message}>
        <bdi>{message}</bdi>
        <div className={styles.fields}>
          {otherFields(entry).map(([name, value]) => (
            <bdi key={name}>
              {name}: {String(value)}
            </bdi>
          ))}
        </div>
      </div>
    </li>
  );
});
