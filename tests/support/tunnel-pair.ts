/**
 * Two engines in two namespaces, joined by a link, with a tunnel through it:
 *
 *     const pair = await createTunnelPair('wayfare', 'wireguard-go');
 *     await pair.configure({ initiator: 'left', outer: 6, presharedKey: true });
 *     await pair.left.namespace.ping(pair.right.v4);
 *     afterAll(() => pair.close());
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfDirectory } from './conf-file.ts';
import { type EngineKind, type EngineProcess, startEngine } from './engine-process.ts';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type LinkOptions,
  type Namespace,
} from './netns.ts';
import { waitFor } from './processes.ts';

export const TUNNEL_MTU = 1_420;

export interface Keys {
  /** Base64, as wg(8) writes them. */
  readonly private: string;
  readonly public: string;
}

export function generateKeys(): Keys {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { private: toBase64(d), public: toBase64(x) };
}

function toBase64(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64');
}

export type Side = 'left' | 'right';

export interface TunnelEnd {
  readonly namespace: Namespace;
  readonly engine: EngineProcess;
  readonly keys: Keys;
  readonly link: LinkEnd;
  /** Inside the tunnel. */
  readonly v4: string;
  readonly v6: string;
}

export interface TunnelOptions {
  /** The side that knows the other's endpoint, and so the only one that can begin. */
  initiator?: Side | 'both';
  /** The family that the datagrams travel by. */
  outer?: 4 | 6;
  presharedKey?: boolean;
  keepaliveSeconds?: number;
}

export class TunnelPair {
  readonly left: TunnelEnd;
  readonly right: TunnelEnd;
  readonly #files = new ConfDirectory();

  constructor(left: TunnelEnd, right: TunnelEnd) {
    this.left = left;
    this.right = right;
  }

  /** A file for wg(8), which takes keys by no other way. */
  secretFile(name: string, secret: string): string {
    return this.#files.write(name, `${secret}\n`);
  }

  /** Makes each the other's only peer, forgetting any session that there was. */
  async configure(options: TunnelOptions = {}): Promise<void> {
    const { initiator = 'left', presharedKey = false } = options;
    const secret = presharedKey ? this.secretFile('psk', randomBytes(32).toString('base64')) : '/dev/null';
    await Promise.all([this.#removePeer(this.left, this.right), this.#removePeer(this.right, this.left)]);
    const knows = (side: Side) => initiator === side || initiator === 'both';
    // The responder first: an initiation that comes before its peer is known would cost a second try.
    const setLeft = () => this.#setPeer(this.left, this.right, knows('left'), secret, options);
    const setRight = () => this.#setPeer(this.right, this.left, knows('right'), secret, options);
    if (knows('right')) await setLeft().then(setRight);
    else await setRight().then(setLeft);
  }

  /** The UDP address of one end, as wg(8) writes endpoints. */
  async endpointOf(end: TunnelEnd, outer: 4 | 6 = 4): Promise<string> {
    const port = await end.engine.show('listen-port');
    return outer === 4 ? `${end.link.v4}:${port}` : `[${end.link.v6}]:${port}`;
  }

  /** Pings through the tunnel until an answer comes: a session is there. */
  async establish(from: Side = 'left'): Promise<void> {
    const [source, target] = from === 'left' ? [this.left, this.right] : [this.right, this.left];
    const answered = async () =>
      (await source.namespace.ping(target.v4, { count: 1, waitMs: 500 })).received === 1;
    await waitFor(answered, { what: 'a first answer through the tunnel', timeoutMs: 10_000 });
  }

  async close(): Promise<void> {
    this.#files.close();
    await closeNamespaces(this.left.namespace, this.right.namespace);
  }

  async #removePeer(end: TunnelEnd, other: TunnelEnd): Promise<void> {
    await end.engine.set(`peer ${other.keys.public} remove`);
  }

  async #setPeer(
    end: TunnelEnd,
    other: TunnelEnd,
    knowsEndpoint: boolean,
    secret: string,
    { outer = 4, keepaliveSeconds }: TunnelOptions,
  ): Promise<void> {
    const args = [
      `peer ${other.keys.public} preshared-key ${secret} allowed-ips ${other.v4}/32,${other.v6}/128`,
    ];
    if (knowsEndpoint) args.push(`endpoint ${await this.endpointOf(other, outer)}`);
    if (keepaliveSeconds !== undefined) args.push(`persistent-keepalive ${keepaliveSeconds}`);
    await end.engine.set(args.join(' '));
  }
}

/** Both engines run, have keys and addresses, and are up; {@link TunnelPair.configure} makes them peers. */
export async function createTunnelPair(
  left: EngineKind,
  right: EngineKind,
  linkOptions: LinkOptions = {},
): Promise<TunnelPair> {
  const namespaces = [await createNamespace('left'), await createNamespace('right')] as const;
  try {
    const link = await connectNamespaces(...namespaces, linkOptions);
    const ends = await Promise.all([
      createEnd(left, namespaces[0], link.a, 1),
      createEnd(right, namespaces[1], link.b, 2),
    ]);
    return new TunnelPair(...ends);
  } catch (error) {
    await closeNamespaces(...namespaces);
    throw error;
  }
}

async function createEnd(
  kind: EngineKind,
  namespace: Namespace,
  link: LinkEnd,
  host: number,
): Promise<TunnelEnd> {
  const engine = await startEngine(kind, namespace);
  const keys = generateKeys();
  const v4 = `10.7.0.${host}`;
  const v6 = `fd07::${host}`;
  await setPrivateKey(engine, keys);
  await namespace.ip(`addr add ${v4}/24 dev ${engine.name}`);
  await namespace.ip(`addr add ${v6}/64 dev ${engine.name} nodad`);
  await namespace.ip(`link set ${engine.name} mtu ${TUNNEL_MTU} up`);
  return { namespace, engine, keys, link, v4, v6 };
}

export async function setPrivateKey(engine: EngineProcess, keys: Keys): Promise<void> {
  const files = new ConfDirectory();
  try {
    await engine.set(`private-key ${files.write('private', keys.private)}`);
  } finally {
    files.close();
  }
}
