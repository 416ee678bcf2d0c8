/** What a traveller's programs send all the time, to many places, whatever the network says of it. */
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { bindUdp } from '../../engine/io/linux/udp-socket.ts';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

const WORDS = Buffer.from('the words of a traveller');
const ROUNDS = 20;
/** Slow enough for an eavesdropper on a busy machine to miss nothing. */
const PAUSE_MS = 1;
const ROUNDS_A_PAUSE = 4;

export interface Target {
  readonly address: string;
  /** 4,000 where it does not matter. */
  readonly port?: number;
}

/** Datagrams of both families, from sockets that live in a namespace. */
export class Chatter {
  readonly #v4: Socket;
  readonly #v6: Socket;
  #attempts = 0;
  #isSpeaking = false;

  private constructor(v4: Socket, v6: Socket) {
    this.#v4 = v4;
    this.#v6 = v6;
  }

  /** @param mark SO_MARK, 0 for none @param port to speak from, 0 for any */
  static open(namespace: Namespace, mark = 0, port = 0): Promise<Chatter> {
    return inside(namespace, () => {
      const { sockets } = bindUdp(port, mark);
      const [v4, v6] = [createSocket('udp4'), createSocket('udp6')];
      for (const { family, descriptor } of sockets) (family === 4 ? v4 : v6).bind({ fd: descriptor });
      v4.setBroadcast(true);
      return new Chatter(v4, v6);
    });
  }

  /** Sends to each target some times. @returns how many datagrams the kernel took */
  async speak(targets: readonly Target[], rounds = ROUNDS): Promise<number> {
    let taken = 0;
    for (let round = 0; round < rounds; round++)
      for (const target of targets) if (await this.#send(target)) taken++;
    return taken;
  }

  /** Goes on until {@link hush}. @param besides what somebody else sends meanwhile */
  async keepSpeaking(targets: readonly Target[], besides: () => void = () => {}): Promise<void> {
    this.#isSpeaking = true;
    while (this.#isSpeaking) {
      besides();
      await this.speak(targets, ROUNDS_A_PAUSE);
      await delay(PAUSE_MS);
    }
  }

  /** @returns how many datagrams were tried, ever */
  hush(): number {
    this.#isSpeaking = false;
    return this.#attempts;
  }

  close(): void {
    this.hush();
    this.#v4.close();
    this.#v6.close();
  }

  #send({ address, port = 4_000 }: Target): Promise<boolean> {
    this.#attempts++;
    const socket = address.includes(':') ? this.#v6 : this.#v4;
    return new Promise((resolve) => socket.send(WORDS, port, address, (error) => resolve(error === null)));
  }
}
