import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_PEERS } from '../../../engine/constants.ts';
import { nobleTransportCipher } from '../../../engine/crypto/transport-cipher.ts';
import { Device } from '../../../engine/device/device.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { Operation } from '../../../engine/uapi/operation.ts';
import { applySet } from '../../../engine/uapi/set.ts';
import { SeededRandom, VirtualClock } from '../../support/virtual-clock.ts';

const keyOf = (i: number) => i.toString(16).padStart(64, '0');
const clock = new VirtualClock();

let device: Device;
/** What interface names are asked for, and what they are answered. */
let asked: string[];
let interfaceIndex: (name: string) => number | null;

beforeEach(() => {
  const memory = new SharedMemory(65_536);
  device = new Device({ memory, cipher: nobleTransportCipher, clock, random: new SeededRandom(1) });
  asked = [];
  interfaceIndex = () => null;
});

function set(...lines: string[]): void {
  const operation = new Operation();
  for (const line of ['set=1', ...lines]) operation.add(line);
  const link = {
    listenPort: 0,
    mark: 0,
    setListenPort: () => {},
    setMark: () => {},
    interfaceIndex: (name: string) => {
      asked.push(name);
      return interfaceIndex(name);
    },
    settle: () => {},
  };
  const output = {
    reserve: () => 0,
    sendDatagrams: () => expect.unreachable(),
    writePacket: () => expect.unreachable(),
  };
  applySet(operation, { device, link, clock, output });
}

/** `count` peers' lines, from key `first` on. */
function peers(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `public_key=${keyOf(first + i)}`);
}

function listed(): string[] {
  return [...device.peers()].map(({ publicKey }) => publicKey.toHex());
}

describe('a set', () => {
  it('gives_each_peer_what_its_section_says', () => {
    set(
      ...peers(1, 1),
      'endpoint=192.0.2.1:5',
      'allowed_ip=10.0.0.0/8',
      ...peers(2, 1),
      'allowed_ip=::/0',
      'persistent_keepalive_interval=7',
    );
    const [first, second] = [...device.peers()];
    expect(first?.endpoint?.toString()).toBe('192.0.2.1:5');
    expect(second).toMatchObject({ endpoint: null, persistentKeepaliveSeconds: 7 });
    expect([first, second].map((peer) => device.allowedIpsOf(peer!).map(String))).toEqual([
      ['10.0.0.0/8'],
      ['::/0'],
    ]);
  });

  it('with_a_mistake_in_its_last_line_changes_nothing', () => {
    set(...peers(1, 2));
    expect(() => set('replace_peers=true', ...peers(3, 1), 'allowed_ip=10.0.0.0/33')).toThrow(ConfigError);
    expect(listed()).toEqual([keyOf(1), keyOf(2)]);
  });

  it('asks_for_an_interface_once_and_so_means_the_same_one_throughout', () => {
    let index = 1;
    interfaceIndex = () => index++;
    set(...peers(1, 1), 'endpoint=[fe80::1%eth0]:5', ...peers(2, 1), 'endpoint=[fe80::2%eth0]:5');
    expect([...device.peers()].map(({ endpoint }) => endpoint?.scopeId)).toEqual([1, 1]);
    expect(asked).toEqual(['eth0']);
  });
});

describe('a device that has all the peers it may', () => {
  beforeEach(() => set(...peers(1, MAX_PEERS)));

  it('takes_no_other_and_stays_as_it_is', () => {
    expect(() => set(...peers(MAX_PEERS + 1, 1))).toThrow(ConfigError);
    expect(device.peerCount).toBe(MAX_PEERS);
  });

  it('takes_changes_to_those_it_has_and_the_absence_of_others', () => {
    set(
      ...peers(1, 2),
      'allowed_ip=10.0.0.0/8',
      ...peers(2, 1),
      ...peers(MAX_PEERS + 1, 1),
      'update_only=true',
    );
    set(...peers(MAX_PEERS + 1, 1), 'remove=true');
    expect(device.peerCount).toBe(MAX_PEERS);
  });

  it('takes_as_many_in_place_of_them_and_not_one_more', () => {
    const [first] = device.peers();
    expect(() => set('replace_peers=true', ...peers(1, MAX_PEERS + 1))).toThrow(ConfigError);
    expect([...device.peers()][0]).toBe(first);
    set('replace_peers=true', ...peers(2, MAX_PEERS), ...peers(2, 1));
    expect(listed()[0]).toBe(keyOf(2));
    expect(device.peerCount).toBe(MAX_PEERS);
  });
});
