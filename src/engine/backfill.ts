import type { Account } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import { type PlannedJob, planJob } from '../core/decision.ts';
import { asFailure } from '../core/failure.ts';
import { matchRule, type Rule, specOf } from '../core/rule.ts';
import type { FittedText } from '../core/text.ts';
import type { Store, VideoRow } from '../store/types.ts';
import { previewText } from './compose.ts';
import type { BackfillSum, EngineDeps, Registry } from './deps.ts';
import { type Forecast, type Lane, openForecast } from './forecast.ts';
import { openLaneBook } from './lane-book.ts';
import { originsOf } from './own-posts.ts';

/** What a rule was asked to take of the videos that were there before it. */
export interface Backfill {
  count?: number;
  /** Epoch ms. */
  since?: number;
}

/** Most stored videos that one backfill looks at. */
const MOST_VIDEOS = 5_000;

/** One host makes a rule’s backfill; where it dies in it, the next one goes on after this. */
const TURN_MS = 10 * MINUTE;

/** Of each limit, a backfill leaves the rest to what is new. */
const SHARE = 0.8;

/** One job that a backfill makes or would make. */
export interface BackfillJob {
  video: VideoRow;
  rule: Rule;
  account: Account;
  job: PlannedJob;
  /** The limit that moved it, in words. */
  by: string | undefined;
  /** Undefined where the template can't be filled. */
  text: FittedText | undefined;
}

export function backfillOf(rule: Rule): Backfill | undefined {
  const { backfill, backfilledAt } = specOf(rule);
  return backfill && backfilledAt === undefined ? backfill : undefined;
}

/**
 * The videos that a backfill takes, oldest first, so that they come out in their order: those that were there before
 * the rule. What came later has been decided about when it came.
 */
export function pickBackfill(rule: Rule, wish: Backfill, videos: readonly VideoRow[]): VideoRow[] {
  const wanted = videos
    .filter((video) => video.state === 'public' && video.publishedAt < rule.startsAt)
    .filter((video) => matchRule({ ...rule, startsAt: wish.since ?? 0 }, video).wanted)
    .sort((a, b) => b.publishedAt - a.publishedAt);
  return wanted.slice(0, wish.count ?? wanted.length).reverse();
}

/** What a backfill is decided from, besides the store. */
export interface BackfillDeps {
  store: Store;
  registry: Pick<Registry, 'platform'>;
  settings: Pick<EngineDeps['settings'], 'retry'>;
}

/** What will be stored before the backfill runs, and is not yet, or not in this form: the rest of a plan. */
export interface Pending {
  videos: readonly VideoRow[];
  jobs: readonly { videoId: number; accountId: number; runAt: number }[];
}

/**
 * The jobs of a rule's backfill, spread over the calendar of its timing and of its destinations' limits. The engine
 * makes them and `plan` shows them. Writes nothing. A video and account that have a job already are left out.
 */
export async function planBackfill(
  deps: BackfillDeps,
  rule: Rule,
  wish: Backfill,
  now: number,
  pending: Pending = { videos: [], jobs: [] },
): Promise<BackfillJob[]> {
  const { store, settings } = deps;
  const stored = await store.videos.list({ sourceId: rule.sourceId, limit: MOST_VIDEOS });
  const own = pending.videos.filter(({ sourceId }) => sourceId === rule.sourceId);
  const changed = new Set(own.map(({ id }) => id));
  const all = [...own, ...stored.filter(({ id }) => !changed.has(id))];
  const source = await store.sources.get(rule.sourceId);
  const origin = await originsOf(store, source?.accountId ?? null, all, now);
  const theirs = all.filter((video) => origin(video).kind === 'theirs');
  const picked = pickBackfill(rule, wish, theirs);
  const lanes = await openLaneBook(store, [rule], now);
  for (const { accountId, runAt } of pending.jobs) lanes.note(accountId, runAt);
  const { targets, forecast } = await openTargets(deps, rule, now, pending);
  const planned: BackfillJob[] = [];
  for (const video of picked) {
    for (const destination of rule.destinations) {
      const target = targets.get(destination.accountId);
      if (!target || target.has.has(video.id)) continue;
      target.has.add(video.id);
      const { lane } = target;
      const text = previewText(lane.platform, lane.account, video, rule);
      // Never before the video that was published before it, though a cheaper post might find room sooner.
      const room = forecast.place(lane, text, target.lastAt, SHARE);
      const job = planJob(rule, destination, {
        seenAt: now,
        maxAttempts: settings.retry.attempts,
        lanes,
        earliest: room?.at ?? target.lastAt,
      });
      target.lastAt = job.runAt;
      planned.push({ video, rule, account: lane.account, job, by: room?.by, text });
    }
  }
  return planned;
}

/** Makes the jobs of all rules of a source that still owe a backfill; each is done once. */
export async function runBackfills(
  deps: BackfillDeps & Pick<EngineDeps, 'clock' | 'emit' | 'presence'>,
  sourceId: number,
): Promise<void> {
  const { store, clock } = deps;
  for (const rule of await store.rules.list({ sourceId })) {
    const wish = backfillOf(rule);
    if (!wish) continue;
    if (deps.presence && !(await deps.presence.leads(`backfill.${rule.id}`, TURN_MS))) continue;
    try {
      const planned = await planBackfill(deps, rule, wish, clock.now());
      deps.emit({ kind: 'backfill', rule: rule.name, ...sumOf(planned) });
      for (const { video, job } of planned) await store.videos.addJobs(video.id, [job], clock.now());
    } catch (error) {
      const failure = asFailure(error);
      // A rule that can't be used must not hold up the others; what fails for another reason is tried again.
      if (failure.code !== 'E_RULE') throw failure;
      deps.emit({ kind: 'trouble', message: `The backfill of “${rule.name}”: ${failure.message}` });
      continue;
    }
    await store.rules.replace({ ...rule, spec: { ...rule.spec, backfilledAt: clock.now() } }, clock.now());
    if (deps.presence) await store.hosts.yield(`backfill.${rule.id}`, deps.presence.holder);
  }
}

/** What a backfill makes, in figures. */
export function sumOf(planned: readonly BackfillJob[]): BackfillSum {
  const times = planned.map(({ job }) => job.runAt).sort((a, b) => a - b);
  return {
    videos: new Set(planned.map(({ video }) => video.id)).size,
    posts: planned.length,
    firstAt: times.at(0) ?? null,
    lastAt: times.at(-1) ?? null,
  };
}

interface Target {
  lane: Lane;
  /** Videos that have a job on this lane. */
  has: Set<number>;
  /** When the last of its jobs goes out. */
  lastAt: number;
}

/** A rule's lanes, and the room that what waits on them leaves. */
async function openTargets(
  { store, registry }: BackfillDeps,
  rule: Rule,
  now: number,
  pending: Pending,
): Promise<{ targets: Map<number, Target>; forecast: Forecast }> {
  const targets = new Map<number, Target>();
  for (const { accountId } of rule.destinations) {
    const account = await store.accounts.get(accountId);
    const platform = account && registry.platform(account.platform);
    if (!account || !platform) continue;
    const here = pending.jobs.filter((job) => job.accountId === accountId).map(({ videoId }) => videoId);
    const has = new Set([...(await store.jobs.videosOf(accountId)), ...here]);
    targets.set(accountId, { lane: { account, platform }, has, lastAt: now });
  }
  const lanes = [...targets.values()].map(({ lane }) => lane);
  const forecast = await openForecast(store, lanes, now);
  for (const [accountId, { lane }] of targets) {
    const here = pending.jobs.filter((job) => job.accountId === accountId).map(({ runAt }) => runAt);
    const waiting = [...(await store.jobs.taken(accountId, now + 1)), ...here].sort((a, b) => a - b);
    for (const at of waiting) forecast.place(lane, undefined, Math.max(now, at));
  }
  return { targets, forecast };
}
