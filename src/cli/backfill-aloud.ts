import type { Rule } from '../core/rule.ts';
import { sayWallTime } from '../core/wall-clock.ts';
import { backfillOf, planBackfill, runBackfills, sumOf } from '../engine/backfill.ts';
import type { BackfillSum } from '../engine/deps.ts';
import type { SourceRow } from '../store/types.ts';
import type { Turn } from './command.ts';
import { counted } from './counted.ts';
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
  note(backfillText(sumOf(await planBackfill(deps, rule, wish, app.clock.now())), zoneOfHome(app.config)));
  await runBackfills(deps, source.id);
}

/** A backfill that is about to happen, in words. */
export function backfillText({ videos, posts, firstAt, lastAt }: BackfillSum, zone: string): string {
  if (firstAt === null || lastAt === null)
    return 'Backfill: none of the videos that are there is wanted by this rule.';
  const [first, last] = [sayWallTime(zone, firstAt), sayWallTime(zone, lastAt)];
  return `Backfill: ${counted(videos, 'video')}, ${counted(posts, 'post')}, from ${first} to ${last} (${zone}), spread over the limits; what is new goes before them.`;
}
