import { describe, expect, it } from 'vitest';
import { Tunnel } from '../../../helper/tunnel/tunnel.ts';
import { CONF, FakeWorld, reading, staying, until } from './fake-world.ts';

const config = reading(CONF);

function setUp(): { fake: FakeWorld; tunnel: Tunnel } {
  const fake = new FakeWorld();
  return { fake, tunnel: new Tunnel('home', fake.world, () => {}) };
}

function outcomeOf(attempt: Promise<string>): Promise<string> {
  return attempt.catch((error: Error) => error.message);
}

describe('several who ask for one tunnel', () => {
  it('wait as long as each of them cares to', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const first = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 2);
    const second = outcomeOf(tunnel.up(config, 1, staying));
    fake.clock.advance(1_000);
    expect(await second).toBe(
      'it was not up within 1 second, and goes on connecting for whoever began it, tunnel home, ' +
        'end that with: wayfare down home',
    );
    expect(tunnel.state.kind).toBe('connecting');
    fake.peerAnswers = true;
    await until(() => fake.clock.sleeperCount === 2);
    fake.clock.advance(100);
    expect(await first).toBe('connected');
  });

  it('lose it with the one who began it', async () => {
    const { fake, tunnel } = setUp();
    fake.peerAnswers = false;
    const [originator, joiner] = [new AbortController(), new AbortController()];
    const first = outcomeOf(tunnel.up(config, 30, originator.signal));
    const second = outcomeOf(tunnel.up(config, 30, joiner.signal));
    const third = outcomeOf(tunnel.up(config, 30, staying));
    await until(() => fake.clock.sleeperCount === 4);
    joiner.abort();
    expect(await second).toContain('goes on connecting');
    expect(tunnel.state.kind).toBe('connecting');
    originator.abort();
    expect([await first, await third]).toEqual(Array(2).fill('it was cancelled, tunnel home'));
    expect(tunnel.state.kind).toBe('disconnected');
    expect(fake.done.at(-1)).toBe('close home');
  });

  it('may leave once it is connected', async () => {
    const { tunnel } = setUp();
    const caller = new AbortController();
    await tunnel.up(config, 30, caller.signal);
    caller.abort();
    expect(tunnel.state.kind).toBe('connected');
  });
});
