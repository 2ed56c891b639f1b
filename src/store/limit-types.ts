import type { BreakerState } from '../core/breaker.ts';
import type { WaitReason } from '../core/failure.ts';
import type { JobState } from '../core/job.ts';
import type { Limit, LimitReading } from '../core/limit.ts';
import type { MediaFacts } from '../core/media.ts';
import type { PlatformId } from '../core/names.ts';
import type { Ledger } from '../core/quota-calendar.ts';

/** Circuit breakers by lane (destination account); a lane without a row is closed and sound. */
export interface BreakerStore {
  get(accountId: number): Promise<BreakerState | undefined>;
  /** All that are open or wait for their probe. */
  open(): Promise<(BreakerState & { accountId: number })[]>;
  save(accountId: number, state: BreakerState, now: number): Promise<void>;
  clear(accountId: number): Promise<void>;
}

/** A copy of a video on a public address. */
export interface HostedRow {
  id: number;
  jobId: number;
  /** Which host holds it, as it calls itself. */
  place: string;
  /** Its name there, sealed. */
  handle: string;
  createdAt: number;
}

export interface HostedStore {
  /** Before the copy is made: one that a crash leaves behind is known then. Gives its id. */
  add(row: Pick<HostedRow, 'jobId' | 'place' | 'handle'>, now: number): Promise<number>;
  get(id: number): Promise<HostedRow | undefined>;
  /** All, or those that nobody fetches any more: their job has ended, or they were made before this instant. */
  list(options?: { needlessBefore: number }): Promise<HostedRow[]>;
  /** After the copy was taken away. */
  remove(id: number): Promise<void>;
}

/** A count that survives restarts; for a histogram one row for each bucket, its counts not yet added up. */
export interface TallyRow {
  metric:
    | 'jobs'
    | 'created'
    | 'ended'
    | 'failures'
    | 'videos'
    | 'polls'
    | 'bytes'
    | 'attempt_seconds'
    | 'wait_seconds'
    | 'detection_seconds'
    | 'source_seconds'
    | 'delay_seconds';
  /** The destination's platform, or the source's kind. */
  platform: string;
  /** Outcome, `state:reason`, error code, or ''. */
  label: string;
  /** Upper bound of the bucket, in seconds (Infinity for the last one); 0 where it is no histogram. */
  le: number;
  n: number;
  /** What was measured, added up. */
  total: number;
}

export interface TallyStore {
  all(): Promise<TallyRow[]>;
  /** When the oldest job that waits for each of these reasons was made (epoch ms). */
  oldestWaiting(reasons: readonly WaitReason[]): Promise<Partial<Record<WaitReason, number>>>;
  databaseBytes(): Promise<number>;
}

export type AuditAction =
  | 'published'
  | 'approved'
  | 'edited'
  | 'retried'
  | 'cancelled'
  | 'resolved'
  | 'marked';

/** One line of the audit log; names as they were then. */
export interface AuditRow {
  id: number;
  at: number;
  action: AuditAction;
  /** Who did it: `repost` for the engine, `cli:anna`, `token:bot`. */
  actor: string;
  jobId: number;
  /** For posts: on whose word it went out, a person’s or the rule’s. */
  word: string | null;
  source: string;
  video: string;
  account: string;
  rule: string | null;
  user: string;
  post: string | null;
  url: string | null;
}

export interface AuditStore {
  /** Newest first; default 50. `since` is epoch ms; `before`: only lines below this id, the next page. */
  list(filter: {
    jobId?: number;
    user?: string;
    since?: number;
    limit?: number;
    before?: number;
  }): Promise<AuditRow[]>;
}

/** One job as other tools know it: names that hold on any machine. */
export interface LedgerRow {
  jobId: number;
  source: string;
  sourceKind: string;
  /** The video's remote id: text. */
  video: string;
  videoUrl: string;
  caption: string;
  videoAt: number;
  platform: PlatformId;
  accountRemoteId: string;
  handle: string;
  state: JobState;
  post: { id: string; url: string | null; publishedAt: number } | null;
  updatedAt: number;
}

/** A video that is on an account already, whoever put it there. */
export interface LedgerMark {
  sourceId: number;
  video: string;
  videoUrl: string;
  caption: string;
  videoAt: number;
  accountId: number;
  post: { id: string; url: string | null; publishedAt: number };
}

/** `known`: it was written down before. `running`: a run is under way, and was left alone. */
export type MarkFate = 'marked' | 'known' | 'running';

export interface LedgerStore {
  /** Jobs after this id, oldest first. */
  page(after: number, limit: number): Promise<LedgerRow[]>;
  /** What `mark` would do. */
  look(entries: readonly LedgerMark[]): Promise<MarkFate[]>;
  /** Writes down that these are published, in one transaction: their jobs never run (again). */
  mark(entries: readonly LedgerMark[], now: number): Promise<MarkFate[]>;
}

/** One bucket to spend from. */
export interface Spend {
  /** Whose bucket: `app:youtube`, `account:12`, `user:me`. */
  scopeKey: string;
  limit: Limit;
  amount: number;
}

/** Whether something may be spent; where not, the fullest bucket and when it frees (epoch ms). */
export type Allowance =
  /** `at`: the instant as which it counts, by the clock that all hosts share. */
  | { ok: true; at: number }
  | {
      ok: false;
      bucket: string;
      title: string;
      freeAt: number;
      /** The amount is more than the whole bucket: it will not fit at `freeAt` either, unless the maximum is raised. */
      never?: true;
    };

export interface LimitStore {
  /**
   * Spends from all the buckets, or from none: then says which is full and when it frees (epoch ms).
   * Counts what stands in the ledger within each window; honours `blockedUntil` and learned maxima.
   */
  take(spends: readonly Spend[], jobId: number | null, now: number): Promise<Allowance>;
  /**
   * What was spent at `at` counts as spent at `now`: the request took so long, and nobody knows when it arrived. Where it
   * is not there any more (another host took the job over), the arrival counts by itself.
   */
  postpone(spends: readonly Spend[], jobId: number | null, at: number, now: number): Promise<void>;
  /** What could be spent now, without spending. */
  peek(spends: readonly Spend[], now: number): Promise<Allowance>;
  /** Keeps what an answer said. */
  learn(scopeKey: string, reading: LimitReading, now: number): Promise<void>;
  /** The state of one bucket. */
  state(
    scopeKey: string,
    limit: Limit,
    now: number,
  ): Promise<{ used: number; max: number; resetsAt: number | null; blockedUntil: number | null }>;
  /** All that a forecast of one bucket needs: what counts now, and the spends that count for a while yet. */
  ledger(scopeKey: string, limit: Limit, now: number): Promise<Ledger>;
  /** A person's own maximum for a bucket; null takes it away. */
  setMax(scopeKey: string, bucket: string, max: number | null): Promise<void>;
  /** Forgets spends that no window needs any more (older than `before`). */
  prune(before: number): Promise<number>;
}

export interface MediaRow extends MediaFacts {
  sha256: string;
  /** Path within the cache folder. */
  path: string;
  mimeType: string;
  origin: string;
  lastUsedAt: number;
}

export interface MediaStore {
  save(media: MediaRow): Promise<void>;
  get(sha256: string): Promise<MediaRow | undefined>;
  touch(sha256: string, now: number): Promise<void>;
  /** Least recently used first. */
  list(): Promise<MediaRow[]>;
  /** True where a job that has not ended wants it. */
  inUse(sha256: string): Promise<boolean>;
  /** Bytes of the files that jobs of this user still want. */
  bytesFor(user: string): Promise<number>;
  remove(sha256: string): Promise<void>;
}
