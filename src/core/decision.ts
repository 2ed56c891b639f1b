import { MINUTE } from './clock.ts';
import { asFailure } from './failure.ts';
import type { LaneBook } from './lane-book.ts';
import { type Match, matchRule, type Rule, type RuleDestination, specOf, zoneOf } from './rule.ts';
import { delayOf, type Timetable, type Timing, timetableOf } from './timing.ts';
import type { SourceItem } from './video.ts';

/** A job as it is made: what goes where, and when at the earliest. */
export interface PlannedJob {
  accountId: number;
  ruleId: number;
  user: string;
  state: 'waiting';
  reason: 'ready' | 'delay' | 'window' | 'quota' | 'approval' | 'paused';
  runAt: number;
  maxAttempts: number;
}

/** What was decided about one item: its jobs, and for each other rule why not. */
export interface Decided {
  item: SourceItem;
  jobs: PlannedJob[];
  skipped: { rule: string; why: string }[];
}

/** All that a decision depends on. */
export interface Situation {
  now: number;
  /** Rules of the source, in the order of their making: the first one gets a place that several want. */
  rules: readonly Rule[];
  /** What the source shows that is not stored yet. */
  fresh: readonly SourceItem[];
  /** Of these, what repost itself posted there, by remote id, with the words for it. */
  ours?: ReadonlyMap<string, string>;
  /** Null before the first good poll: that one only takes note of what is there. */
  baselineAt: number | null;
  lastGoodPollAt: number | null;
  pollIntervalMs: number;
  maxAttempts: number;
  /** What goes out on the lanes already. */
  lanes: LaneBook;
}

export interface Decision {
  /** Oldest first, so that videos come out in the order in which they were published. */
  taken: Decided[];
  /** For each rule: what appeared while nothing ran, and how much of it the rule's catch-up takes. */
  catchUps: { rule: string; missed: number; taken: number }[];
}

/** Past this many intervals without a good poll, what is new counts as missed: the rule's catch-up decides. */
const MISSED_INTERVALS = 3;
const MISSED_LEAST_MS = 10 * MINUTE;

/**
 * What becomes of the items that a source shows for the first time. The watcher acts by it and `plan` shows it, so
 * that they can't disagree. Pure but for `lanes`, in which it writes down the places it gives away.
 */
export function decide(situation: Situation): Decision {
  const { fresh, rules } = situation;
  const taken = [...fresh]
    .sort((a, b) => a.publishedAt - b.publishedAt)
    .map((item): Decided => ({ item, jobs: [], skipped: [] }));
  const away = wasAway(situation) && fresh.length > 0;
  const catchUps: Decision['catchUps'] = [];
  const choices = rules.map((rule) => {
    const matches = new Map(fresh.map((item) => [item.remoteId, safely(() => wants(rule, item, situation))]));
    if (!away) return { rule, matches };
    const kept = keepNewest(rule, fresh, matches);
    catchUps.push({ rule: rule.name, missed: fresh.length, taken: kept });
    return { rule, matches };
  });
  for (const entry of taken) {
    for (const { rule, matches } of choices) {
      const match = matches.get(entry.item.remoteId) ?? { wanted: true };
      const given = match.wanted ? safely(() => giveJobs(entry, rule, situation)) : match;
      if (!given.wanted) entry.skipped.push({ rule: rule.name, why: given.why });
    }
  }
  return { taken, catchUps };
}

/** A rule that can't be used (stored by hand, or by another version) must not hold up the others. */
function safely(work: () => Match): Match {
  try {
    return work();
  } catch (error) {
    return { wanted: false, why: `the rule can’t be used: ${asFailure(error).message}` };
  }
}

function wants(rule: Rule, item: SourceItem, { baselineAt, now, ours }: Situation): Match {
  const own = ours?.get(item.remoteId);
  if (own !== undefined) return { wanted: false, why: own };
  if (baselineAt === null && item.publishedAt < rule.startsAt) {
    return { wanted: false, why: 'it was there before the rule (see --backfill)' };
  }
  return matchRule(rule, { ...item, seenAt: now });
}

/** One job a destination; a second rule for the same one finds the place taken. */
function giveJobs(entry: Decided, rule: Rule, { rules, now, maxAttempts, lanes }: Situation): Match {
  const jobs: PlannedJob[] = [];
  let winner: string | undefined;
  for (const destination of rule.destinations) {
    const first = [...entry.jobs, ...jobs].find((job) => job.accountId === destination.accountId);
    if (!first) jobs.push(planJob(rule, destination, { seenAt: now, maxAttempts, lanes }));
    else if (first.ruleId !== rule.id) winner = rules.find(({ id }) => id === first.ruleId)?.name;
  }
  entry.jobs.push(...jobs);
  if (winner === undefined) return { wanted: true };
  return { wanted: false, why: `the rule “${winner}” posts it to the same account already` };
}

/** One job of a rule, at the first place that its timing finds on the destination's lane. */
export function planJob(
  rule: Rule,
  destination: RuleDestination,
  {
    seenAt,
    maxAttempts,
    lanes,
    earliest,
  }: { seenAt: number; maxAttempts: number; lanes: LaneBook; earliest?: number },
): PlannedJob {
  const { accountId } = destination;
  const { delayMs, timetable } = timingOf(rule, destination);
  const delayed = seenAt + delayMs;
  const after = Math.max(delayed, earliest ?? 0);
  const runAt = timetable ? lanes.place(accountId, timetable, after) : after;
  if (!timetable) lanes.note(accountId, runAt);
  const reason = runAt > after ? 'window' : after > delayed ? 'quota' : delayed > seenAt ? 'delay' : 'ready';
  return {
    accountId,
    ruleId: rule.id,
    user: rule.user,
    state: 'waiting',
    reason: rule.paused ? 'paused' : rule.approve ? 'approval' : reason,
    runAt,
    maxAttempts,
  };
}

/**
 * A destination's timing: its own parts in place of the rule's; slots and windows are one part, when it is time.
 * Throws E_RULE.
 */
export function timingOf(
  rule: Pick<Rule, 'delayMs' | 'spec'>,
  destination: Pick<RuleDestination, 'timing'> | undefined,
): { delayMs: number; timetable: Timetable | undefined } {
  const own: Timing = destination?.timing ?? {};
  const { slots, windows, ...general } = specOf(rule).timing ?? {};
  const times =
    own.slots || own.windows ? {} : { ...(slots ? { slots } : {}), ...(windows ? { windows } : {}) };
  const timing: Timing = { ...general, ...times, ...own };
  return {
    delayMs: own.delay === undefined ? rule.delayMs : delayOf(own),
    timetable: timetableOf(timing, zoneOf(rule)),
  };
}

/** True where so long nobody looked that what is new was missed. */
export function wasAway(situation: Pick<Situation, 'now' | 'lastGoodPollAt' | 'pollIntervalMs'>): boolean {
  const { now, lastGoodPollAt, pollIntervalMs } = situation;
  if (lastGoodPollAt === null) return false;
  return now - lastGoodPollAt > Math.max(MISSED_LEAST_MS, MISSED_INTERVALS * pollIntervalMs);
}

/** Leaves only what the rule's catch-up takes of the items that appeared while nothing ran. Gives how many. */
function keepNewest({ catchUp }: Rule, fresh: readonly SourceItem[], matches: Map<string, Match>): number {
  const wanted = fresh.filter(({ remoteId }) => matches.get(remoteId)?.wanted);
  const count = catchUp.kind === 'all' ? wanted.length : catchUp.kind === 'newest' ? catchUp.count : 0;
  const said = catchUp.kind === 'newest' ? `newest:${catchUp.count}` : catchUp.kind;
  const why = `it appeared while repost was not running, and the rule’s catch-up is ${said}`;
  const newestFirst = wanted.sort((a, b) => b.publishedAt - a.publishedAt);
  for (const { remoteId } of newestFirst.slice(count)) matches.set(remoteId, { wanted: false, why });
  return Math.min(count, wanted.length);
}
