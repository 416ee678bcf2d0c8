import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  configurationText,
  configureEngine,
  initiateHandshakes,
  parseDevice,
  readDevice,
  uapiOver,
} from '../../../helper/tunnel/uapi-client.ts';
import { CONF, configOf, PEER_KEY, PRIVATE_KEY } from './fake-world.ts';

const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');
const never = new AbortController().signal;
const SETUP = {
  config: configOf(CONF),
  endpoints: [{ address: '192.0.2.1', port: 51820 }],
  listenPort: 4242,
  mark: 0,
};
const PSK = 'FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=';

describe('the configuration text', () => {
  it('gives a fresh engine everything', () => {
    const config = configOf(
      CONF.replace('[Peer]', 'ListenPort = 4242\nFwMark = 0x10\n[Peer]').replace(
        'Endpoint',
        `PresharedKey = ${PSK}\nEndpoint`,
      ),
    );
    const endpoints = [{ address: '2001:db8::1', port: 51820 }];
    expect(configurationText({ config, endpoints, listenPort: 4242, mark: 16 })).toBe(
      `set=1
private_key=${hex(PRIVATE_KEY)}
listen_port=4242
fwmark=16
replace_peers=true
public_key=${hex(PEER_KEY)}
preshared_key=${hex(PSK)}
endpoint=[2001:db8::1]:51820
persistent_keepalive_interval=25
replace_allowed_ips=true
allowed_ip=10.7.0.0/24
allowed_ip=10.8.0.0/16

`,
    );
  });
});

describe('a device', () => {
  it('is read from a get reply, without its secrets', () => {
    const reply = `private_key=${hex(PRIVATE_KEY)}
listen_port=4242
public_key=${hex(PEER_KEY)}
preshared_key=${hex(PSK)}
protocol_version=1
endpoint=[fd00::1]:51820
last_handshake_time_sec=1800000000
last_handshake_time_nsec=5
rx_bytes=10
tx_bytes=20
persistent_keepalive_interval=25
allowed_ip=10.7.0.0/24
allowed_ip=::/0
public_key=${hex(PSK)}
last_handshake_time_sec=0
persistent_keepalive_interval=0
errno=0

`;
    const device = parseDevice(reply);
    expect(device).toEqual({
      listenPort: 4242,
      peers: [
        {
          publicKey: PEER_KEY,
          endpoint: '[fd00::1]:51820',
          allowedIps: ['10.7.0.0/24', '::/0'],
          latestHandshake: 1_800_000_000,
          rxBytes: 10,
          txBytes: 20,
          persistentKeepalive: 25,
        },
        {
          publicKey: PSK,
          endpoint: null,
          allowedIps: [],
          latestHandshake: null,
          rxBytes: 0,
          txBytes: 0,
          persistentKeepalive: null,
        },
      ],
    });
    expect(JSON.stringify(device)).not.toContain(PRIVATE_KEY);
  });
});

describe('the UAPI client', () => {
  let folder = '';
  let engine: Server | null = null;

  afterEach(() => {
    engine?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An engine that sends its answer in the given pieces. */
  async function engineAnswering(...pieces: string[]): Promise<string> {
    folder = mkdtempSync(join(tmpdir(), 'wayfare-uapi-'));
    const path = join(folder, 'engine.sock');
    engine = createServer((socket) => {
      socket.on('error', () => {}); // the client hangs up when it has what it needs
      socket.once('data', async () => {
        for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
      });
    });
    await new Promise<void>((resolve) => engine?.listen(path, resolve));
    return path;
  }

  it('ends at the empty line, wherever the pieces are cut, without waiting for the end', async () => {
    const path = await engineAnswering('listen_port=7\ner', 'rno=0\n', '\n');
    expect(await readDevice(uapiOver(connect(path)), never)).toEqual({ listenPort: 7, peers: [] });
  });

  it('names the errno of a refusal', async () => {
    const path = await engineAnswering('errno=-22\n\n');
    await expect(configureEngine(uapiOver(connect(path)), SETUP, never)).rejects.toThrow(
      'the engine refused the configuration (EINVAL)',
    );
  });

  it('does not take an answer without errno for success', async () => {
    const path = await engineAnswering('\n\n');
    await expect(initiateHandshakes(uapiOver(connect(path)), SETUP, never)).rejects.toThrow('no errno');
  });

  it('stops waiting when its signal aborts', async () => {
    const path = await engineAnswering();
    const stop = new AbortController();
    const answer = readDevice(uapiOver(connect(path)), stop.signal);
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });

  it('says that nobody answers', async () => {
    const request = uapiOver(connect('/nonexistent/engine.sock'));
    await expect(readDevice(request, never)).rejects.toThrow('the engine does not answer (ENOENT)');
    await expect(readDevice(request, never)).rejects.toThrow('the engine does not answer (ENOENT)');
  });
});
