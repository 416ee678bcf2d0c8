import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWgQuick } from '../../../engine/config/wg-quick.ts';
import { DEFAULT_TUNNEL_SETTINGS, KILL_SWITCH_MODES } from '../../../helper/tunnel/settings.ts';
import { formatTunnelFile, parseTunnelFile } from '../../../helper/tunnel/tunnel-file.ts';
import { CONF, configOf } from './fake-world.ts';

const parse = (text: string) => parseTunnelFile(Buffer.from(text), 'at home.conf');

describe('a stored tunnel', () => {
  it('comes back as it went in, whatever its config and settings', () => {
    const settings = fc.record({ killSwitch: fc.constantFrom(...KILL_SWITCH_MODES), allowLan: fc.boolean() });
    const config = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(config, settings, (config, settings) => {
        expect(parse(formatTunnelFile({ config, settings }))).toEqual({ config, settings });
      }),
    );
  });

  it('is a .conf that other programs read', () => {
    const text = formatTunnelFile({ config: CONF, settings: { killSwitch: 'on', allowLan: true } });
    const { config, warnings } = parseWgQuick(Buffer.from(text));
    expect(JSON.stringify(config)).toBe(JSON.stringify(configOf(CONF)));
    expect(warnings).toEqual([]);
  });

  it('has the defaults where it is of version 1, whose first line was the config’s own', () => {
    expect(parse(CONF)).toEqual({ config: CONF, settings: DEFAULT_TUNNEL_SETTINGS });
    expect(parse('').settings).toEqual(DEFAULT_TUNNEL_SETTINGS);
  });

  it.each([
    ['cut', '# wayfare {"version":2,"killSw'],
    ['without a config', '# wayfare {"version":2,"killSwitch":"on","allowLan":false}'],
    ['no JSON', '# wayfare on\n'],
    ['without a version', '# wayfare {"killSwitch":"on","allowLan":false}\n'],
    ['of a version that never was', '# wayfare {"version":1,"killSwitch":"on","allowLan":false}\n'],
    ['with a setting it cannot have', '# wayfare {"version":2,"killSwitch":true,"allowLan":false}\n'],
    ['with a setting too many', '# wayfare {"version":2,"killSwitch":"on","allowLan":false,"x":1}\n'],
    ['with a setting too few', '# wayfare {"version":2,"killSwitch":"on"}\n'],
  ])('is refused, and has no defaults, where its first line is damaged: %s', (_, text) => {
    expect(() => parse(text)).toThrow(
      'the file is damaged, at home.conf, put a copy of it back, or remove it',
    );
  });

  it('is refused where it is no text', () => {
    expect(() => parseTunnelFile(Uint8Array.of(0xff, 0xfe, 0x00), 'at home.conf')).toThrow('is damaged');
  });
});
