import type { Account } from '../core/account.ts';
import type { WaitReason } from '../core/failure.ts';
import type { JobError, JobState, Verdict } from '../core/job.ts';
import type { PlatformId } from '../core/names.ts';
import type { KnownNumbers } from '../core/numbers.ts';
import type { TracedExchange } from '../core/session.ts';
import type { Video } from '../core/video.ts';
import type { Holder } from './host-types.ts';

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
  /** The host that runs it; null where it does not run, or a store of one host did not say. */
  holder: string | null;
  /** Set: what it sent without an answer is only looked for, never sent again, because this host may still be sending. */
  sender: string | null;
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
  /** Views and likes as last read; null or absent where nothing was. */
  numbers?: KnownNumbers | null;
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
  /** The newest waiting job of each lane that has one with this reason; of this user’s. */
  heldLanes(reason: WaitReason, user?: string): Promise<JobView[]>;
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
  /**
   * Takes the lane's next due job: running, and the holder's until its lease ends. Undefined where there is none (any
   * more), or where a job of the lane runs already, on whatever host.
   */
  claim(accountId: number, now: number, holder?: Holder): Promise<JobRow | undefined>;
  /** True while a job that runs is this process's, and its lease lasts: asked right before a request that publishes. */
  holds(id: number, holder: Holder, now: number): Promise<boolean>;
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
   * left until now, and what they spent last counts as spent now. Gives their ids. With a holder: those that an earlier
   * process of its host held, and those of other hosts whose lease ran out (see `sender`). Without: all.
   */
  recover(now: number, holder?: Holder): Promise<number[]>;
  /**
   * A run has ended, and its verdict could not be written: waiting again, due at runAt, its sending as late as now.
   * Where the job is another host's by now, what this one sent for it has left (see `sender`).
   */
  release(id: number, runAt: number, now: number, holder?: Holder): Promise<void>;
  /**
   * Writes a verdict and the attempt's record; `redoFrom` forgets journal steps in the same transaction. Refuses
   * (E_WRONG_STATE) where it does not run, or not under this holder any more.
   */
  settle(
    id: number,
    verdict: Verdict,
    attempt: Omit<AttemptRow, 'id' | 'jobId'>,
    now: number,
    holder?: Holder,
  ): Promise<void>;
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
  /** How many posts were published since then (epoch ms), of this user's jobs. */
  postCount(since: number, user?: string): Promise<number>;
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
  /**
   * Records a step's result. Throws E_LEASE_LOST where it has another one already: that is another host's, on which its
   * later steps may build.
   */
  done(jobId: number, name: string, kind: StepRow['kind'], result: string, now: number): Promise<void>;
  /**
   * Writes a commit's intent (sends + 1, sentAt = now) before the request leaves. With a holder: only while the job is
   * its own; else E_LEASE_LOST, certain: nothing was written.
   */
  intend(jobId: number, name: string, now: number, holder?: Holder): Promise<void>;
  /** The last sending may have left (or still be on its way) as late as `at`: settle times count from there. */
  mayArrive(jobId: number, name: string, at: number): Promise<void>;
  /**
   * Takes the last sending back after a certain refusal; `sends` before this one stay counted: an earlier doubt is not
   * lifted. With `sentAt` the sending that was intended then, wherever it stands; none, where another host did it away.
   */
  withdraw(jobId: number, name: string, now: number, sentAt?: number): Promise<void>;
  /** Forgets a step and all after it; refuses (E_WRONG_STATE) where a commit is among them. */
  forgetFrom(jobId: number, name: string): Promise<void>;
}
