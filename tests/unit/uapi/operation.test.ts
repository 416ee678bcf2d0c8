import { describe, expect, it } from 'vitest';
import { Operation } from '../../../engine/uapi/operation.ts';

describe('an operation', () => {
  it.each([0, 1, 999, 1_000, 1_001, 2_500])('of_%i_lines_gives_them_back_in_order_and_again', (count) => {
    const operation = new Operation();
    const lines = Array.from({ length: count }, (_, i) => `allowed_ip=10.0.0.0/${i}`);
    for (const line of ['set=1', ...lines]) operation.add(line);
    expect(operation.name).toBe('set=1');
    expect(operation.lineCount).toBe(count);
    expect([...operation.lines()]).toEqual(lines);
    expect([...operation.lines()]).toEqual(lines);
  });

  it('has_no_name_before_its_first_line', () => {
    expect(new Operation().name).toBe('');
  });
});
