import { codes, type ErrorClass, type ErrorCode } from './codes.ts';
import type { Failure, WaitReason } from './failure.ts';

export const jobStates = ['waiting', 'running', 'published', 'unknown', 'dead', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];

/** The error a job carries, as it is stored and shown. */
export interface JobError {
  code: ErrorCode;
  class: ErrorClass;
  message: string;
  hint: string;
  command?: string;
}

/** The part of a job that the state machine reads. */
export interface JobProgress {
  /** Attempts used so far. */
  attempt: number;
  maxAttempts: number;
  /** When waiting for something free of charge ends (epoch ms); null: not set yet. */
  giveUpAt: number | null;
}

/** What becomes of a job after a run that failed. */
export interface Verdict {
  state: JobState;
  reason: WaitReason | null;
  runAt: number;
  attempt: number;
  giveUpAt: number | null;
  error: JobError | null;
  /** Set by `redo`: the journal forgets this step and all after it. */
  redoFrom?: string;
  /** True where the account must sign in again: the lane stops until it did. */
  accountNeedsLogin?: true;
}

export interface RetryPolicy {
  baseMs: number;
  capMs: number;
  attempts: number;
  /** How long a job may wait on something free of charge before it gives up. */
  giveUpMs: number;
}

export const defaultRetry: RetryPolicy = {
  baseMs: 2_000,
  capMs: 3_600_000,
  attempts: 5,
  giveUpMs: 7 * 86_400_000,
};

/**
 * The whole state machine: a failed run and what is known of the job → what becomes of it. Pure.
 *
 * `committed`: a publish request was sent and not provably refused. Such a job never becomes `dead`: it ends
 * `published` or `unknown`, because telling its person to retry it could post it twice.
 */
export function judge(
  job: JobProgress,
  failure: Failure,
  committed: boolean,
  now: number,
  random: () => number,
  policy: RetryPolicy,
): Verdict {
  const error = errorOf(failure);
  const base = { attempt: job.attempt, giveUpAt: job.giveUpAt, error };
  const end = (attempt = job.attempt, why?: 'E_ATTEMPTS' | 'E_GAVE_UP'): Verdict => ({
    ...base,
    // What was tried again by itself so far is from now on its person's: the next step is another one.
    error: why === undefined ? error : { ...error, ...nextStep(why) },
    attempt,
    state: committed ? 'unknown' : 'dead',
    reason: null,
    runAt: now,
  });

  switch (failure.kind) {
    case 'doubt':
      return { ...base, state: 'unknown', reason: null, runAt: now };
    case 'reject':
      return end();
    case 'later':
    case 'login': {
      const reason = failure.kind === 'login' ? 'login' : (failure.reason ?? 'processing');
      const runAt = Math.max(now, failure.notBefore ?? now + backoff(1, random, policy));
      // A rule's own timing and our own count of a limit are a queue and no trouble, however long it is. What a
      // platform answers has a status, and its patience an end.
      const queued = reason === 'window' || (failure.code === 'E_QUOTA' && failure.status === undefined);
      if (queued) return { ...base, state: 'waiting', reason, runAt };
      const giveUpAt = job.giveUpAt ?? now + policy.giveUpMs;
      if (now >= giveUpAt) return { ...end(job.attempt, 'E_GAVE_UP'), giveUpAt };
      const waiting: Verdict = { ...base, state: 'waiting', reason, runAt, giveUpAt };
      return failure.kind === 'login' ? { ...waiting, accountNeedsLogin: true } : waiting;
    }
    case 'redo':
    case 'retry': {
      const attempt = job.attempt + 1;
      if (attempt >= job.maxAttempts) return end(attempt, 'E_ATTEMPTS');
      const wait = backoff(attempt, random, policy);
      const runAt = Math.max(now + wait, failure.notBefore ?? 0);
      const waiting: Verdict = { ...base, attempt, state: 'waiting', reason: 'backoff', runAt };
      return failure.kind === 'redo' && failure.step ? { ...waiting, redoFrom: failure.step } : waiting;
    }
  }
}

function nextStep(why: 'E_ATTEMPTS' | 'E_GAVE_UP'): Pick<JobError, 'hint' | 'command'> {
  const { title, todo } = codes[why];
  return { hint: `${title} ${todo}`, command: 'repost jobs retry ID' };
}

/** Exponential with full jitter: uniform in (0, base · 2ⁿ⁻¹], never past the cap. `attempt` counts from 1. */
export function backoff(
  attempt: number,
  random: () => number,
  policy: Pick<RetryPolicy, 'baseMs' | 'capMs'>,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.max(1, Math.ceil(random() * ceiling));
}

export function errorOf(failure: Failure): JobError {
  const error: JobError = {
    code: failure.code,
    class: failure.class,
    message: failure.message,
    hint: failure.hint,
  };
  return failure.command === undefined ? error : { ...error, command: failure.command };
}
