import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/core/clock.ts';
import type { CatchUp, Rule } from '../../src/core/rule.ts';
import { pauseRule, planResume, resumeRule } from '../../src/engine/resume.ts';
import { openPlanWorld, type PlanWorld } from './plan-world.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

/** One video waits, the rule is paused, three more appear. */
async function pausedWith(catchUp: CatchUp): Promise<{ world: PlanWorld; rule: Rule }> {
  const world = await openPlanWorld(NOW);
  const { store, engine, clock, source, accounts } = world;
  await engine.poll('all');
  const made = await store.rules.add(
    {
      name: 'rule',
      user: 'me',
      sourceId: source.id,
      destinations: accounts.slice(0, 2).map(({ id }) => ({ accountId: id, options: {} })),
      media: [],
      delayMs: 30 * MINUTE,
      approve: false,
      catchUp,
      paused: false,
      startsAt: NOW,
      spec: {},
    },
    NOW,
  );
  const show = (n: number) =>
    world.items.push({
      remoteId: String(n),
      url: `https://www.tiktok.com/@creator/video/${n}`,
      caption: `video ${n}`,
      publishedAt: clock.now(),
      kind: 'video',
      durationSeconds: 10,
      facts: {},
    });
  clock.advance(MINUTE);
  show(1);
  await engine.poll('all');
  clock.advance(MINUTE);
  const { rule } = await pauseRule(store, made, clock.now());
  for (const n of [2, 3, 4]) {
    clock.advance(MINUTE);
    show(n);
    await engine.poll('all');
  }
  // Changing a paused rule does not make its pause shorter.
  clock.advance(MINUTE);
  return { world, rule: await store.rules.replace({ ...rule, delayMs: MINUTE }, clock.now()) };
}

describe('a rule that was paused', () => {
  it.each([
    [{ kind: 'all' }, 3, ['1', '2', '3', '4']],
    [{ kind: 'newest', count: 2 }, 2, ['1', '3', '4']],
    [{ kind: 'none' }, 0, ['1']],
  ] as const)('goes on as its catch-up says: %j', async (catchUp, taken, goOn) => {
    const { world, rule } = await pausedWith(catchUp);
    const { store, clock } = world;
    const plan = await planResume(store, rule);
    expect([plan.missed, plan.taken, plan.dropped.length, plan.released]).toEqual([
      3,
      taken,
      2 * (3 - taken),
      2 * goOn.length,
    ]);
    // To look is not to act.
    expect((await store.jobs.counts()).waiting).toBe(8);

    const resumed = await resumeRule(store, rule, plan, clock.now());
    expect([resumed.paused, resumed.spec['pausedAt']]).toEqual([false, undefined]);
    const jobs = await store.jobs.list({ limit: 100 });
    const waiting = jobs.filter(({ state }) => state === 'waiting');
    expect(new Set(waiting.map(({ video }) => video.remoteId))).toEqual(new Set(goOn));
    expect(waiting.every(({ reason }) => reason !== 'paused')).toBe(true);
    for (const job of jobs.filter(({ state }) => state === 'cancelled'))
      expect(job.error?.message).toMatch(/while the rule was paused.*catch-up is (newest:2|none)/);
    await store.close();
  });
});
