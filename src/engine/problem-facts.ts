import type { Account } from '../core/account.ts';
import type { AlertRule } from '../core/alert-rules.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { WaitReason } from '../core/failure.ts';
import type { JobView, SourceRow, Store } from '../store/types.ts';
import { type Quarantine, readQuarantine } from './guard.ts';

/** Everything that problems are read from, at one instant. */
export interface ProblemFacts {
  now: number;
  accounts: readonly Account[];
  sources: readonly SourceRow[];
  quarantine: Quarantine | undefined;
  dead: readonly JobView[];
  unknown: readonly JobView[];
  /** Waiting jobs that may have something to tell: one or more for each account and reason. */
  held: readonly JobView[];
  /** Jobs of a kind beyond those that were looked at. */
  beyond: readonly { rule: AlertRule; count: number }[];
  /** Lanes that rest, because their platform keeps failing, and until when. */
  resting: readonly { accountId: number; openUntil: number | null }[];
  /** Posts of the last days, newest first. */
  posts: readonly JobView[];
  /** A source without a good poll for so long (ms) is silent. */
  silentMs: number;
  /** Room on the disk that the database is on; undefined where nobody can tell. */
  freeBytes: number | undefined;
  /** What went wrong in the engine itself lately. */
  troubles: readonly Trouble[];
  /** Since when posts are due and nothing goes out (epoch ms). */
  stuckSince: number | undefined;
  /** Channels that could not be reached several times in a row. */
  failing: readonly { name: string; message: string }[];
}

export interface Trouble {
  code: ErrorCode;
  message: string;
  hint: string;
  command: string | undefined;
}

/** Sources silent for this many intervals are told of. */
export const SILENT_INTERVALS = 5;
/** Jobs looked at in one go; what is open already is looked at besides. */
const JOBS_AT_ONCE = 100;
/** Posts that came out odd are told of for so long. */
export const ODD_POSTS_MS = 3 * 86_400_000;

/** Reasons of which every job is a problem of its own, and those of which one job stands for its account. */
const eachJob: readonly WaitReason[] = ['media', 'approval'];
const eachAccount: readonly WaitReason[] = ['quota', 'login', 'backoff', 'breaker'];

/** Reads what the store knows. `openJobs`: jobs that problems are open for, which may be far down the lists. */
export async function readProblemFacts(
  store: Store,
  now: number,
  silentMs: number,
  openJobs: readonly number[] = [],
): Promise<ProblemFacts> {
  const [accounts, sources, quarantine, counts, waiting, resting, posts] = await Promise.all([
    store.accounts.list(),
    store.sources.list(),
    readQuarantine(store),
    store.jobs.counts(),
    store.jobs.waitingByReason(),
    store.breakers.open(),
    store.jobs.posts({ since: now - ODD_POSTS_MS, limit: JOBS_AT_ONCE }),
  ]);
  const open =
    openJobs.length === 0
      ? []
      : await store.jobs.list({ ids: openJobs, limit: Math.min(1000, openJobs.length) });
  const ended = async (state: 'dead' | 'unknown') => {
    const listed = counts[state] === 0 ? [] : await store.jobs.list({ states: [state], limit: JOBS_AT_ONCE });
    return unique([...listed, ...open.filter((job) => job.state === state)]);
  };
  const held: JobView[] = open.filter((job) => job.state === 'waiting');
  for (const reason of eachJob)
    if (waiting[reason])
      held.push(...(await store.jobs.list({ states: ['waiting'], reasons: [reason], limit: JOBS_AT_ONCE })));
  for (const reason of eachAccount) if (waiting[reason]) held.push(...(await store.jobs.heldLanes(reason)));
  return {
    now,
    accounts,
    sources,
    quarantine,
    dead: await ended('dead'),
    unknown: await ended('unknown'),
    held: unique(held),
    beyond: [
      { rule: 'dead-letter' as const, count: counts.dead - JOBS_AT_ONCE },
      { rule: 'unknown-outcome' as const, count: counts.unknown - JOBS_AT_ONCE },
      { rule: 'file-missing' as const, count: (waiting.media ?? 0) - JOBS_AT_ONCE },
      { rule: 'approval' as const, count: (waiting.approval ?? 0) - JOBS_AT_ONCE },
    ].filter(({ count }) => count > 0),
    resting,
    posts,
    silentMs,
    freeBytes: undefined,
    troubles: [],
    stuckSince: undefined,
    failing: [],
  };
}

function unique(jobs: readonly JobView[]): JobView[] {
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}
