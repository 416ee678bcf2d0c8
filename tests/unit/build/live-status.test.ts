import { expect, it } from 'vitest';
import { formatStatus } from '../../../build/demo/live-status.mjs';

const TUNNEL = { name: 'demo', state: 'connected', error: null, rxBytes: 2_216, txBytes: 916 };

it('a_tunnel_fits_on_one_line', () => {
  const peers = [{ endpoint: '192.0.2.1:51820', latestHandshake: 1_000 }];
  expect(formatStatus({ ...TUNNEL, peers }, 1_012.4)).toBe(
    'demo connected · handshake 12 s ago · endpoint 192.0.2.1:51820 · rx 2.2 KiB · tx 916 B',
  );
});

it('what_is_not_there_yet_is_said', () => {
  const peers = [{ endpoint: null, latestHandshake: null }];
  const error = { what: 'the engine died' };
  expect(formatStatus({ ...TUNNEL, state: 'error', error, peers }, 1_000)).toBe(
    'demo error (the engine died) · handshake none yet · endpoint unknown · rx 2.2 KiB · tx 916 B',
  );
});
