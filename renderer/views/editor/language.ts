/** Colours for the `.conf` of wg-quick(8). What is right and wrong in it is the parser's business. */
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { tags } from '@lezer/highlight';
import { KEYS } from './keys.ts';

interface LineState {
  /** What is read next on the line. */
  readonly at: { place: 'key' | 'value'; isHook: boolean };
}

const KNOWN = new Set([...KEYS.interface, ...KEYS.peer].map((key) => key.toLowerCase()));

const wgQuick = StreamLanguage.define<LineState>({
  name: 'wg-quick',
  startState: () => ({ at: { place: 'key', isHook: false } }),
  copyState: ({ at }) => ({ at: { ...at } }),
  token(stream, { at }) {
    if (stream.sol()) Object.assign(at, { place: 'key', isHook: false });
    if (stream.eatSpace()) return null;
    if (stream.peek() === '#' && !at.isHook) {
      stream.skipToEnd();
      return 'comment';
    }
    if (at.place === 'key') {
      if (stream.match(/^\[[^\]#]*\]?/)) return 'heading';
      const [key = ''] = (stream.match(/^[^=#]+/) as RegExpMatchArray | null) ?? [];
      if (key !== '') {
        const name = key.replace(/\s/g, '').toLowerCase();
        at.isHook = /^(pre|post)(up|down)$/.test(name);
        return KNOWN.has(name) ? 'propertyName' : null;
      }
      stream.next();
      at.place = 'value';
      return 'operator';
    }
    if (stream.eat(',')) return 'operator';
    if (at.isHook) {
      stream.skipToEnd();
      return 'string';
    }
    stream.match(/^[^,#\s]+/) || stream.next();
    return 'atom';
  },
  languageData: { commentTokens: { line: '#' } },
});

const STYLE = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--text-quiet)', fontStyle: 'italic' },
  { tag: tags.heading, color: 'var(--wait)', fontWeight: '650' },
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.operator, color: 'var(--text-quiet)' },
  { tag: tags.string, color: 'var(--text-quiet)' },
]);

export function confLanguage(): Extension {
  return [wgQuick, syntaxHighlighting(STYLE)];
}
