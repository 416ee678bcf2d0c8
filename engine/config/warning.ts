/** What a file says that Wayfare reads in a way its author should know of. Values, so that a user interface can act on them. */
import type { Sentence } from '../sentence.ts';

export type WarningKind =
  /** The file was in UTF-16, or not in UTF-8: what was read may differ from what was meant. */
  | 'encoding'
  | 'repeated-interface'
  | 'repeated-key'
  /** The same public key in two [Peer] sections, merged as wg(8) does. */
  | 'repeated-peer'
  /** A key of wg-quick(8) without a value, or a comma with nothing after it. */
  | 'empty-value'
  /** No private key, or an all-zero one: the tunnel cannot connect. */
  | 'no-private-key'
  /** An all-zero public key or port 0: the peer cannot be reached. */
  | 'unreachable-peer'
  | 'host-bits-masked'
  /** The same prefix at two peers: it belongs to the last. */
  | 'allowed-ip-moved'
  /** A `-` prefix that removes what was not there. */
  | 'allowed-ip-not-removed'
  | 'endpoint-without-brackets'
  /** Search domains without a server: wg-quick(8) sets nothing then. */
  | 'search-domains-only'
  /** Hooks are kept and shown, not run. */
  | 'hooks-not-run'
  /** The kill switch of wg-quick(8)'s manual, as a hook: it is not run; a client has its own. */
  | 'kill-switch-recipe'
  | 'save-config-ignored'
  /** A setting of another client that standard WireGuard can do without; left out. */
  | 'foreign-key';

export interface Warning {
  readonly kind: WarningKind;
  /** 1-based. */
  readonly line: number;
  /** One line for a person, without the line's number and without secrets. */
  readonly message: string;
  readonly sentence: Sentence;
}

/** Takes note of a warning. */
export type Warn = (kind: WarningKind, line: number, sentence: Sentence) => void;
