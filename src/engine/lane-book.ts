import { DAY } from '../core/clock.ts';
import { timingOf } from '../core/decision.ts';
import { LaneBook } from '../core/lane-book.ts';
import type { Rule } from '../core/rule.ts';
import type { Timetable } from '../core/timing.ts';
import type { Store } from '../store/types.ts';

/** What was published longer ago stands in no gap, slot or day that is still open. */
const LOOK_BACK_MS = 2 * DAY;

/** What goes out on the lanes of these rules already; read only for lanes on which a timetable must know it. */
export async function openLaneBook(store: Store, rules: readonly Rule[], now: number): Promise<LaneBook> {
  const timed = rules.flatMap((rule) =>
    rule.destinations
      .map((destination) => ({ lane: destination.accountId, timetable: timetableOf(rule, destination) }))
      .filter(({ timetable }) => timetable !== undefined),
  );
  const taken = new Map<number, readonly number[]>();
  for (const { lane, timetable } of timed) {
    if (taken.has(lane)) continue;
    const gapMs = Math.max(...timed.map((one) => one.timetable?.gapMs ?? 0), timetable?.gapMs ?? 0);
    taken.set(lane, await store.jobs.taken(lane, now - LOOK_BACK_MS - gapMs));
  }
  return new LaneBook(taken);
}

/** Undefined also for a timing that can't be used: the decision says so. */
function timetableOf(rule: Rule, destination: Rule['destinations'][number]): Timetable | undefined {
  try {
    return timingOf(rule, destination).timetable;
  } catch {
    return undefined;
  }
}
