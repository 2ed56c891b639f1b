import type { Rule } from '../core/rule.ts';
import { sayWallTime } from '../core/wall-clock.ts';
import { backfillOf, planBackfill, runBackfills } from '../engine/backfill.ts';
import type { SourceRow } from '../store/types.ts';
import type { Turn } from './command.ts';
import { zoneOfHome } from './rule-flags.ts';

/** Says what a rule's backfill will do, then makes its jobs; where the source was never looked at, the first poll does. */
export async function backfillAloud({ app, note }: Turn, rule: Rule, source: SourceRow): Promise<void> {
  const wish = backfillOf(rule);
  if (!wish) return;
  if (source.baselineAt === null) {
    note('The backfill begins after the first look at the source; repost plan --poll shows it.');
    return;
  }
  const { openEngine } = await import('./engine.ts');
  const { deps } = await openEngine(app);
  const jobs = await planBackfill(deps, rule, wish, app.clock.now());
  const times = jobs.map(({ job }) => job.runAt);
  const videos = new Set(jobs.map(({ video }) => video.id)).size;
  const zone = zoneOfHome(app.config);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  note(
    jobs.length === 0
      ? 'Backfill: none of the videos that are there is wanted by this rule.'
      : `Backfill: ${videos} video(s), ${jobs.length} post(s), from ${sayWallTime(zone, first)} to ${sayWallTime(zone, last)} (${zone}), spread over the limits; what is new goes before them.`,
  );
  await runBackfills(deps, source.id);
}
