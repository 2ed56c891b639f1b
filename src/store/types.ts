import type { Account, App } from '../core/account.ts';
import type { BreakerState } from '../core/breaker.ts';
import type { WaitReason } from '../core/failure.ts';
import type { JobError, JobState, Verdict } from '../core/job.ts';
import type { Limit, LimitReading } from '../core/limit.ts';
import type { MediaFacts } from '../core/media.ts';
import type { PlatformId } from '../core/names.ts';
import type { Ledger } from '../core/quota-calendar.ts';
import type { Rule } from '../core/rule.ts';
import type { TracedExchange } from '../core/session.ts';
import type { SourceItem, Video } from '../core/video.ts';
import type { AlertStore } from './alert-types.ts';

/**
 * Everything that lasts. Each function is one whole transaction and returns a promise, so that another store
 * (PostgreSQL) can stand in this one's place. Instants are epoch ms, remote ids text. Intents and outcomes
 * are on the disk (not only in its cache) when their function resolves.
 */
export interface Store {
  accounts: AccountStore;
  apps: AppStore;
  sources: SourceStore;
  rules: RuleStore;
  videos: VideoStore;
  jobs: JobStore;
  journal: JournalStore;
  limits: LimitStore;
  media: MediaStore;
  users: UserStore;
  breakers: BreakerStore;
  hosted: HostedStore;
  ledger: LedgerStore;
  audit: AuditStore;
  tallies: TallyStore;
  credentials: CredentialStore;
  replies: ReplyStore;
  analytics: AnalyticsStore;
  alerts: AlertStore;
  /** Small named values: consents, generation, settings of the home. Never secrets. */
  meta: {
    get(key: string): Promise<string | undefined>;
    set(key: string, value: string): Promise<void>;
    /** Keys that begin so, sorted. */
    keys(prefix: string): Promise<string[]>;
    remove(key: string): Promise<void>;
  };
  /** Changes whenever anybody, in any process, changed the database. */
  version(): Promise<number>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- accounts, apps, users

export type NewAccount = Pick<
  Account,
  'platform' | 'handle' | 'name' | 'remoteId' | 'user' | 'scopes' | 'settings'
> & { expiresAt?: number | undefined; breaksAt?: number | undefined };

export interface AccountStore {
  /** Adds the account, or renews the one with the same platform and remote id (same `id`; status back to ok). */
  save(account: NewAccount, now: number): Promise<Account>;
  get(id: number): Promise<Account | undefined>;
  list(): Promise<Account[]>;
  /** Changes some fields; undefined leaves a field as it is. */
  update(
    id: number,
    change: Partial<
      Pick<Account, 'status' | 'scopes' | 'settings' | 'paused' | 'handle' | 'name' | 'user'>
    > & { expiresAt?: number | undefined; breaksAt?: number | undefined },
    now: number,
  ): Promise<Account>;
  /** Refuses (E_WRONG_STATE) while jobs of it run. Its jobs that wait are cancelled; history stays. */
  remove(id: number, now: number): Promise<void>;
}

export interface AppStore {
  save(app: Omit<App, 'clientSecret'>, now: number): Promise<void>;
  get(platform: PlatformId, host?: string): Promise<Omit<App, 'clientSecret'> | undefined>;
  list(): Promise<Omit<App, 'clientSecret'>[]>;
  remove(platform: PlatformId, host?: string): Promise<boolean>;
}

export interface UserRow {
  name: string;
  role: 'admin' | 'operator' | 'viewer';
  limits: Readonly<Record<string, number>>;
  createdAt: number;
}

export interface UserStore {
  save(user: Omit<UserRow, 'createdAt'>, now: number): Promise<UserRow>;
  list(): Promise<UserRow[]>;
  remove(name: string): Promise<boolean>;
}

/** What opens the local API, or one page of it. The thing itself is shown once and never stored. */
export interface CredentialRow {
  id: string;
  kind: 'token' | 'code' | 'session' | 'link';
  name: string;
  /** Whose things it sees; null: everybody's. */
  user: string | null;
  role: UserRow['role'];
  /** SHA-256 of the secret part, hex; empty for links, which are signed. */
  hash: string;
  /** For links: the job that they are about. */
  jobId: number | null;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
}

export interface CredentialStore {
  /** Also forgets those that have expired. */
  add(row: Omit<CredentialRow, 'createdAt' | 'lastUsedAt'>, now: number): Promise<CredentialRow>;
  get(id: string): Promise<CredentialRow | undefined>;
  list(kind: CredentialRow['kind']): Promise<CredentialRow[]>;
  touch(id: string, now: number): Promise<void>;
  /** Removes it and gives what was removed: of two that take the same, one gets it. */
  take(id: string, kind: CredentialRow['kind']): Promise<CredentialRow | undefined>;
  /** All of a user. Gives how many. */
  removeOf(user: string): Promise<number>;
}

export type AnalyticsGroup = 'total' | 'platform' | 'account' | 'day';

/** What became of the jobs of a group. `name`: the platform, account, or day (UTC). */
export interface AnalyticsRow {
  name: string;
  platform: PlatformId | null;
  published: number;
  dead: number;
  unknown: number;
  cancelled: number;
  /** From the original to the post; null where nothing was published. */
  lagMs: { median: number | null; p95: number | null; longest: number | null };
}

export interface AnalyticsStore {
  /** Jobs that ended in [from, to), epoch ms. */
  read(filter: { from: number; to: number; by: AnalyticsGroup; user?: string }): Promise<AnalyticsRow[]>;
}

/** An answer that was given to a request with a key; status null while it is under way. */
export interface Reply {
  /** Fingerprint of the request. */
  request: string;
  status: number | null;
  body: string | null;
}

export interface ReplyStore {
  /** Undefined where the key is new: it is taken now. Forgets answers older than `keepMs`. */
  begin(key: string, request: string, now: number, keepMs: number): Promise<Reply | undefined>;
  finish(key: string, status: number, body: string): Promise<void>;
  /** Frees a key whose request did not end. */
  forget(key: string): Promise<void>;
  /** Frees all keys whose request died with the process. */
  dropUnfinished(): Promise<number>;
}

// ---------------------------------------------------------------- sources, rules, videos

export interface SourceRow {
  id: number;
  /** The Source's id in the registry: `tiktok`, `folder`. */
  kind: string;
  /** The account that is watched, where it is one. */
  accountId: number | null;
  /** The folder or address, where it is a place. */
  locator: string | null;
  /** As people write it: `tiktok:@creator`, or the path. */
  name: string;
  user: string;
  paused: boolean;
  /** Null until the first good poll: that one only takes note of what is there. */
  baselineAt: number | null;
  lastPollAt: number | null;
  lastGoodPollAt: number | null;
  /** Polls that failed since the last good one. */
  failures: number;
  nextPollAt: number;
  error: JobError | null;
}

export interface SourceStore {
  add(
    source: Pick<SourceRow, 'kind' | 'accountId' | 'locator' | 'name' | 'user'>,
    now: number,
  ): Promise<SourceRow>;
  get(id: number): Promise<SourceRow | undefined>;
  list(): Promise<SourceRow[]>;
  update(id: number, change: Partial<Pick<SourceRow, 'paused' | 'nextPollAt' | 'name'>>): Promise<SourceRow>;
  /** Notes how a poll ended. A good one sets lastGoodPollAt and, the first time, baselineAt. */
  polled(id: number, at: number, nextPollAt: number, error: JobError | null): Promise<void>;
  remove(id: number): Promise<boolean>;
}

export type NewRule = Omit<Rule, 'id' | 'createdAt' | 'updatedAt'>;

export interface RuleStore {
  add(rule: NewRule, now: number): Promise<Rule>;
  get(id: number): Promise<Rule | undefined>;
  list(): Promise<Rule[]>;
  replace(rule: Rule, now: number): Promise<Rule>;
  /** Its waiting jobs are cancelled; history stays. */
  remove(id: number, now: number): Promise<boolean>;
}

/** What the watcher decided about one item. */
export interface Taken {
  item: SourceItem;
  jobs: readonly NewJob[];
  /** For each rule that looked at it and did not want it. */
  skipped: readonly { rule: string; why: string }[];
}

export interface NewJob {
  accountId: number;
  ruleId: number;
  user: string;
  state: 'waiting';
  reason: WaitReason;
  runAt: number;
  maxAttempts: number;
}

export interface VideoRow extends Video {
  /** Name of its source. */
  source: string;
  /** Why rules did not want it. */
  skipped: readonly { rule: string; why: string }[];
  /** How many jobs it has. */
  jobs: number;
}

export interface VideoStore {
  /**
   * Stores the items that are new and makes their jobs, all in one transaction. Items and (video, account)
   * pairs that are stored already are left alone. Gives the videos and jobs that were new.
   */
  take(
    sourceId: number,
    taken: readonly Taken[],
    now: number,
  ): Promise<{ videos: Video[]; jobIds: number[] }>;
  /** Makes jobs for a stored video (backfill, a rule that came later); existing pairs are left alone. */
  addJobs(videoId: number, jobs: readonly NewJob[], now: number): Promise<number[]>;
  /** Which of these remote ids of the source are stored; with none given: all that are. */
  known(sourceId: number, remoteIds: readonly string[]): Promise<Set<string>>;
  get(id: number): Promise<VideoRow | undefined>;
  /** Newest first by `publishedAt`; `since`: published at or after; `before`: only those after the video of this id, the next page. Default 50. */
  list(filter: {
    sourceId?: number;
    /** Only of sources that this user owns. */
    user?: string;
    since?: number;
    limit?: number;
    before?: number;
  }): Promise<VideoRow[]>;
  setState(id: number, state: Video['state']): Promise<void>;
  /** A longer caption than the API's cut one, learned from a file source. */
  setCaption(id: number, caption: string): Promise<void>;
  /**
   * An imported video is shown by its source: it takes over the source's name for it and its facts. A longer caption
   * stays. Refuses (E_EXISTS) where that name is stored already.
   */
  recognise(id: number, item: SourceItem): Promise<void>;
  /** Remembers which cached file belongs to the video. */
  setMedia(id: number, sha256: string): Promise<void>;
  media(id: number): Promise<string | undefined>;
}

// ---------------------------------------------------------------- jobs and their journal

export interface JobRow {
  id: number;
  videoId: number;
  accountId: number;
  ruleId: number | null;
  user: string;
  state: JobState;
  reason: WaitReason | null;
  runAt: number;
  attempt: number;
  maxAttempts: number;
  giveUpAt: number | null;
  error: JobError | null;
  /** Text given by its person at approval, in place of the template's. */
  text: Readonly<Record<string, unknown>> | null;
  createdAt: number;
  updatedAt: number;
}

/** A job with what people want to see beside it. */
export interface JobView extends JobRow {
  video: Video & { source: string };
  account: Account;
  rule: string | null;
  post: PostRow | null;
}

export interface PostRow {
  jobId: number;
  /** The platform's id: text. */
  id: string;
  url: string | null;
  publishedAt: number;
  /** From the video's publishing at the source to the post's, ms. */
  lagMs: number;
  warnings: readonly string[];
}

/** One run of a job, as kept for people. */
export interface AttemptRow {
  id: number;
  jobId: number;
  startedAt: number;
  endedAt: number;
  outcome: string;
  error: JobError | null;
  /** The last exchange with the platform, secrets masked. */
  exchange: TracedExchange | null;
}

export interface JobFilter {
  ids?: readonly number[];
  videoIds?: readonly number[];
  states?: readonly JobState[];
  reasons?: readonly WaitReason[];
  platform?: PlatformId;
  accountId?: number;
  ruleId?: number;
  user?: string;
  errorClass?: string;
  /** Created at or after (epoch ms). */
  since?: number;
  /** Newest first; default 50, most 1,000. */
  limit?: number;
  /** Only ids below this: the next page. */
  beforeId?: number;
}

export interface JobStore {
  get(id: number): Promise<JobView | undefined>;
  list(filter: JobFilter): Promise<JobView[]>;
  /** Jobs by state, kept as counters, not counted. */
  counts(): Promise<Record<JobState, number>>;
  /** One user's jobs by state, and the waiting ones by reason: counted. */
  countsOf(user: string): Promise<{
    states: Record<JobState, number>;
    reasons: Partial<Record<WaitReason, number>>;
  }>;
  /** Waiting jobs by reason. */
  waitingByReason(): Promise<Partial<Record<WaitReason, number>>>;
  /**
   * Lanes (destination accounts) with a waiting job that is due, the longest waiting first. Looks at the head
   * of each lane only: a backlog behind one lane costs the others nothing. Paused accounts and accounts in
   * `except` are left out; jobs waiting with reason approval, paused or login never come due.
   */
  dueLanes(now: number, except: readonly number[]): Promise<number[]>;
  /** Takes the lane's next due job: running. Undefined where there is none (any more). */
  claim(accountId: number, now: number): Promise<JobRow | undefined>;
  /**
   * When the next waiting job comes due, or null; in the past where one is due already. Jobs that `dueLanes`
   * would never name (paused accounts, reasons approval, paused, login) and lanes in `except` don't count.
   */
  nextRunAt(now: number, except?: readonly number[]): Promise<number | null>;
  /**
   * The instants at which something goes out on a lane: the due times of its jobs that wait or run, and when its
   * posts since `since` were published. In no order.
   */
  taken(accountId: number, since: number): Promise<number[]>;
  /** Ids of the videos that have a job on a lane, whatever became of it. */
  videosOf(accountId: number): Promise<number[]>;
  /**
   * Jobs that were running when the process died: waiting again, due now; what they sent without an answer may have
   * left until now, and what they spent last counts as spent now. Gives their ids.
   */
  recover(now: number): Promise<number[]>;
  /** A running job whose verdict could not be written: waiting again, due at runAt, its sending as late as now. No matter where it is not running. */
  release(id: number, runAt: number, now: number): Promise<void>;
  /** Writes a verdict and the attempt's record; `redoFrom` forgets journal steps in the same transaction. */
  settle(id: number, verdict: Verdict, attempt: Omit<AttemptRow, 'id' | 'jobId'>, now: number): Promise<void>;
  /** The outcome: state published, the post, the attempt's record, in one transaction. */
  publish(
    id: number,
    post: Omit<PostRow, 'jobId'>,
    attempt: Omit<AttemptRow, 'id' | 'jobId'>,
    now: number,
  ): Promise<void>;
  cancel(id: number, error: JobError | null, now: number): Promise<JobView>;
  /** Dead or cancelled → waiting, attempt 0, journal kept (done steps are not repeated; see `redoAll`). Waiting with backoff → due now. */
  retry(id: number, now: number): Promise<JobView>;
  /** `unknown` → published (with the post's address) or, on `not-published`, → waiting with the commit's intent withdrawn. */
  resolve(
    id: number,
    how: { published: Omit<PostRow, 'jobId'> } | 'not-published',
    now: number,
  ): Promise<JobView>;
  /** Waiting for approval → due at runAt, with or without a changed text. */
  approve(id: number, text: Readonly<Record<string, unknown>> | null, now: number): Promise<JobView>;
  /**
   * A person's own text (`body`, `title`) for a job that waits or is dead; parts left out stay as they are, null takes
   * one back. What was made of the old text is forgotten. Refuses (E_WRONG_STATE) once it was sent.
   */
  edit(id: number, text: Readonly<Record<string, string | null>>, now: number): Promise<JobView>;
  /** Moves waiting jobs of an account from reason login/paused/breaker to ready (after sign-in), or the other way. */
  hold(
    accountId: number,
    from: readonly WaitReason[],
    to: WaitReason,
    runAt: number,
    now: number,
  ): Promise<number>;
  /** Waiting jobs of a rule: ready, delay, window → paused; or, with false, paused → ready. Gives how many. */
  holdRule(ruleId: number, paused: boolean, now: number): Promise<number>;
  attempts(id: number): Promise<AttemptRow[]>;
  posts(filter: {
    limit?: number;
    since?: number;
    platform?: PlatformId;
    accountId?: number;
    user?: string;
    /** Only those after the post of this job: the next page. */
    before?: number;
  }): Promise<JobView[]>;
  /** Which of these remote ids are posts on this account that jobs of ours made. */
  posted(accountId: number, remoteIds: readonly string[]): Promise<Set<string>>;
  /** The oldest waiting job (of a user), with its reason. */
  oldestWaiting(user?: string): Promise<JobView | undefined>;
}

export interface StepRow {
  jobId: number;
  seq: number;
  name: string;
  kind: 'step' | 'commit';
  state: 'intent' | 'done';
  /** JSON; sealed results are opaque text `sealed:…`. */
  result: string | null;
  /** For commits: when the (last) request was about to leave. */
  sentAt: number | null;
  /** For commits: the earliest sending that is still in doubt, where `sentAt` is the last. */
  firstSentAt?: number | null;
  /** For commits: the latest instant at which the last sending may have left, where that is not `sentAt`. */
  latestAt?: number;
  /** For commits: how often it was sent without a certain answer. */
  sends: number;
  doneAt: number | null;
}

export interface JournalStore {
  load(jobId: number): Promise<StepRow[]>;
  /** Records a step's result. */
  done(jobId: number, name: string, kind: StepRow['kind'], result: string, now: number): Promise<void>;
  /** Writes a commit's intent (sends + 1, sentAt = now) before the request leaves. */
  intend(jobId: number, name: string, now: number): Promise<void>;
  /** The last sending may have left (or still be on its way) as late as `at`: settle times count from there. */
  mayArrive(jobId: number, name: string, at: number): Promise<void>;
  /** Takes an intent back after a certain refusal; `sends` before this one stay counted: an earlier doubt is not lifted. */
  withdraw(jobId: number, name: string, now: number): Promise<void>;
  /** Forgets a step and all after it; refuses (E_WRONG_STATE) where a commit is among them. */
  forgetFrom(jobId: number, name: string): Promise<void>;
}

// ---------------------------------------------------------------- limits, media

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
  | { ok: true }
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
  /** What was spent at `at` counts as spent at `now`: the request took so long, and nobody knows when it arrived. */
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
