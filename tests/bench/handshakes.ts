/**
 * How many handshakes a second one core responds to: initiations of many peers are made beforehand, and the responses
 * to them are counted. Either a device alone answers, handed them as the loop hands them over, or a whole engine does.
 *
 * No more initiations wait at once than leave the responder short of being under load, so that it answers each with a
 * response and none with a cookie. A flood is another matter: it is answered with cookies, and then at a rate.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KEY_LENGTH } from '../../engine/constants.ts';
import { PrivateKey, PublicKey } from '../../engine/crypto/keys.ts';
import { type DhKey, dhKey } from '../../engine/crypto/primitives.ts';
import { TimestampSource } from '../../engine/crypto/tai64n.ts';
import { nobleTransportCipher } from '../../engine/crypto/transport-cipher.ts';
import { Device } from '../../engine/device/device.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { systemClock, systemRandom } from '../../engine/io/system.ts';
import { CookieJar } from '../../engine/noise/cookie.ts';
import { createInitiation, type RemoteIdentity } from '../../engine/noise/handshake.ts';
import { Endpoint } from '../../engine/peer/endpoint.ts';
import type { Output } from '../../engine/peer/output.ts';
import { HANDSHAKE_INITIATION_LENGTH, HANDSHAKE_RESPONSE_LENGTH } from '../../engine/wire/messages.ts';
import { ConfDirectory } from '../support/conf-file.ts';
import { type EngineKind, enginePath, uapiSocket } from '../support/engine-process.ts';
import { createNamespace, uniqueInterface } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';

const PEERS = 1_024;
/** The first warms up, and is where each peer's static-static secret is computed; the others are measured. */
const ROUNDS = 8;
/** As many as the loop answers in a turn. Ours is under load from 512 that wait, wireguard-go from 128. */
const WINDOW = 16;
/** Of the device's clock, from round to round: one peer's initiations less than 20 ms apart would be dropped. */
const ROUND_MS = 1_000;
const LISTEN_PORT = 51_820;
const SENDER = fileURLToPath(new URL('../../tests/bench/handshake-sender.mjs', import.meta.url));

interface Initiator {
  readonly local: DhKey;
  readonly remote: RemoteIdentity;
  readonly cookies: CookieJar;
}

function createInitiators(responder: Uint8Array): Initiator[] {
  const presharedKey = new Uint8Array(KEY_LENGTH);
  return Array.from({ length: PEERS }, () => {
    const local = dhKey(systemRandom.bytes(KEY_LENGTH));
    const remote = { publicKey: responder, staticStatic: local.dh(responder), presharedKey };
    return { local, remote, cookies: new CookieJar(responder) };
  });
}

/** One initiation of each, one behind the other. */
function createRound(initiators: readonly Initiator[], timestamps: TimestampSource): Uint8Array {
  const datagrams = new Uint8Array(initiators.length * HANDSHAKE_INITIATION_LENGTH);
  const timestamp = timestamps.next(systemClock.wallMs());
  initiators.forEach(({ local, remote, cookies }, i) => {
    const { message } = createInitiation(local, remote, i, timestamp, systemRandom)!;
    cookies.fillMacs(message.macs, 0);
    datagrams.set(message.datagram, i * HANDSHAKE_INITIATION_LENGTH);
  });
  return datagrams;
}

function createRounds(initiators: readonly Initiator[]): Uint8Array[] {
  const timestamps = new TimestampSource();
  return Array.from({ length: ROUNDS }, () => createRound(initiators, timestamps));
}

/** Handshakes a second of a device in this thread: no socket and no event loop takes part. */
export function handshakesOfDevice(): number {
  const memory = new SharedMemory(65_536);
  const input = memory.allocate(WINDOW * HANDSHAKE_INITIATION_LENGTH);
  const reserved = memory.allocate(HANDSHAKE_RESPONSE_LENGTH);
  const device = new Device({
    memory,
    cipher: nobleTransportCipher,
    clock: systemClock,
    random: systemRandom,
  });
  device.setPrivateKey(new PrivateKey(systemRandom.bytes(KEY_LENGTH)));
  device.up(0);
  const initiators = createInitiators(device.local!.publicKey);
  for (const { local } of initiators) device.addPeer(new PublicKey(local.publicKey));
  const rounds = createRounds(initiators);

  let responses = 0;
  const output: Output = {
    reserve: () => reserved,
    sendDatagrams: (_, length) => {
      if (length === HANDSHAKE_RESPONSE_LENGTH) responses++;
    },
    writePacket: () => {},
  };
  const source = Endpoint.parse('192.0.2.1:51820')!;
  const stride = HANDSHAKE_INITIATION_LENGTH;
  let started = 0;
  rounds.forEach((datagrams, round) => {
    if (round === 1) started = performance.now();
    const now = (round + 1) * ROUND_MS;
    for (let at = 0; at < datagrams.length; at += WINDOW * stride) {
      const turn = datagrams.subarray(at, at + WINDOW * stride);
      memory.bytes.set(turn, input);
      device.handleDatagrams(input, turn.length, stride, source, 0, now, output);
      device.handleQueuedHandshakes(WINDOW, now, output);
    }
  });
  const seconds = (performance.now() - started) / 1_000;
  if (responses !== PEERS * ROUNDS)
    throw new Error(`${responses} responses to ${PEERS * ROUNDS} initiations`);
  return (PEERS * (ROUNDS - 1)) / seconds;
}

/**
 * Handshakes a second of a whole engine on the machine's last core, asked through UDP from another. Needs root.
 * @returns NaN where there is no other core to ask from
 */
export async function handshakesOfEngine(kind: EngineKind): Promise<number> {
  const cores = allowedCores();
  if (cores.length < 2) return Number.NaN;
  const privateKey = new PrivateKey(systemRandom.bytes(KEY_LENGTH));
  const initiators = createInitiators(dhKey(privateKey.bytes).publicKey);
  const files = new ConfDirectory();
  const namespace = await createNamespace('responder');
  try {
    const name = uniqueInterface('hs');
    const engine = namespace.spawn('taskset', ['-c', cores.at(-1)!, enginePath(kind), '-f', name]);
    const isServing = async () => {
      if (engine.exit !== null) throw new Error(`${kind} ended: ${engine.stderr}`);
      return (await namespace.wg('show', 'interfaces')).includes(name);
    };
    await waitFor(isServing, { what: `${uapiSocket(name)} to answer` });
    const conf = [
      `[Interface]\nPrivateKey = ${privateKey.toBase64()}\nListenPort = ${LISTEN_PORT}`,
      ...initiators.map(({ local }) => `[Peer]\nPublicKey = ${new PublicKey(local.publicKey).toBase64()}`),
    ].join('\n');
    await namespace.wg('setconf', name, files.write(`${name}.conf`, conf));
    await namespace.ip(`link set ${name} up`);
    const datagrams = Buffer.concat(createRounds(initiators)).toString('base64');
    const args = ['-c', cores[0]!, process.execPath, SENDER, `${LISTEN_PORT}`, `${WINDOW}`, `${PEERS}`];
    const { stdout } = await namespace.run('taskset', args, { input: datagrams, timeoutMs: 60_000 });
    return Number(stdout);
  } finally {
    await namespace.close();
    files.close();
  }
}

/** The cores that this process may run on, as taskset(1) names them. */
function allowedCores(): string[] {
  const list = /^Cpus_allowed_list:\s+(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}`);
  });
}
