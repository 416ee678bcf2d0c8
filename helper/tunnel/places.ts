/** Which tunnel has its place: what each claims while it is up, and how one makes room for another. */
import { logFailures } from '../failure.ts';
import { inBoth, isMainTable } from '../routes/plan.ts';
import { allowedIpsOf, guardAfter, type ReadTunnel, type World } from './bring-up.ts';
import { type Claim, claimOf, isMeeting, placeTaken } from './claim.ts';
import { isAtRest, type KnownTunnels, takeDown } from './known-tunnels.ts';

/** Whose place a tunnel may take that is asked to come up. */
export type Replaced = 'nothing' | 'others' | 'itself';

interface Claimed {
  readonly stored: Awaited<ReturnType<ReadTunnel>>;
  /** Those it meets, which it may replace. */
  readonly met: readonly string[];
}

/** What was made for a tunnel that comes up. */
export interface Room {
  /** Whether a kill switch of those before it, or its own, was closed. */
  readonly wasGuarded: boolean;
  /** It stands by now, or has failed. What is held stays where the tunnel has another room since. Never throws. */
  release(): Promise<void>;
}

export class Places {
  readonly #known: KnownTunnels;
  readonly #world: World;
  /** Of those that are up, or about to come up. */
  readonly #claims = new Map<string, Claim>();
  /** The last that each was given. */
  readonly #rooms = new Map<string, Room>();

  constructor(known: KnownTunnels, world: World) {
    this.#known = known;
    this.#world = world;
  }

  /** @throws Failure where it meets one that it may not replace */
  async claim(name: string, replaces: Replaced): Promise<Claimed> {
    const stored = await this.#known.read(name);
    const claim = claimOf(stored.config, stored.settings);
    const others = [...this.#claims].filter(([other]) => other !== name && !isAtRest(this.#known.get(other)));
    const met = others.filter(([, theirs]) => isMeeting(claim, theirs));
    const [first] = met;
    if (first !== undefined && replaces !== 'others')
      throw placeTaken(name, claim, ...first, replaces === 'nothing');
    this.#claims.set(name, claim);
    return { stored, met: met.map(([other]) => other) };
  }

  /**
   * One that takes the place of others, or its own former one, guards the machine before they go down, and what failed
   * and was guarded still is succeeded too. Without a kill switch, what it takes from them is held until its own routes
   * stand. NOTE: a full tunnel's is not, whose own datagrams are among it.
   *
   * @throws Failure, with all as it was
   */
  async makeRoom(name: string, replaces: Replaced): Promise<Room> {
    const tunnel = this.#known.get(name);
    const former = isAtRest(tunnel) ? undefined : this.#claims.get(name);
    const { stored, met } = await this.claim(name, replaces);
    const { config, settings } = stored;
    const { protection, routes, log } = this.#world;
    const before = protection.of(name);
    const guard = guardAfter(before, config, settings);
    const failed = guard.killSwitch ? this.#known.all.filter(({ state }) => state.kind === 'error') : [];
    const succeeded = [
      ...met.map((other) => this.#known.get(other)),
      ...failed.filter((each) => each.name !== name),
    ];
    const wasGuarded = [name, ...succeeded.map((each) => each.name)].some(
      (each) => protection.of(each)?.killSwitch,
    );
    const room: Room = { wasGuarded, release: () => this.#release(name, room) };
    const formerRoom = this.#rooms.get(name);
    this.#rooms.set(name, room);
    if (succeeded.length === 0 && former === undefined) return room;
    if (former !== undefined) tunnel.prepareToMakeWay();
    try {
      await protection.set(name, guard);
      if (!guard.killSwitch && !guard.isFull && isMainTable(config.interface.table)) {
        const claims = [...met.map((other) => this.#claims.get(other)), former];
        const theirs = claims.flatMap((claim) => claim?.prefixes ?? []);
        await routes.hold(name, inBoth(allowedIpsOf(config), theirs));
      }
    } catch (error) {
      await logFailures(log, 'could not change the firewall', [protection.set(name, before)]);
      if (former !== undefined) {
        this.#claims.set(name, former);
        await tunnel.stay();
      }
      // One that still comes up goes on in the room that it had.
      if (tunnel.state.kind === 'connecting' && formerRoom !== undefined) this.#rooms.set(name, formerRoom);
      else await room.release();
      throw error;
    }
    await takeDown(succeeded);
    if (former !== undefined) await tunnel.makeWay();
    return room;
  }

  async #release(name: string, room: Room): Promise<void> {
    if (this.#rooms.get(name) !== room) return;
    this.#rooms.delete(name);
    const { routes, log } = this.#world;
    await logFailures(log, 'could not open what was held', [routes.release(name)]);
  }
}
