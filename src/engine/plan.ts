import { decide } from '../core/decision.ts';
import { matchRule, type Rule } from '../core/rule.ts';
import type { SourceItem } from '../core/video.ts';
import type { JobView, SourceRow, VideoRow } from '../store/types.ts';
import { backfillOf, planBackfill } from './backfill.ts';
import { type Draft, type PlanDeps, type PlannedPost, pricePosts } from './plan-posts.ts';
import { situationOf } from './watcher.ts';

export interface PlanRequest {
  /** Only this rule. */
  rule?: Rule;
  /** How many recent videos of each source are explained. */
  last: number;
  /** What sources show that is not stored yet, by source id (a live look). */
  fresh?: ReadonlyMap<number, readonly SourceItem[]>;
}

/** A recent video that a rule does not post, and why. */
export interface PlanSkip {
  rule: string;
  video: VideoRow;
  why: string;
}

export interface Plan {
  at: number;
  /** In the order in which they go out. */
  posts: PlannedPost[];
  /** Newest video first. */
  skipped: PlanSkip[];
  /** Recent videos whose jobs have ended: what became of them. */
  ended: JobView[];
  catchUps: { source: string; rule: string; missed: number; taken: number }[];
}

/** Most jobs of the past that a plan looks at. */
const MOST_JOBS = 1_000;

/** What would be posted where, when and with which text, and why the rest would not. Writes and sends nothing. */
export async function makePlan(deps: PlanDeps, request: PlanRequest): Promise<Plan> {
  const { store, now } = deps;
  const all = await store.rules.list();
  const rules = request.rule ? all.filter(({ id }) => id === request.rule?.id) : all;
  const plan: Plan = { at: now, posts: [], skipped: [], ended: [], catchUps: [] };
  const drafts: Draft[] = [];
  for (const row of await store.sources.list()) {
    const own = rules.filter((rule) => rule.sourceId === row.id);
    if (own.length === 0) continue;
    await addFresh(deps, row, request.fresh?.get(row.id) ?? [], { plan, drafts, rules: own });
    await explain(deps, row, request.last, { plan, rules: own });
  }
  for (const rule of rules) {
    const wish = backfillOf(rule);
    for (const { video, account, job } of wish ? await planBackfill(deps, rule, wish, now) : [])
      drafts.push({ origin: 'backfill', rule, video, account, job });
  }
  await addWaiting(deps, request.rule, drafts, all);
  plan.posts = await pricePosts(deps, drafts);
  return plan;
}

/** What a live look found, decided as the watcher decides it. */
async function addFresh(
  deps: PlanDeps,
  row: SourceRow,
  fresh: readonly SourceItem[],
  into: { plan: Plan; drafts: Draft[]; rules: readonly Rule[] },
): Promise<void> {
  const { store, now, settings } = deps;
  if (fresh.length === 0) return;
  const { taken, catchUps } = decide(await situationOf(store, row, fresh, now, settings));
  const asked = new Set(into.rules.map(({ name }) => name));
  for (const catchUp of catchUps)
    if (asked.has(catchUp.rule)) into.plan.catchUps.push({ source: row.name, ...catchUp });
  for (const { item, jobs, skipped } of taken) {
    const video = unstored(item, row, now);
    for (const job of jobs) {
      const rule = into.rules.find(({ id }) => id === job.ruleId);
      const account = await store.accounts.get(job.accountId);
      if (rule && account) into.drafts.push({ origin: 'new', rule, video, account, job });
    }
    for (const { rule, why } of skipped) if (asked.has(rule)) into.plan.skipped.unshift({ rule, video, why });
  }
}

/** An item as it will be stored; its id is 0 because it has none yet. */
function unstored(item: SourceItem, row: SourceRow, now: number): VideoRow {
  return {
    ...item,
    id: 0,
    sourceId: row.id,
    source: row.name,
    seenAt: now,
    state: 'public',
    skipped: [],
    jobs: 0,
  };
}

/** Why recent videos that are stored are not to come: because they were posted, or because a rule did not take them. */
async function explain(
  { store }: PlanDeps,
  row: SourceRow,
  last: number,
  into: { plan: Plan; rules: readonly Rule[] },
): Promise<void> {
  const videos = await store.videos.list({ sourceId: row.id, limit: last });
  for (const rule of into.rules) {
    const jobs = await store.jobs.list({ ruleId: rule.id, limit: MOST_JOBS });
    const byVideo = new Map<number, JobView[]>();
    for (const job of jobs) byVideo.set(job.videoId, [...(byVideo.get(job.videoId) ?? []), job]);
    const backfilled = backfillOf(rule) !== undefined;
    for (const video of videos) {
      const own = byVideo.get(video.id) ?? [];
      into.plan.ended.push(...own.filter(({ state }) => state !== 'waiting' && state !== 'running'));
      const why = own.length > 0 ? undefined : whyNot(rule, video);
      if (why !== undefined && !(backfilled && matchRule({ ...rule, startsAt: 0 }, video).wanted))
        into.plan.skipped.push({ rule: rule.name, video, why });
    }
  }
}

/** What was decided when it was seen stands, whatever the rule says now. */
function whyNot(rule: Rule, video: VideoRow): string {
  if (video.state === 'gone') return 'its owner took it back';
  const told = video.skipped.find((entry) => entry.rule === rule.name)?.why;
  if (told !== undefined) return told;
  const match = matchRule(rule, video);
  return match.wanted ? 'it was seen before this rule could take it (see --backfill)' : match.why;
}

async function addWaiting(
  { store }: PlanDeps,
  rule: Rule | undefined,
  drafts: Draft[],
  rules: readonly Rule[],
): Promise<void> {
  const filter = {
    states: ['waiting', 'running'] as const,
    limit: MOST_JOBS,
    ...(rule ? { ruleId: rule.id } : {}),
  };
  for (let page = await store.jobs.list(filter); page.length > 0; ) {
    for (const job of page) {
      const video = await store.videos.get(job.videoId);
      if (video)
        drafts.push({
          origin: 'waiting',
          rule: rules.find(({ id }) => id === job.ruleId),
          video,
          account: job.account,
          job: { runAt: job.runAt, reason: job.reason ?? 'running', id: job.id, text: job.text },
        });
    }
    page =
      page.length < MOST_JOBS ? [] : await store.jobs.list({ ...filter, beforeId: page.at(-1)?.id ?? 0 });
  }
}
