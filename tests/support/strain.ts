/** What an engine under load needs, and how fast it still answers. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineProcess } from './engine-process.ts';
import { UapiClient } from './uapi-client.ts';

const PAUSE_MS = 20;

export interface Strain {
  /** The most resident memory after the warm-up, less what there was at its end. */
  readonly grownBytes: number;
  /** The longest that a UAPI `get` took, with connecting. */
  readonly slowestAnswerMs: number;
  readonly answers: number;
}

/** Watches for `forMs`, after `warmUpMs` in which what grows by being used grows. */
export async function measureStrain(engine: EngineProcess, warmUpMs: number, forMs: number): Promise<Strain> {
  const watching = { slowestAnswerMs: 0, answers: 0 };
  const watchUntil = async (deadline: number): Promise<number> => {
    let most = engine.residentBytes();
    while (performance.now() < deadline) {
      const asked = performance.now();
      await expectAnswer(engine.name);
      watching.slowestAnswerMs = Math.max(watching.slowestAnswerMs, performance.now() - asked);
      watching.answers++;
      most = Math.max(most, engine.residentBytes());
      await delay(PAUSE_MS);
    }
    return most;
  };
  const warm = await watchUntil(performance.now() + warmUpMs);
  const most = await watchUntil(performance.now() + forMs);
  return { ...watching, grownBytes: most - warm };
}

async function expectAnswer(name: string): Promise<void> {
  const client = await UapiClient.open(name);
  try {
    const answer = await client.ask('get=1');
    if (answer.at(-1) !== 'errno=0') throw new Error(`UAPI: ${answer.join(', ')}`);
  } finally {
    client.close();
  }
}
