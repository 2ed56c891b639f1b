import { type Clock, DAY } from '../core/clock.ts';
import { importedItems, isSameText, joinByDate, type PastPost } from '../core/past-posts.ts';
import { matchContent, type Rule, specOf } from '../core/rule.ts';
import type { SourceItem } from '../core/video.ts';
import type { SourceRow, Store, VideoRow } from '../store/types.ts';
import { type BackfillDeps, type BackfillJob, type Pending, planBackfill } from './backfill.ts';

/** What an import would do. */
export interface ImportPlan {
  /** Posts of the file that are stored already. */
  known: number;
  /** Stored videos whose whole caption becomes known. */
  captions: { video: VideoRow; caption: string }[];
  /** Posts that become videos. */
  added: SourceItem[];
  /** Posts that are not taken, and why. */
  left: { post: PastPost; why: string }[];
}

/** Most stored videos that posts are compared with. */
const MOST_VIDEOS = 50_000;

/** What appeared this shortly before the last look may become public yet: polls decide about it. */
const POLLS_AFFAIR_MS = 2 * DAY;

/**
 * Joins the posts of an export with what is stored of their account, and says what becomes of the rest. What was not
 * public is never taken: it would be published by mistake. Writes nothing.
 */
export async function planImport(
  store: Store,
  row: SourceRow,
  posts: readonly PastPost[],
  unstored: readonly VideoRow[] = [],
): Promise<ImportPlan> {
  const stored = await store.videos.list({ sourceId: row.id, limit: MOST_VIDEOS });
  const { pairs, unclear } = joinByDate(
    posts,
    [...unstored, ...stored],
    ({ postedAt, caption }) => ({ at: postedAt, caption }),
    ({ publishedAt, caption }) => ({ at: publishedAt, caption }),
  );
  const left: ImportPlan['left'] = [];
  const taken: PastPost[] = [];
  for (const post of posts) {
    if (pairs.has(post)) continue;
    const why = unclear.has(post) ? 'several videos were published in its second' : whyLeft(post, row);
    if (why === undefined) taken.push(post);
    else left.push({ post, why });
  }
  const captions = [...pairs]
    .filter(([{ caption }, video]) => caption.length > video.caption.length && fitsCaption(caption, video))
    .map(([{ caption }, video]) => ({ video, caption }));
  const added = [...importedItems(taken).values()];
  return { known: pairs.size, captions, added, left };
}

function fitsCaption(caption: string, video: VideoRow): boolean {
  return video.caption.trim() === '' || isSameText(caption, video.caption);
}

function whyLeft(post: PastPost, { lastGoodPollAt }: SourceRow): string | undefined {
  if (post.photo) return 'it is a photo post, not a video';
  if (post.visibility === 'other') return 'it was not public';
  if (post.postedAt > (lastGoodPollAt ?? 0) - POLLS_AFFAIR_MS)
    return 'it is so new that the next poll takes it, where it is public';
  if (post.visibility === undefined)
    return 'TikTok does not show it, and the file does not say whether it is public';
  return undefined;
}

/** What a rule's backfill makes of what an import brings. */
export interface RuleOutlook {
  rule: Rule;
  /** Undefined: the rule has no backfill, so that nothing of the past is posted. */
  jobs: BackfillJob[] | undefined;
}

/** What each rule of the source would do with its past after the import, one rule after the other. Writes nothing. */
export async function outlookOf(
  deps: BackfillDeps,
  row: SourceRow,
  plan: ImportPlan,
  clock: Clock,
  unstored: readonly VideoRow[] = [],
): Promise<RuleOutlook[]> {
  const now = clock.now();
  const changed = plan.captions.map(({ video, caption }) => ({ ...video, caption }));
  const longer = new Set(changed.map(({ id }) => id));
  const added = plan.added.map((item, index) => asStored(item, row, now, -1 - index));
  const pending: Pending & { jobs: { videoId: number; accountId: number; runAt: number }[] } = {
    videos: [...unstored.filter(({ id }) => !longer.has(id)), ...changed, ...added],
    jobs: [],
  };
  const outlook: RuleOutlook[] = [];
  for (const rule of await rulesOf(deps.store, row)) {
    const wish = specOf(rule).backfill;
    const jobs = wish && (await planBackfill(deps, rule, wish, now, pending));
    outlook.push({ rule, jobs });
    for (const { video, account, job } of jobs ?? [])
      pending.jobs.push({ videoId: video.id, accountId: account.id, runAt: job.runAt });
  }
  return outlook;
}

export async function rulesOf(store: Store, row: SourceRow): Promise<Rule[]> {
  return store.rules.list({ sourceId: row.id });
}

/** An item as it will be stored; its id is below 0 because it has none yet. */
export function asStored(item: SourceItem, row: SourceRow, now: number, id: number): VideoRow {
  return {
    ...item,
    id,
    sourceId: row.id,
    source: row.name,
    seenAt: now,
    state: 'public',
    skipped: [],
    jobs: 0,
    numbers: null,
  };
}

/**
 * Stores what an import brings. The rules that have a backfill owe it once more: it makes the jobs that are not there
 * yet. Doing it twice changes nothing.
 */
export async function runImport(store: Store, row: SourceRow, plan: ImportPlan, now: number): Promise<void> {
  for (const { video, caption } of plan.captions) await store.videos.setCaption(video.id, caption);
  const rules = await rulesOf(store, row);
  const taken = plan.added.map((item) => ({
    item,
    jobs: [],
    skipped: rules.flatMap((rule) => {
      const match = matchContent(rule, item);
      if (!match.wanted) return [{ rule: rule.name, why: match.why }];
      return specOf(rule).backfill ? [] : [{ rule: rule.name, why: 'it was imported (see --backfill)' }];
    }),
  }));
  await store.videos.take(row.id, taken, now);
  for (const rule of rules) {
    const { backfilledAt, ...spec } = specOf(rule);
    if (spec.backfill && backfilledAt !== undefined)
      await store.rules.replace({ ...rule, spec: { ...spec } }, now);
  }
}
