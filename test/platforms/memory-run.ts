import type { Clock } from '../../src/core/clock.ts';
import { asFailure, Failure } from '../../src/core/failure.ts';
import type { JobError, JobState } from '../../src/core/job.ts';
import { defaultRetry, errorOf, judge } from '../../src/core/job.ts';
import type { Platform, Post, PublishRequest } from '../../src/core/platform.ts';
import type { OpenRun } from '../../src/engine/journal.ts';
import { openRun } from '../../src/engine/journal.ts';
import type { JournalStore, StepRow } from '../../src/store/types.ts';

/** The process dies here: thrown by a write to the journal, never caught by anything that goes on. */
class Crash extends Error {}

/** A job's journal in memory, as strict as the one on disk, that can die at any write. */
interface MemoryJournal extends JournalStore {
  rows(): StepRow[];
  /** Writes so far, over all runs. */
  readonly writes: number;
  /** Dies at the n-th write from now (1-based): before it is on disk, or right after. */
  crashAt(nth: number, when: 'before' | 'after'): void;
}

export function memoryJournal(): MemoryJournal {
  const rows = new Map<string, StepRow>();
  let writes = 0;
  let crash: { write: number; when: 'before' | 'after' } | undefined;

  async function write(change: () => void): Promise<void> {
    writes += 1;
    const dies = crash?.write === writes ? crash.when : undefined;
    if (dies) crash = undefined;
    if (dies === 'before') throw new Crash(`died before write ${writes}`);
    change();
    if (dies === 'after') throw new Crash(`died after write ${writes}`);
  }

  function rowOf(jobId: number, name: string, kind: StepRow['kind']): StepRow {
    const fresh: Omit<StepRow, 'seq'> = {
      jobId,
      name,
      kind,
      state: 'intent',
      result: null,
      sentAt: null,
      sends: 0,
      doneAt: null,
    };
    return rows.get(name) ?? { ...fresh, seq: rows.size };
  }

  return {
    rows: () => [...rows.values()],
    get writes() {
      return writes;
    },
    crashAt(nth, when) {
      crash = { write: writes + nth, when };
    },
    load: async () => [...rows.values()].map((row) => ({ ...row })),
    done: (jobId, name, kind, result, now) =>
      write(() => rows.set(name, { ...rowOf(jobId, name, kind), state: 'done', result, doneAt: now })),
    intend: (jobId, name, now) =>
      write(() => {
        const row = rowOf(jobId, name, 'commit');
        const { latestAt: _over, ...rest } = row;
        rows.set(name, { ...rest, sends: row.sends + 1, sentAt: now });
      }),
    // Not counted among the writes: what a test counts are the points of the protocol itself.
    mayArrive: async (_jobId, name, at) => {
      const row = rows.get(name);
      if (row) rows.set(name, { ...row, latestAt: at });
    },
    withdraw: (_jobId, name) =>
      write(() => {
        const row = rows.get(name);
        if (!row) return;
        if (row.sends <= 1) rows.delete(name);
        else rows.set(name, { ...row, sends: row.sends - 1 });
      }),
    forgetFrom: (_jobId, name) =>
      write(() => {
        const from = rows.get(name);
        if (!from) return;
        const doomed = [...rows.values()].filter((row) => row.seq >= from.seq);
        if (doomed.some((row) => row.kind === 'commit'))
          throw new Failure('E_WRONG_STATE', { message: 'a commit is among the steps to forget' });
        for (const row of doomed) rows.delete(row.name);
      }),
  };
}

/** Opens the job's journal as the engine does, over a journal in memory. */
function openMemoryRun(journal: MemoryJournal, clock: Clock, settleMs: number): Promise<OpenRun> {
  const seal = {
    seal: (text: string, context: string) =>
      `sealed:${Buffer.from(`${context}\n${text}`).toString('base64')}`,
    unseal: (text: string, context: string) => {
      const [kept, ...rest] = Buffer.from(text.slice('sealed:'.length), 'base64').toString().split('\n');
      if (kept !== context) throw new Error('unsealed in another place than it was sealed for');
      return rest.join('\n');
    },
  };
  return openRun({ jobId: 1, journal, clock, seal, settleMs });
}

/** How a job ended, or where it stands when the driver was told to stop. */
export interface Outcome {
  state: JobState;
  post?: Post;
  error?: JobError;
  runs: number;
  /** Why it waited, run by run: `backoff E_PLATFORM_DOWN`. */
  waits: string[];
  journal: MemoryJournal;
}

export interface DriveOptions {
  /** Goes on with this journal: what an earlier process left. */
  journal?: MemoryJournal;
  /** Before each run: installs faults, pulls levers. */
  beforeRun?: (run: number, journal: MemoryJournal) => void | Promise<void>;
  /** Gives up driving after this many runs (default 200): a loop must show as one. */
  maxRuns?: number;
  attempts?: number;
}

/**
 * Runs a job until it ends, as the engine would: the same journal and the same state machine, on a clock that
 * jumps to the next due instant. A Crash restarts it at once.
 */
export async function driveJob(
  platform: Platform,
  request: Omit<PublishRequest, 'run' | 'clock' | 'progress'> & Partial<Pick<PublishRequest, 'progress'>>,
  clock: Clock & { advance(ms: number): void },
  options: DriveOptions = {},
): Promise<Outcome> {
  const journal = options.journal ?? memoryJournal();
  const policy = { ...defaultRetry, attempts: options.attempts ?? defaultRetry.attempts };
  let job = { attempt: 0, maxAttempts: policy.attempts, giveUpAt: null as number | null };
  const waits: string[] = [];

  for (let runs = 1; runs <= (options.maxRuns ?? 200); runs += 1) {
    await options.beforeRun?.(runs, journal);
    const run = await openMemoryRun(journal, clock, platform.settleMs);
    try {
      const post = await platform.publish({ progress: () => {}, ...request, run, clock });
      return { state: 'published', post, runs, waits, journal };
    } catch (error) {
      if (hasCrashed(error)) {
        waits.push('crash');
        continue;
      }
      const failure = asFailure(error);
      const verdict = judge(job, failure, run.committed, clock.now(), () => 0.5, policy);
      if (verdict.state !== 'waiting')
        return { state: verdict.state, error: errorOf(failure), runs, waits, journal };
      waits.push(`${verdict.reason} ${failure.code}`);
      if (verdict.reason === 'login')
        return { state: 'waiting', error: errorOf(failure), runs, waits, journal };
      if (verdict.redoFrom) await journal.forgetFrom(1, verdict.redoFrom);
      job = { ...job, attempt: verdict.attempt, giveUpAt: verdict.giveUpAt };
      clock.advance(Math.max(0, verdict.runAt - clock.now()));
    }
  }
  throw new Error(`the job did not end; it waited: ${waits.join(', ')}`);
}

function hasCrashed(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Crash) return true;
  return false;
}
