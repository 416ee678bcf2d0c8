import { describe, expect, it } from 'vitest';
import { inInterface, inPeer } from '../../vectors/conf/conf-case.ts';
import { read, readInterface, readPeer, refusal } from './read-conf.ts';

describe('keys of other clients', () => {
  it.each([
    ['IncludedApplications', 'Android'],
    ['excludedapplications', 'Android'],
    ['BlockDNS', 'TunSafe'],
    ['BlockInternet', 'TunSafe'],
    ['ExcludedIPs', 'TunSafe'],
    ['AllowedApps', 'WireSock'],
    ['DisallowedApps', 'WireSock'],
    ['DisallowedIPs', 'WireSock'],
  ])('%s_is_left_out_with_a_warning_that_names_%s', (key, client) => {
    for (const text of [inInterface(`${key} = x`), inPeer(`${key} = x`)]) {
      expect(read(text).warnings).toMatchObject([
        { kind: 'foreign-key', message: expect.stringContaining(client) },
      ]);
    }
    expect(readInterface(`${key} = x`)).toEqual(readInterface());
    expect(readPeer(`${key} = x`)).toEqual(readPeer());
  });

  it.each(['Jc', 'Jmin', 'JMAX', 'S1', 'S2', 'H1', 'H2', 'H3', 'h4'])(
    '%s_of_AmneziaWG_is_refused_because_it_changes_the_wire_format',
    (key) => {
      expect(refusal(inInterface(`${key} = 1`))).toMatch(
        /^line 3: \w+ is a setting of AmneziaWG .*wire format, which a standard server cannot speak; ask for/,
      );
    },
  );

  it('ObfuscateKey_of_TunSafe_is_refused_without_its_value', () => {
    const message = refusal(inInterface('ObfuscateKey = hunter2'));
    expect(message).toMatch(/^line 3: ObfuscateKey is a setting of TunSafe/);
    expect(message).not.toContain('hunter2');
  });
});
