import { MINUTE } from '../core/clock.ts';
import { asFailure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import { type Match, matchRule, type Rule } from '../core/rule.ts';
import type { SourceItem } from '../core/video.ts';
import type { NewJob, SourceRow, Taken } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { sourceContext } from './still-public.ts';

/** Past this many intervals without a good poll, what is new counts as missed: the rule's catch-up decides. */
const MISSED_INTERVALS = 3;
const MISSED_LEAST_MS = 10 * MINUTE;
/** A failing source is asked ever less often, but at least this often. */
const SLOWEST_POLL_MS = 30 * MINUTE;

/** Polls one source: stores what is new and makes its jobs, video by video in one transaction. */
export async function pollSource(deps: EngineDeps, row: SourceRow, signal?: AbortSignal): Promise<void> {
  const { store, clock } = deps;
  const source = deps.registry.source(row.kind);
  if (!source) return;
  const startedAt = clock.now();
  try {
    const known = await store.videos.known(row.id, []);
    const items = await source.poll(await sourceContext(deps, row, known, signal));
    const fresh = items.filter((item) => !known.has(item.remoteId));
    const taken = await decide(deps, row, fresh);
    const stored = await store.videos.take(row.id, taken, clock.now());
    await store.sources.polled(row.id, startedAt, startedAt + deps.settings.pollIntervalMs, null);
    deps.emit({ kind: 'poll', source: row, found: items.length, fresh: stored.videos.length });
    for (const video of stored.videos) {
      const entry = taken.find((one) => one.item.remoteId === video.remoteId);
      deps.emit({
        kind: 'video',
        source: row,
        videoId: video.id,
        remoteId: video.remoteId,
        jobs: entry?.jobs.length ?? 0,
        skipped: entry?.skipped ?? [],
      });
    }
  } catch (error) {
    const failure = asFailure(error);
    const wait = Math.min(SLOWEST_POLL_MS, deps.settings.pollIntervalMs * 2 ** Math.min(row.failures, 10));
    const nextAt = Math.max(startedAt + wait, failure.notBefore ?? 0);
    await store.sources.polled(row.id, startedAt, nextAt, errorOf(failure));
    deps.emit({ kind: 'poll-failed', source: row, message: failure.message });
  }
}

/** For each new item: which jobs it makes, and for every other rule why not. */
async function decide(deps: EngineDeps, row: SourceRow, fresh: readonly SourceItem[]): Promise<Taken[]> {
  const { store, clock } = deps;
  const now = clock.now();
  const rules = (await store.rules.list()).filter((rule) => rule.sourceId === row.id);
  const taken = fresh.map((item) => ({
    item,
    jobs: [] as NewJob[],
    skipped: [] as { rule: string; why: string }[],
  }));
  for (const rule of rules) {
    const missed = wasAway(row, now, deps.settings.pollIntervalMs) ? missedBy(rule, fresh) : undefined;
    if (missed && missed.all > 0) {
      deps.emit({
        kind: 'catch-up',
        source: row,
        rule: rule.name,
        missed: missed.all,
        taken: missed.kept.size,
      });
    }
    for (const entry of taken) {
      const match =
        missed && !missed.kept.has(entry.item.remoteId)
          ? missed.verdict(entry.item)
          : wants(rule, entry.item, row, now);
      if (!match.wanted) entry.skipped.push({ rule: rule.name, why: match.why });
      else entry.jobs.push(...jobsFor(rule, entry, deps, now));
    }
  }
  return taken;
}

function wants(rule: Rule, item: SourceItem, row: SourceRow, now: number): Match {
  if (row.baselineAt === null && item.publishedAt < rule.startsAt) {
    return { wanted: false, why: 'it was there before the rule (see --backfill)' };
  }
  return matchRule(rule, { ...item, seenAt: now });
}

/** One job a destination; a second rule for the same destination finds the place taken and says so. */
function jobsFor(
  rule: Rule,
  entry: { jobs: NewJob[]; skipped: { rule: string; why: string }[] },
  deps: EngineDeps,
  now: number,
): NewJob[] {
  return rule.destinations
    .filter(({ accountId }) => !entry.jobs.some((job) => job.accountId === accountId))
    .map(({ accountId }) => newJob(rule, accountId, deps.settings.retry.attempts, now));
}

/** A fresh job of a rule for one destination account. */
export function newJob(rule: Rule, accountId: number, maxAttempts: number, now: number): NewJob {
  const reason = rule.paused ? 'paused' : rule.approve ? 'approval' : rule.delayMs > 0 ? 'delay' : 'ready';
  return {
    accountId,
    ruleId: rule.id,
    user: rule.user,
    state: 'waiting',
    reason,
    runAt: now + rule.delayMs,
    maxAttempts,
  };
}

function wasAway(row: SourceRow, now: number, intervalMs: number): boolean {
  if (row.lastGoodPollAt === null) return false;
  return now - row.lastGoodPollAt > Math.max(MISSED_LEAST_MS, MISSED_INTERVALS * intervalMs);
}

/** Which of the items that appeared while nothing ran the rule's catch-up keeps. */
function missedBy(rule: Rule, fresh: readonly SourceItem[]) {
  const newestFirst = [...fresh].sort((a, b) => b.publishedAt - a.publishedAt);
  const policy = rule.catchUp;
  const kept =
    policy.kind === 'all' ? newestFirst : policy.kind === 'newest' ? newestFirst.slice(0, policy.count) : [];
  const said = policy.kind === 'newest' ? `newest:${policy.count}` : policy.kind;
  return {
    all: fresh.length,
    kept: new Set(kept.map((item) => item.remoteId)),
    verdict: (_item: SourceItem): Match => ({
      wanted: false,
      why: `it appeared while repost was not running, and the rule’s catch-up is ${said}`,
    }),
  };
}
