/** What the parser says of a `.conf`, in the language of the window. */
import type { Diagnostic, Sentence } from '../../electron/ipc/contract.ts';
import { i18n } from './i18n.ts';

export function diagnosticText({ message, sentence }: Diagnostic): string {
  // A parser of another version may have sentences that are not among the messages of this page.
  if (sentence === null || i18n.messages[sentence.template] === undefined) return message;
  return textOf(sentence);
}

function textOf(said: string | Sentence): string {
  if (typeof said === 'string') return said;
  const values = Object.entries(said.values).map(([name, value]) => [name, textOf(value)]);
  return i18n._(said.template, Object.fromEntries(values));
}
