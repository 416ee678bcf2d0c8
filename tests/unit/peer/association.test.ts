import { expect, it } from 'vitest';
import { PresharedKey, PublicKey } from '../../../engine/crypto/keys.ts';
import type { PeerContext } from '../../../engine/peer/context.ts';
import type { Output } from '../../../engine/peer/output.ts';
import { Peer } from '../../../engine/peer/peer.ts';
import { endpoint } from '../../support/virtual-node.ts';

/** What has an association takes parts of its device's; what has none touches nothing. */
function untouchable<Target extends object>(): Target {
  return new Proxy({} as Target, {
    get: (_, name) => {
      throw new Error(`it asked for ${String(name)}`);
    },
  });
}

it('a_peer_that_is_only_configured_has_no_association', () => {
  const output = untouchable<Output>();
  const peer = new Peer(new PublicKey(new Uint8Array(32).fill(1)), untouchable<PeerContext>());
  peer.endpoint = endpoint('192.0.2.1:1');
  const presharedKey = new PresharedKey(new Uint8Array(32).fill(2));
  peer.setPresharedKey(presharedKey);
  peer.setPersistentKeepalive(0, true, 0);
  peer.onInterfaceUp(0);
  peer.sendStaged(0, output);
  peer.clearSource();
  peer.onLocalIdentityChanged();
  expect(peer).toMatchObject({ rxBytes: 0, txBytes: 0, latestHandshakeMs: 0, presharedKey });
  expect(peer.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  peer.onInterfaceDown();
  peer.onRemoved();
  expect(presharedKey.isZero()).toBe(true);

  expect(() => peer.sendKeepalive(0, output)).toThrow('it asked for random');
});
