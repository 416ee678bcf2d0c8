/** What the parser found in a `.conf`, in words. */
import { useLingui } from '@lingui/react';
import type { Inspection } from '../../../electron/ipc/contract.ts';
import { Fact, Facts } from '../../components/Facts.tsx';
import { Words } from '../../components/Words.tsx';
import { shortened } from '../../lib/shortened.ts';
import styles from './Findings.module.css';

/** Who has more of them wants the count; the editor shows all. */
const MAX_PEERS = 10;
const MAX_WORDS = 24;
const MAX_HOOKS = 20;

type Summary = NonNullable<Inspection['summary']>;

export function Findings({ summary }: { readonly summary: Summary }) {
  const { i18n } = useLingui();
  const { addresses, dns, peers, hooks, publicKey, isFullTunnel } = summary;
  return (
    <>
      <Facts>
        <Fact label={i18n._('Traffic')}>
          {isFullTunnel
            ? i18n._('All of this computer’s traffic goes through it')
            : i18n._('Only the traffic to its allowed IPs goes through it')}
        </Fact>
        <Fact label={i18n._('Addresses')}>
          <Some words={addresses} />
        </Fact>
        <Fact label={i18n._('DNS')}>
          <Some words={dns} />
        </Fact>
        <Fact label={i18n._('Public key')}>
          {publicKey === null ? (
            i18n._('None: there is no private key')
          ) : (
            <bdi className="mono">{publicKey}</bdi>
          )}
        </Fact>
      </Facts>
      {peers.slice(0, MAX_PEERS).map((peer) => (
        <section key={peer.publicKey} className={styles.peer} aria-label={i18n._('Peer')}>
          <h3>{i18n._('Peer')}</h3>
          <Facts>
            <Fact label={i18n._('Endpoint')}>
              {peer.endpoint === null ? (
                i18n._('None: it calls this computer')
              ) : (
                <bdi className="mono">{shortened(peer.endpoint)}</bdi>
              )}
            </Fact>
            <Fact label={i18n._('Allowed IPs')}>
              <Some words={peer.allowedIps} />
            </Fact>
            <Fact label={i18n._('Public key')}>
              <bdi className="mono">{peer.publicKey}</bdi>
            </Fact>
          </Facts>
        </section>
      ))}
      <More of={peers.length} shown={MAX_PEERS} />
      {hooks.length > 0 && <Hooks hooks={hooks} />}
    </>
  );
}

function Hooks({ hooks }: Pick<Summary, 'hooks'>) {
  const { i18n } = useLingui();
  return (
    <section className={styles.hooks} aria-label={i18n._('Not carried over')}>
      <h3>{i18n._('Not carried over')}</h3>
      <p>
        {i18n._(
          'These commands came with the file. They would run with all rights, so Wayfare never runs them: it keeps them as text, and an export gives them back.',
        )}
      </p>
      <ul>
        {hooks.slice(0, MAX_HOOKS).map(({ key, text }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same command may be there twice, and nothing has a state
          <li key={index}>
            <span className="mono">{key}</span>
            <code dir="ltr">{shortened(text)}</code>
          </li>
        ))}
      </ul>
      <More of={hooks.length} shown={MAX_HOOKS} />
    </section>
  );
}

function Some({ words }: { readonly words: readonly string[] }) {
  return (
    <>
      <Words words={words.slice(0, MAX_WORDS).map(shortened)} />
      <More of={words.length} shown={MAX_WORDS} />
    </>
  );
}

function More({ of, shown }: { readonly of: number; readonly shown: number }) {
  const { i18n } = useLingui();
  if (of <= shown) return null;
  return (
    <span className={styles.more}> {i18n._('and {count} more', { count: i18n.number(of - shown) })}</span>
  );
}
