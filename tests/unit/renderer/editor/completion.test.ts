import { describe, expect, test } from 'vitest';
import { suggestionsAfter } from '../../../../renderer/views/editor/completion.ts';

describe('the editor suggests', () => {
  test.each([
    ['sections at the start', '', ['[Interface]', '[Peer]']],
    ['sections after a bracket', '[Interface]\nMTU = 1420\n[', ['[Interface]', '[Peer]']],
    ['values of a key', '[Peer]\nPersistentKeepalive = ', ['25', 'off']],
    ['values of a key in any case', '[Interface]\nsaveconfig = ', ['true', 'false']],
  ])('%s', (_, before, words) => {
    expect(suggestionsAfter(before)?.words).toEqual(words);
  });

  test('keys of the section that the cursor is in', () => {
    const inInterface = suggestionsAfter('[Peer]\n\n[Interface]\nPr');
    expect(inInterface?.words).toContain('PrivateKey = ');
    expect(inInterface?.words).not.toContain('AllowedIPs = ');
    expect(suggestionsAfter('[Interface]\n[Peer]\n')?.words).toContain('AllowedIPs = ');
  });

  test('the next value after a comma, from there on', () => {
    const before = '[Peer]\nAllowedIPs = 10.0.0.0/8, 0.0';
    expect(suggestionsAfter(before)).toMatchObject({ from: before.length - '0.0'.length });
  });

  test.each([
    ['in a comment', '[Peer]\n# Allow'],
    ['for a value that only the person knows', '[Peer]\nEndpoint = '],
  ])('nothing %s', (_, before) => {
    expect(suggestionsAfter(before)).toBeNull();
  });
});
