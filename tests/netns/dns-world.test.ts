/** The world of the DNS tests itself: what is done in it stays in it. */
import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DnsWorld } from '../support/dns-world.ts';

const world = new DnsWorld();
/** Not resolv.conf: were the world to leak, that would do no harm. */
const ESCAPED = '/etc/wayfare-test-escaped';

beforeAll(() => world.open());
afterAll(async () => {
  rmSync(ESCAPED, { force: true });
  await world.close();
});

it('what_is_written_stays_in_it', async () => {
  world.write(ESCAPED, '');
  expect(existsSync(ESCAPED)).toBe(false);
});

it('a_layer_that_is_taken_off_uncovers_nothing_that_can_be_written', async () => {
  await world.run('umount', ['/etc']);
  expect(() => world.write(ESCAPED, '')).toThrow('EROFS');
  await expect(world.run('touch', [ESCAPED])).rejects.toThrow('Read-only file system');
  expect(existsSync(ESCAPED)).toBe(false);
});
