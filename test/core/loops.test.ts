import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { findLoop, originOf, type Sending, type Way, waysOf } from '../../src/core/loops.ts';

const way = (from: number, to: number): Way => ({ from, to, rule: `${from}-${to}` });
const namesOf = (loop: readonly Way[] | undefined) => loop?.map(({ rule }) => rule);

describe('rules that lead back to where they begin', () => {
  it.each<[string, Way[], string[] | undefined]>([
    ['nothing', [], undefined],
    ['one way', [way(1, 2)], undefined],
    ['a chain', [way(1, 2), way(2, 3), way(3, 4)], undefined],
    ['two ways to one place', [way(1, 2), way(1, 3), way(2, 4), way(3, 4)], undefined],
    ['to itself', [way(1, 1)], ['1-1']],
    ['there and back', [way(1, 2), way(2, 1)], ['1-2', '2-1']],
    ['by a third', [way(1, 2), way(2, 3), way(3, 1)], ['1-2', '2-3', '3-1']],
    ['a loop at the end of a chain', [way(1, 2), way(2, 3), way(3, 2)], ['2-3', '3-2']],
    ['a loop beside others', [way(7, 8), way(1, 9), way(9, 4), way(4, 9)], ['9-4', '4-9']],
  ])('%s', (_name, ways, loop) => {
    expect(namesOf(findLoop(ways))).toEqual(loop);
  });

  it('are found wherever they are, and only there', () => {
    const ways = fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })), {
      maxLength: 14,
    });
    fc.assert(
      fc.property(ways, (pairs) => {
        const all = pairs.map(([from, to]) => way(from, to));
        const loop = findLoop(all);
        expect(loop !== undefined).toBe(comesBack(all));
        if (!loop) return;
        loop.forEach((one, index) => {
          expect(all).toContainEqual(one);
          expect(one.to).toBe(loop[(index + 1) % loop.length]?.from);
        });
      }),
      { numRuns: 10_000 },
    );
  });

  it('are made of watched accounts only: from a folder nothing leads back', () => {
    const rule = (name: string, sourceId: number, ...to: number[]) => ({
      name,
      sourceId,
      destinations: to.map((accountId) => ({ accountId, options: {} })),
    });
    const sources = [
      { id: 10, accountId: 1 },
      { id: 20, accountId: 2 },
      { id: 30, accountId: null },
    ];
    const rules = [rule('a', 10, 2, 5), rule('b', 20, 1), rule('c', 30, 1), rule('d', 99, 1)];
    expect(waysOf(rules, sources)).toEqual([
      { from: 1, to: 2, rule: 'a' },
      { from: 1, to: 5, rule: 'a' },
      { from: 2, to: 1, rule: 'b' },
    ]);
  });
});

/** Another way to the same answer: does any account reach itself? */
function comesBack(ways: readonly Way[]): boolean {
  const reach = new Map<number, Set<number>>();
  for (const { from, to } of ways) reach.set(from, (reach.get(from) ?? new Set()).add(to));
  for (let round = 0; round < 8; round += 1)
    for (const [, targets] of reach)
      for (const target of [...targets]) for (const next of reach.get(target) ?? []) targets.add(next);
  return [...reach].some(([account, targets]) => targets.has(account));
}

describe('a video of an account that is both watched and posted to', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const item = (change: object = {}) => ({
    remoteId: '7',
    caption: 'A ride #bike',
    publishedAt: now - MINUTE,
    ...change,
  });
  const sending = (change: Partial<Sending> = {}): Sending => ({
    jobId: 3,
    state: 'open',
    sentAt: now - 5 * MINUTE,
    text: 'A ride #bike',
    ...change,
  });
  const none = new Set<string>();

  it('is ours where its id is that of a post', () => {
    expect(originOf(item(), new Set(['7']), [], now)).toEqual({
      kind: 'ours',
      why: 'repost posted it there itself',
    });
  });

  it('is its person’s where nothing was sent there', () => {
    expect(originOf(item(), none, [], now).kind).toBe('theirs');
  });

  it('is unclear while a job posts there, whatever its caption', () => {
    expect(originOf(item(), none, [sending()], now).kind).toBe('unclear');
    expect(originOf(item({ caption: 'other' }), none, [sending()], now).kind).toBe('unclear');
  });

  it('that was there before the sending is its person’s', () => {
    const before = item({ publishedAt: now - HOUR });
    expect(originOf(before, none, [sending()], now).kind).toBe('theirs');
  });

  it('is not unclear for longer than an hour', () => {
    const sent = sending({ sentAt: now - 3 * HOUR });
    const late = item({ caption: 'other', publishedAt: now - 61 * MINUTE });
    expect(originOf(late, none, [sent], now).kind).toBe('theirs');
    expect(originOf({ ...late, caption: 'A ride #bike' }, none, [sent], now)).toEqual({
      kind: 'ours',
      why: 'it looks like what repost’s job 3 sent there',
    });
  });

  it('is ours by its caption where nobody ever learned the id', () => {
    const lost = sending({ state: 'closed', text: `${'x'.repeat(200)}` });
    expect(originOf(item({ caption: 'x'.repeat(150) }), none, [lost], now).kind).toBe('ours');
    expect(originOf(item({ caption: 'x'.repeat(149) }), none, [lost], now).kind).toBe('theirs');
    expect(originOf(item({ caption: '' }), none, [{ ...lost, text: '' }], now).kind).toBe('theirs');
  });
});
