import type { Account } from '../core/account.ts';
import type { JobError } from '../core/job.ts';
import type { LimitState } from '../core/limit.ts';
import type { KnownNumbers } from '../core/numbers.ts';
import type { Rule } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { AttemptRow, CredentialRow, JobView, SourceRow, UserRow, VideoRow } from '../store/types.ts';
import type { Holdings } from './users.ts';

/** Version of all JSON objects; fields are only ever added. */
export const schemaVersion = 1;

/** Epoch ms → ISO 8601 UTC; null stays null. */
export function iso(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString();
}

/** How far a host's clock is ahead of the database's. */
export function skewText(ms: number): string {
  return `${ms >= 0 ? '+' : ''}${(ms / 1000).toFixed(1)} s`;
}

export function accountView(account: Account) {
  return {
    schemaVersion,
    id: account.id,
    account: account.account,
    platform: account.platform,
    handle: account.handle,
    name: account.name,
    remoteId: account.remoteId,
    user: account.user,
    status: account.status,
    scopes: account.scopes,
    paused: account.paused,
    expiresAt: iso(account.expiresAt),
    breaksAt: iso(account.breaksAt),
    settings: account.settings,
    createdAt: iso(account.createdAt),
    updatedAt: iso(account.updatedAt),
  };
}

function errorView(error: JobError | null) {
  return (
    error && {
      code: error.code,
      class: error.class,
      message: error.message,
      hint: error.hint,
      command: error.command ?? null,
    }
  );
}

function videoRef(video: Video & { source: string }) {
  return {
    id: video.id,
    remoteId: video.remoteId,
    source: video.source,
    url: video.url,
    caption: video.caption,
    publishedAt: iso(video.publishedAt),
  };
}

export function jobView(job: JobView) {
  return {
    schemaVersion,
    id: job.id,
    state: job.state,
    reason: job.reason,
    user: job.user,
    rule: job.rule,
    video: videoRef(job.video),
    destination: { platform: job.account.platform, account: job.account.account },
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    runAt: job.state === 'waiting' ? iso(job.runAt) : null,
    giveUpAt: iso(job.giveUpAt),
    error: errorView(job.error),
    post: job.post && postView(job),
    createdAt: iso(job.createdAt),
    updatedAt: iso(job.updatedAt),
  };
}

/** Views and likes as last read; null where nothing was read, and each by itself where its platform does not tell. */
function numbersView(known: KnownNumbers | null | undefined) {
  if (!known) return null;
  const { views = null, likes = null, comments = null, shares = null, gone, readAt } = known;
  return { views, likes, comments, shares, gone, readAt: iso(readAt) };
}

/** The post of a published job. */
export function postView(job: JobView) {
  const { post } = job;
  if (!post) return null;
  return {
    schemaVersion,
    id: post.id,
    url: post.url,
    platform: job.account.platform,
    account: job.account.account,
    video: videoRef(job.video),
    job: job.id,
    publishedAt: iso(post.publishedAt),
    lagSeconds: Math.round(post.lagMs / 100) / 10,
    warnings: post.warnings,
    numbers: numbersView(post.numbers),
  };
}

export function attemptView(attempt: AttemptRow, raw: boolean) {
  return {
    id: attempt.id,
    startedAt: iso(attempt.startedAt),
    endedAt: iso(attempt.endedAt),
    outcome: attempt.outcome,
    error: errorView(attempt.error),
    ...(raw ? { exchange: exchangeView(attempt.exchange) } : {}),
  };
}

const exchangeView = (exchange: AttemptRow['exchange']) =>
  exchange && { ...exchange, startedAt: iso(exchange.startedAt), endedAt: iso(exchange.endedAt) };

export function videoView(video: VideoRow) {
  return {
    schemaVersion,
    ...videoRef(video),
    kind: video.kind,
    state: video.state,
    durationSeconds: video.durationSeconds ?? null,
    width: video.width ?? null,
    height: video.height ?? null,
    aiGenerated: video.aiGenerated ?? null,
    seenAt: iso(video.seenAt),
    jobs: video.jobs,
    numbers: numbersView(video.numbers),
    skipped: video.skipped,
  };
}

export function sourceView(source: SourceRow) {
  return {
    schemaVersion,
    id: source.id,
    source: source.name,
    kind: source.kind,
    user: source.user,
    paused: source.paused,
    lastPollAt: iso(source.lastPollAt),
    lastGoodPollAt: iso(source.lastGoodPollAt),
    nextPollAt: iso(source.nextPollAt),
    failures: source.failures,
    error: errorView(source.error),
  };
}

/** A rule with names in place of ids. */
export function ruleView(rule: Rule, sources: readonly SourceRow[], accounts: readonly Account[]) {
  return {
    schemaVersion,
    id: rule.id,
    name: rule.name,
    user: rule.user,
    from: sources.find((source) => source.id === rule.sourceId)?.name ?? null,
    to: rule.destinations.map((destination) => ({
      account: accounts.find((account) => account.id === destination.accountId)?.account ?? null,
      caption: destination.caption ?? null,
      title: destination.title ?? null,
      options: destination.options,
      timing: destination.timing ?? null,
    })),
    media: rule.media.map((spec) => (spec.kind === 'yt-dlp' ? 'yt-dlp' : `${spec.kind}:${spec.path}`)),
    caption: rule.caption ?? null,
    title: rule.title ?? null,
    delaySeconds: rule.delayMs / 1000,
    approve: rule.approve,
    catchUp: rule.catchUp.kind === 'newest' ? `newest:${rule.catchUp.count}` : rule.catchUp.kind,
    filter: rule.spec['filter'] ?? null,
    timing: rule.spec['timing'] ?? null,
    fit: rule.spec['fit'] ?? 'remux',
    tooLong: rule.spec['tooLong'] ?? 'skip',
    watermark: rule.spec['watermark'] ?? 'refuse',
    paused: rule.paused,
    startsAt: iso(rule.startsAt),
    createdAt: iso(rule.createdAt),
    updatedAt: iso(rule.updatedAt),
  };
}

export function limitView(limit: LimitState) {
  return { schemaVersion, ...limit, resetsAt: iso(limit.resetsAt), blockedUntil: iso(limit.blockedUntil) };
}

export function userView(user: UserRow, has: Holdings) {
  return {
    schemaVersion,
    name: user.name,
    role: user.role,
    limits: user.limits,
    has,
    createdAt: user.createdAt === 0 ? null : iso(user.createdAt),
  };
}

/** What may be told of a token: everything but itself. */
export function tokenView(row: CredentialRow) {
  return {
    schemaVersion,
    id: row.id,
    name: row.name,
    user: row.user,
    role: row.role,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    lastUsedAt: iso(row.lastUsedAt),
  };
}
