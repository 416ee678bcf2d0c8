/** Texts from configs and networks, each kept to its own direction: none turns its neighbours around. */
import { Fragment } from 'react';
import { shortened } from '../lib/shortened.ts';

/** @param words shown with a comma between them, or a dash where there are none */
export function Words({ words }: { readonly words: readonly string[] }) {
  if (words.length === 0) return '–';
  return words.map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the same word may be there twice, and nothing has a state
    <Fragment key={index}>
      {index > 0 && ', '}
      <bdi className="mono">{shortened(word)}</bdi>
    </Fragment>
  ));
}
