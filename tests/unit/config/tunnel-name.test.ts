import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTunnelName, tunnelNameFromFile } from '../../../engine/config/tunnel-name.ts';

describe('a tunnel name', () => {
  it.each(['wg0', 'a', 'A_=+.-9', 'fifteen-letters', '...', '.a'])('may_be %s', (name) => {
    expect(isTunnelName(name)).toBe(true);
  });

  it.each(['', '.', '..', 'sixteen-letters-', 'a b', 'a/b', 'ä', 'a\n', 'a\0', '%i', 'a:b'])(
    'may_not_be %j',
    (name) => {
      expect(isTunnelName(name)).toBe(false);
    },
  );
});

describe('the name of a file', () => {
  it.each([
    ['wg0.conf', 'wg0'],
    ['/home/me/Home.CONF', 'Home'],
    ['C:\\Users\\me\\office.conf', 'office'],
    ['My VPN (Zürich).conf', 'My-VPN-Zurich'],
    ['a-very-long-provider-name.conf', 'a-very-long-pro'],
    ['mullvad-de-ber-wg-001.conf', 'mullvad-de-ber'],
    ['家.conf', 'tunnel'],
    ['.conf', 'tunnel'],
    ['..', 'tunnel'],
    ['', 'tunnel'],
    ['--help.conf', 'help'],
    ['wg0.conf.conf', 'wg0.conf'],
    ['wg0', 'wg0'],
  ])('%j_becomes %s', (fileName, name) => {
    expect(tunnelNameFromFile(fileName)).toBe(name);
  });

  it('gets_a_number_on_collision_in_any_case', () => {
    expect(tunnelNameFromFile('wg0.conf', ['wg0'])).toBe('wg0-2');
    expect(tunnelNameFromFile('WG0.conf', ['wg0'])).toBe('WG0-2');
    expect(tunnelNameFromFile('wg0.conf', new Set(['WG0', 'wg0-2']))).toBe('wg0-3');
    expect(tunnelNameFromFile('a-very-long-name.conf', ['a-very-long-nam'])).toBe('a-very-long-n-2');
  });

  it('always_becomes_a_valid_name_that_is_not_taken', () => {
    const taken: string[] = [];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (fileName) => {
        const name = tunnelNameFromFile(fileName, taken);
        expect(isTunnelName(name)).toBe(true);
        expect(taken.includes(name)).toBe(false);
        taken.push(name);
      }),
    );
  });
});
