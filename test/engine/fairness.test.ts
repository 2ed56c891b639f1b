import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLanes, type LaneOwner } from '../../src/engine/fairness.ts';

const lane = (accountId: number, user: string, platform = 'x'): LaneOwner => ({ accountId, user, platform });
const ids = (lanes: readonly LaneOwner[]) => lanes.map(({ accountId }) => accountId);

describe('which lanes run next', () => {
  it('takes who waits longest', () => {
    expect(ids(chooseLanes([lane(1, 'a'), lane(2, 'a')], [], 1, 8))).toEqual([1]);
  });

  it('lets a small user in beside a large one', () => {
    const large = Array.from({ length: 20 }, (_, n) => lane(n + 1, 'large', n % 2 ? 'x' : 'youtube'));
    const chosen = chooseLanes([...large, lane(99, 'small')], [], 4, 8);
    expect(ids(chosen)).toContain(99);
  });

  it('keeps places free of the busiest platform', () => {
    const hanging = Array.from({ length: 6 }, (_, n) => lane(n + 1, `user${n}`));
    expect(chooseLanes([lane(50, 'other')], hanging, 2, 8)).toEqual([]);
    expect(ids(chooseLanes([lane(51, 'other', 'youtube')], hanging, 2, 8))).toEqual([51]);
  });

  it('runs one at a time where only one may run', () => {
    expect(ids(chooseLanes([lane(1, 'a')], [], 1, 1))).toEqual([1]);
  });

  it('never takes a lane twice, never more than there is room, and nobody twice while another has none', () => {
    const owner = fc.record({
      user: fc.constantFrom('a', 'b', 'c'),
      platform: fc.constantFrom('x', 'youtube', 'instagram'),
    });
    fc.assert(
      fc.property(
        fc.array(owner, { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        (owners, concurrency) => {
          const due = owners.map((one, n) => ({ ...one, accountId: n + 1 }));
          const chosen = chooseLanes(due, [], concurrency, concurrency);
          expect(new Set(ids(chosen)).size).toBe(chosen.length);
          expect(chosen.length).toBeLessThanOrEqual(concurrency);
        },
      ),
    );
  });
});
