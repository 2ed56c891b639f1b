import { matchRule, type Rule } from '../core/rule.ts';
import type { VideoRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { newJob } from './watcher.ts';

/** What a rule was asked to take of the videos that were there before it. */
export interface Backfill {
  count?: number;
  /** Epoch ms. */
  since?: number;
}

/** Most stored videos that one backfill looks at. */
const MOST_VIDEOS = 5_000;

export function backfillOf(rule: Rule): Backfill | undefined {
  const wish = rule.spec['backfill'] as Backfill | undefined;
  return wish && rule.spec['backfilledAt'] === undefined ? wish : undefined;
}

/** The stored videos that a backfill takes, oldest first, so that they come out in their order. */
export function pickBackfill(rule: Rule, wish: Backfill, videos: readonly VideoRow[]): VideoRow[] {
  const wanted = videos
    .filter((video) => video.state === 'public')
    .filter((video) => matchRule({ ...rule, startsAt: wish.since ?? 0 }, video).wanted)
    .sort((a, b) => b.publishedAt - a.publishedAt);
  return wanted.slice(0, wish.count ?? wanted.length).reverse();
}

/** Makes the jobs of all rules of a source that still owe a backfill; each is done once. */
export async function runBackfills(deps: EngineDeps, sourceId: number): Promise<void> {
  const { store, clock } = deps;
  for (const rule of await store.rules.list()) {
    const wish = rule.sourceId === sourceId ? backfillOf(rule) : undefined;
    if (!wish) continue;
    const videos = await store.videos.list({ sourceId, limit: MOST_VIDEOS });
    for (const video of pickBackfill(rule, wish, videos)) {
      const jobs = rule.destinations.map(({ accountId }) =>
        newJob(rule, accountId, deps.settings.retry.attempts, clock.now()),
      );
      await store.videos.addJobs(video.id, jobs, clock.now());
    }
    await store.rules.replace({ ...rule, spec: { ...rule.spec, backfilledAt: clock.now() } }, clock.now());
  }
}
