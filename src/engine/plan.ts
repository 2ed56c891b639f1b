import { decide } from '../core/decision.ts';
import { asFailure } from '../core/failure.ts';
import { matchRule, type Rule } from '../core/rule.ts';
import type { SourceItem } from '../core/video.ts';
import type { JobView, SourceRow, VideoRow } from '../store/types.ts';
import { backfillOf, planBackfill } from './backfill.ts';
import { asStored } from './import.ts';
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
  /** Rules that can't be used, and why. */
  troubles: { rule: string; why: string }[];
}

/** Most jobs of the past that a plan looks at. */
const MOST_JOBS = 1_000;

/** What would be posted where, when and with which text, and why the rest would not. Writes and sends nothing. */
export async function makePlan(deps: PlanDeps, request: PlanRequest): Promise<Plan> {
  const { store, now } = deps;
  const all = await store.rules.list();
  const rules = request.rule ? all.filter(({ id }) => id === request.rule?.id) : all;
  const plan: Plan = { at: now, posts: [], skipped: [], ended: [], catchUps: [], troubles: [] };
  // What waits already comes first: among equals, the older job goes out first.
  const waiting: Draft[] = [];
  await addWaiting(deps, waiting, all);
  const drafts: Draft[] = [];
  for (const row of await store.sources.list()) {
    const own = rules.filter((rule) => rule.sourceId === row.id);
    if (own.length === 0) continue;
    await addFresh(deps, row, request.fresh?.get(row.id) ?? [], { plan, drafts, rules: own });
    await explain(deps, row, request.last, { plan, rules: own });
  }
  await addBackfills(deps, rules, plan, drafts);
  const posts = await pricePosts(deps, [...waiting.reverse(), ...drafts]);
  // The others were played through too: they share lanes and limits.
  plan.posts = request.rule ? posts.filter(({ rule }) => rule?.id === request.rule?.id) : posts;
  return plan;
}

/** What the rules' backfills make, after what a live look found. */
async function addBackfills(
  deps: PlanDeps,
  rules: readonly Rule[],
  plan: Plan,
  drafts: Draft[],
): Promise<void> {
  const videos = new Map(
    [...drafts, ...plan.skipped].filter(({ video }) => video.id < 0).map(({ video }) => [video.id, video]),
  );
  for (const rule of rules) {
    const wish = backfillOf(rule);
    if (!wish) continue;
    const jobs = drafts.map(({ video, account, job }) => ({
      videoId: video.id,
      accountId: account.id,
      runAt: job.runAt,
    }));
    const pending = { videos: [...videos.values()], jobs };
    const made = await planBackfill(deps, rule, wish, deps.now, pending).catch((error: unknown) => {
      const { code, message } = asFailure(error);
      if (code !== 'E_RULE') throw error;
      plan.troubles.push({ rule: rule.name, why: message });
      return [];
    });
    for (const { video, account, job, text } of made)
      drafts.push({ origin: 'backfill', rule, video, account, job, ...(text ? { text } : {}) });
    const taken = new Set(made.map(({ video }) => video.id));
    plan.skipped = plan.skipped.filter((entry) => entry.rule !== rule.name || !taken.has(entry.video.id));
  }
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
  const situation = await situationOf(store, row, fresh, now, settings);
  for (const { account, job } of into.drafts) situation.lanes.note(account.id, job.runAt);
  const { taken, catchUps } = decide(situation);
  let unstoredIds = -1_000_000 * row.id;
  const asked = new Set(into.rules.map(({ name }) => name));
  for (const catchUp of catchUps)
    if (asked.has(catchUp.rule)) into.plan.catchUps.push({ source: row.name, ...catchUp });
  for (const { item, jobs, skipped } of taken) {
    unstoredIds -= 1;
    const video = asStored(item, row, now, unstoredIds);
    for (const job of jobs) {
      const rule = into.rules.find(({ id }) => id === job.ruleId);
      const account = await store.accounts.get(job.accountId);
      if (rule && account) into.drafts.push({ origin: 'new', rule, video, account, job });
    }
    for (const { rule, why } of skipped) if (asked.has(rule)) into.plan.skipped.unshift({ rule, video, why });
  }
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
    for (const video of videos) {
      const own = byVideo.get(video.id) ?? [];
      into.plan.ended.push(...own.filter(({ state }) => state !== 'waiting' && state !== 'running'));
      const why = own.length > 0 ? undefined : whyNot(rule, video);
      if (why !== undefined) into.plan.skipped.push({ rule: rule.name, video, why });
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

async function addWaiting({ store }: PlanDeps, drafts: Draft[], rules: readonly Rule[]): Promise<void> {
  const filter = { states: ['waiting', 'running'] as const, limit: MOST_JOBS };
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
