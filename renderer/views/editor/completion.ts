/** What may be typed next, from what stands before the cursor. */
import { autocompletion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { KEYS, VALUES } from './keys.ts';

export interface Suggestions {
  /** Where in the text the word begins that they would take the place of. */
  readonly from: number;
  readonly words: readonly string[];
}

/** @param before the text up to the cursor */
export function suggestionsAfter(before: string): Suggestions | null {
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.slice(lineStart);
  if (line.includes('#')) return null;
  const equals = line.indexOf('=');
  if (equals >= 0) {
    const words = VALUES[line.slice(0, equals).trim().toLowerCase()];
    const typed = /[^,\s]*$/.exec(line.slice(equals + 1))?.[0] ?? '';
    return words === undefined ? null : { from: before.length - typed.length, words };
  }
  const typed = line.trimStart();
  const from = before.length - typed.length;
  if (typed.startsWith('[')) return { from, words: ['[Interface]', '[Peer]'] };
  const section = /^[ \t]*\[(interface|peer)\]/gim;
  const last = [...before.slice(0, lineStart).matchAll(section)].at(-1)?.[1]?.toLowerCase();
  if (last === undefined) return { from, words: ['[Interface]', '[Peer]'] };
  const keys = last === 'peer' ? KEYS.peer : KEYS.interface;
  return { from, words: [...keys.map((key) => `${key} = `), '[Peer]'] };
}

export function confCompletion(): Extension {
  return autocompletion({ override: [complete], icons: false });
}

function complete({ state, pos, explicit }: CompletionContext): CompletionResult | null {
  const found = suggestionsAfter(state.sliceDoc(0, pos));
  if (found === null || (!explicit && found.from === pos)) return null;
  return { from: found.from, options: found.words.map((label) => ({ label })), validFor: /^[[\w.:/]*$/ };
}
