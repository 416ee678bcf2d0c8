import { describe, expect, it } from 'vitest';
import { IndexTable } from '../../../engine/noise/index-table.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

describe('the index table', () => {
  it('an_entry_is_found_by_its_index_until_it_is_deleted', () => {
    const table = new IndexTable<string>(new SeededRandom(1));
    const index = table.insert('a');
    expect(table.get(index)).toBe('a');
    table.replace(index, 'b');
    expect(table.get(index)).toBe('b');
    expect(table.size).toBe(1);
    table.delete(index);
    expect(table.get(index)).toBeUndefined();
    expect(table.size).toBe(0);
  });

  it('an_index_in_use_is_never_given_twice', () => {
    const draws = [7, 7, 7, 9];
    const table = new IndexTable<string>({ bytes: () => Uint8Array.of(draws.shift()!, 0, 0, 0) });
    expect(table.insert('a')).toBe(7);
    expect(table.insert('b')).toBe(9);
    expect(table.get(7)).toBe('a');
  });

  it('indices_are_the_random_u32_itself_in_full_range', () => {
    const draws = [
      Uint8Array.of(0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0, 0, 0, 0),
      Uint8Array.of(1, 2, 3, 4),
    ];
    const table = new IndexTable<string>({ bytes: () => draws.shift()! });
    expect(table.insert('a')).toBe(0xffffffff);
    expect(table.insert('b')).toBe(0);
    expect(table.insert('c')).toBe(0x04030201);
  });

  it('each_bit_of_an_index_is_set_half_of_the_time', () => {
    const table = new IndexTable<null>(new SeededRandom(2));
    const count = 20_000;
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < count; i++) {
      const index = table.insert(null);
      for (let bit = 0; bit < 32; bit++) if ((index >>> bit) & 1) set[bit]!++;
    }
    expect(table.size).toBe(count);
    for (const times of set) expect(Math.abs(times / count - 0.5)).toBeLessThan(0.02);
  });
});
