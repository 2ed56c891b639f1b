import type { Account } from '../core/account.ts';
import type { MediaVerdict } from '../core/foresee.ts';
import type { LimitState } from '../core/limit.ts';
import type { Rule } from '../core/rule.ts';
import { zoneAt } from '../core/rule.ts';
import type { FittedText } from '../core/text.ts';
import { sayWallTime } from '../core/wall-clock.ts';
import { type WarningKey, warningTexts } from '../core/warnings.ts';
import type { JobView, VideoRow } from '../store/types.ts';
import { iso, jobView, limitView, schemaVersion } from './views.ts';

/** A plan as the engine makes it; the part of it that is shown. */
interface ShownPlan {
  at: number;
  posts: readonly ShownPost[];
  skipped: readonly { rule: string; video: VideoRow; why: string }[];
  ended: readonly JobView[];
  catchUps: readonly { source: string; rule: string; missed: number; taken: number }[];
  troubles: readonly { rule: string; why: string }[];
}

interface ShownPost {
  origin: string;
  rule: Rule | undefined;
  video: VideoRow;
  account: Account;
  jobId: number | undefined;
  reason: string;
  runAt: number;
  expectedAt: number | null;
  heldBy: string | undefined;
  text: FittedText | undefined;
  stopped: string | undefined;
  media: MediaVerdict;
  millicents: number;
  warnings: readonly WarningKey[];
}

/** What `plan --json` prints. Money in US dollars, times in UTC; local ones beside them with their zone. */
export function planView(plan: ShownPlan, limits: readonly LimitState[], silenced: ReadonlySet<string>) {
  const warnings = [...new Set(plan.posts.flatMap((post) => post.warnings))].filter(
    (key) => !silenced.has(key),
  );
  return {
    schemaVersion,
    at: iso(plan.at),
    posts: plan.posts.map(postView),
    skipped: plan.skipped.map(({ rule, video, why }) => ({ rule, video: videoRef(video), why })),
    ended: plan.ended.map(jobView),
    catchUps: plan.catchUps,
    troubles: plan.troubles,
    limits: limits.map(limitView),
    usd: sumOf(plan.posts.filter(({ stopped }) => stopped === undefined)),
    warnings: warnings.map((key) => ({ key, text: warningTexts[key] })),
  };
}

function postView(post: ShownPost) {
  const timeZone = post.rule ? zoneAt(post.rule, post.account.id) : 'UTC';
  return {
    origin: post.origin,
    job: post.jobId ?? null,
    rule: post.rule?.name ?? null,
    video: videoRef(post.video),
    destination: { platform: post.account.platform, account: post.account.account },
    reason: post.reason,
    runAt: iso(post.runAt),
    expectedAt: iso(post.expectedAt),
    expectedLocal: post.expectedAt === null ? null : sayWallTime(timeZone, post.expectedAt),
    timeZone,
    heldBy: post.heldBy ?? null,
    stopped: post.stopped ?? null,
    text: post.text ?? null,
    media: post.media,
    usd: post.millicents / 100_000,
    warnings: post.warnings,
  };
}

function sumOf(posts: readonly ShownPost[]): number {
  return posts.reduce((sum, { millicents }) => sum + millicents, 0) / 100_000;
}

/** An item that is not stored yet has no id. */
function videoRef(video: VideoRow) {
  return {
    id: video.id < 0 ? null : video.id,
    remoteId: video.remoteId,
    source: video.source,
    url: video.url,
    caption: video.caption,
    publishedAt: iso(video.publishedAt),
  };
}
