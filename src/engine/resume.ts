import { Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import { type Rule, specOf } from '../core/rule.ts';
import type { JobView, Store } from '../store/types.ts';

/** What a rule's end of pause does with the jobs that it held. */
export interface Resumption {
  /** Videos that appeared during the pause, and how many of them the rule's catch-up takes. */
  missed: number;
  taken: number;
  /** Jobs of the others: they are cancelled. */
  dropped: JobView[];
  /** All jobs that go on, also those that waited before the pause. */
  released: number;
}

/** Most held jobs that are looked at. */
const MOST_JOBS = 1_000;

/**
 * What resuming a rule would do: the same choice as after downtime decides about what appeared meanwhile. What
 * waited before the pause, or was made by a backfill, goes on. Writes nothing.
 */
export async function planResume(store: Store, rule: Rule): Promise<Resumption> {
  const jobs = await heldJobs(store, rule);
  const since = specOf(rule).pausedAt ?? rule.updatedAt;
  const meanwhile = jobs.filter(({ createdAt, video }) => createdAt >= since && video.seenAt >= since);
  const newestFirst = [...new Map(meanwhile.map(({ video }) => [video.id, video])).values()].sort(
    (a, b) => b.publishedAt - a.publishedAt || b.id - a.id,
  );
  const { catchUp } = rule;
  const count = catchUp.kind === 'all' ? newestFirst.length : catchUp.kind === 'newest' ? catchUp.count : 0;
  const left = new Set(newestFirst.slice(count).map(({ id }) => id));
  const dropped = meanwhile.filter(({ videoId }) => left.has(videoId));
  return {
    missed: newestFirst.length,
    taken: newestFirst.length - left.size,
    dropped,
    released: jobs.length - dropped.length,
  };
}

/** Lets a rule go on, as `planResume` said. */
export async function resumeRule(
  store: Store,
  rule: Rule,
  { dropped }: Resumption,
  now: number,
): Promise<Rule> {
  const said = rule.catchUp.kind === 'newest' ? `newest:${rule.catchUp.count}` : rule.catchUp.kind;
  const failure = new Failure('E_NOT_WANTED', {
    message: `It appeared while the rule was paused, and the rule’s catch-up is ${said}.`,
  });
  for (const { id } of dropped) await store.jobs.cancel(id, errorOf(failure), now);
  const { pausedAt: _, ...spec } = specOf(rule);
  const changed = await store.rules.replace({ ...rule, paused: false, spec: { ...spec } }, now);
  await store.jobs.holdRule(rule.id, false, now);
  return changed;
}

/** Holds a rule: what waits, and what will come. */
export async function pauseRule(
  store: Store,
  rule: Rule,
  now: number,
): Promise<{ rule: Rule; held: number }> {
  const changed = await store.rules.replace(
    { ...rule, paused: true, spec: { ...rule.spec, pausedAt: now } },
    now,
  );
  return { rule: changed, held: await store.jobs.holdRule(rule.id, true, now) };
}

async function heldJobs(store: Store, rule: Rule): Promise<JobView[]> {
  const jobs: JobView[] = [];
  const filter = { ruleId: rule.id, states: ['waiting'], reasons: ['paused'], limit: MOST_JOBS } as const;
  for (let page = await store.jobs.list(filter); page.length > 0; ) {
    jobs.push(...page);
    const last = page.at(-1)?.id ?? 0;
    page = page.length < MOST_JOBS ? [] : await store.jobs.list({ ...filter, beforeId: last });
  }
  return jobs;
}
