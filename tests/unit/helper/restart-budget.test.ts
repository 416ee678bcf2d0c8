import { describe, expect, it } from 'vitest';
import { RestartBudget } from '../../../helper/tunnel/engine.ts';

describe('restarts of an engine', () => {
  it('come at once for 30 in a row, then every two seconds', () => {
    const budget = new RestartBudget(0);
    for (let i = 0; i < 30; i++) expect(budget.take(0)).toBe(0);
    expect(budget.take(0)).toBe(2_000);
    expect(budget.take(2_000)).toBe(2_000);
    expect(budget.take(4_000)).toBe(2_000);
  });

  it('come at once again after a while without', () => {
    const budget = new RestartBudget(0);
    for (let i = 0; i < 31; i++) budget.take(0);
    for (let i = 0; i < 11; i++) expect(budget.take(24_000)).toBe(0);
    expect(budget.take(24_000)).toBeGreaterThan(0);
    // However long it was, no more than 30.
    for (let i = 0; i < 30; i++) expect(budget.take(10_000_000)).toBe(0);
    expect(budget.take(10_000_000)).toBe(2_000);
  });
});
