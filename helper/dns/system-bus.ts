/** The system's D-Bus, by busctl(1). Nothing is started by being asked. */
import * as z from 'zod';
import type { RunCommand } from './command.ts';

/** An object and the interface of it that is meant. */
export interface BusObject {
  readonly service: string;
  readonly path: string;
  readonly interface: string;
}

export interface SystemBus {
  /** @returns the values by name, as busctl writes them in JSON. @throws Failure */
  properties(object: BusObject): Promise<Record<string, unknown>>;
  /**
   * @param signature of the arguments, as in sd_bus_message_append(3)
   * @throws Failure
   */
  call(object: BusObject, method: string, signature: string, words: readonly string[]): Promise<void>;
  /** Whether it runs, though it may not answer. */
  hasService(service: string): Promise<boolean>;
}

/** A service that is alive answers in milliseconds. */
const TIMEOUT_SECONDS = 3;
// `busctl get-property` takes neither of the two options to heart: properties are read by a call as well.
const OPTIONS = ['--system', '--auto-start=no', `--timeout=${TIMEOUT_SECONDS}`, '--json=short'];
const BUS = {
  service: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const nameHasOwnerAnswer = z.object({ data: z.tuple([z.boolean()]) });
const propertiesAnswer = z.object({
  data: z.tuple([z.record(z.string(), z.object({ data: z.unknown() }))]),
});

export function createSystemBus(run: RunCommand): SystemBus {
  const call = (object: BusObject, ofInterface: string, method: string, words: readonly string[]) =>
    run('busctl', [...OPTIONS, 'call', '--', object.service, object.path, ofInterface, method, ...words]);
  return {
    async properties(object) {
      const words = ['s', object.interface];
      const answer = await call(object, 'org.freedesktop.DBus.Properties', 'GetAll', words);
      const [values] = propertiesAnswer.parse(JSON.parse(answer)).data;
      return Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, data]));
    },
    async call(object, method, signature, words) {
      await call(object, object.interface, method, [signature, ...words]);
    },
    async hasService(service) {
      // A machine without a bus, or without busctl, has no service either.
      const answer = await call(BUS, BUS.interface, 'NameHasOwner', ['s', service]).catch(() => null);
      return answer !== null && nameHasOwnerAnswer.parse(JSON.parse(answer)).data[0];
    },
  };
}
