// @ts-check
/** The demo's two `.conf` files, with keys from our own command line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER_OUTSIDE } from './namespaces.mjs';
import { runWayfare } from './wayfare.mjs';

/** Tunnels take the names of their files. */
export const TRAVELLER_TUNNEL = 'demo';
export const SERVER_TUNNEL = 'demo-server';

const PORT = 51_820;
export const SERVER_INSIDE = '10.86.0.1';
export const PAGE_URL = `http://${SERVER_INSIDE}/`;

/**
 * @param {string} directory
 * @param {AbortSignal} signal
 * @returns {Promise<{ server: string, traveller: string }>} the files
 */
export async function writeConfigs(directory, signal) {
  const [server, traveller, presharedKey] = await Promise.all([
    makeKeyPair(signal),
    makeKeyPair(signal),
    runWayfare(['genpsk'], { signal }),
  ]);
  const write = (/** @type {string} */ tunnel, /** @type {string} */ text) => {
    const file = join(directory, `${tunnel}.conf`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    server: write(
      SERVER_TUNNEL,
      `[Interface]
PrivateKey = ${server.privateKey}
Address = ${SERVER_INSIDE}/24, fd86::1/64
ListenPort = ${PORT}

[Peer]
# the traveller: no endpoint, it calls
PublicKey = ${traveller.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = 10.86.0.2/32, fd86::2/128
`,
    ),
    traveller: write(
      TRAVELLER_TUNNEL,
      `[Interface]
PrivateKey = ${traveller.privateKey}
Address = 10.86.0.2/32, fd86::2/128

[Peer]
PublicKey = ${server.publicKey}
PresharedKey = ${presharedKey}
Endpoint = ${SERVER_OUTSIDE}:${PORT}
AllowedIPs = 10.86.0.0/24, fd86::/64
PersistentKeepalive = 25
`,
    ),
  };
}

/** @param {AbortSignal} signal */
async function makeKeyPair(signal) {
  const privateKey = await runWayfare(['genkey'], { signal });
  const publicKey = await runWayfare(['pubkey'], { input: `${privateKey}\n`, signal });
  return { privateKey, publicKey };
}
