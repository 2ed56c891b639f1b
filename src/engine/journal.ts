import { type Clock, DAY, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later } from '../core/failure.ts';
import type { Commit, LookUp, Run, StepOptions } from '../core/platform.ts';
import type { Holder, JournalStore, StepRow } from '../store/types.ts';

/** Encrypts what the journal must keep but nobody may read (an upload session's address). */
export interface Seal {
  seal(text: string, context: string): string;
  unseal(text: string, context: string): string;
}

export interface JournalOptions {
  jobId: number;
  journal: JournalStore;
  clock: Clock;
  /** How far the platform's clock is ahead of ours, in ms: sendings and look-ups are told apart by its time. */
  aheadMs?: () => number;
  seal: Seal;
  /** The platform's: how long after a sending a look-up may still miss it. */
  settleMs: number;
  /** Asked right before the first sending of a commit: throws where it must not go out any more. */
  guard?: () => Promise<void>;
  /** Where several hosts share the store: an intent is written only while the job is this one's. */
  holder?: Holder;
  /**
   * The host that sent what is in doubt and may be sending still, because nobody knows that it is dead: then it is
   * only looked for, and never sent again.
   */
  sender?: string;
  /** Called when an intent is on the disk and before its request leaves. What it throws as certain withdraws the intent. */
  witness?: () => Promise<void>;
}

/** Between an intent and its request lie milliseconds, unless the process was stopped (a closed lid). */
const STALL_MS = SECOND;
/** How far back a look-up goes where the clock was set back since: no job waits longer. */
const LONGEST_DOUBT_MS = 7 * DAY;
/** What another host sent is looked for at least this often: its next process, or a person, may say that it is dead. */
const LONGEST_LOOK_MS = 5 * MINUTE;

export interface OpenRun extends Run {
  /** True once a publish request was sent and not provably refused. */
  readonly committed: boolean;
  /** True once this run brought the job further: a step or a commit was done. */
  readonly progressed: boolean;
}

/**
 * Opens a job's journal: why a job can't post twice.
 *
 * A step's result is kept, so it is done once. A commit's intent is on the disk before its request leaves and
 * its result after; whoever finds an intent without a result (crash, time-out, 5xx, lost answer: all the same)
 * takes the in-doubt path and never simply sends again.
 */
export async function openRun(options: JournalOptions): Promise<OpenRun> {
  const { jobId, journal, clock, seal } = options;
  const aheadMs = () => options.aheadMs?.() ?? 0;
  const platformNow = () => clock.now() + aheadMs();
  const rows = new Map((await journal.load(jobId)).map((row) => [row.name, row]));
  let progressed = false;
  let committed = [...rows.values()].some((row) => row.kind === 'commit');

  async function step<T>(name: string, work: () => Promise<T>, stepOptions: StepOptions = {}): Promise<T> {
    const row = rows.get(name);
    if (row?.state === 'done') return read(row) as T;
    const result = await work();
    await record(name, 'step', result, stepOptions.sealed ?? false);
    return result;
  }

  async function commit<T>(name: string, call: Commit<T>): Promise<T> {
    const row = rows.get(name);
    if (row?.state === 'done') return read(row) as T;
    if (row) {
      const settled = await settleDoubt(row, call);
      if (settled) {
        await record(name, 'commit', settled.found, false);
        return settled.found;
      }
    } else {
      await options.guard?.();
    }
    return send(name, call);
  }

  /** Writes the intent, sends, writes the outcome. */
  async function send<T>(name: string, call: Commit<T>): Promise<T> {
    const startedAt = clock.now();
    const sentAt = platformNow();
    await journal.intend(jobId, name, sentAt, options.holder);
    const before = committed;
    committed = true;
    if (clock.now() - startedAt > STALL_MS) await journal.mayArrive(jobId, name, platformNow());
    let result: T;
    try {
      await options.witness?.();
      result = await call.act();
    } catch (error) {
      const failure = asFailure(error);
      if (failure.certain) {
        // By its instant: where this host lost the job meanwhile, the last sending may be another's.
        await journal.withdraw(jobId, name, clock.now(), options.holder && sentAt);
        committed = before;
      } else await journal.mayArrive(jobId, name, platformNow());
      throw failure.certain || failure.kind !== 'reject' ? failure : uncertain(failure);
    }
    await record(name, 'commit', result, false);
    return result;
  }

  /** What became of an earlier sending: found, or undefined where it may (again) be sent. */
  async function settleDoubt<T>(row: StepRow, call: Commit<T>): Promise<{ found: T } | undefined> {
    if (call.inDoubt === 'repeat') return undefined;
    if (call.inDoubt === 'ask') throw new Failure('E_UNKNOWN_OUTCOME', { kind: 'doubt' });
    // What counts is the time before the question: an answer that is slow, or read by a process that was
    // stopped meanwhile, tells of the moment when it was asked. Only the answer may tell what time it is there.
    const ourAskedAt = clock.now();
    const answer: LookUp<T> = await call.inDoubt(searchFrom(row));
    if (typeof answer === 'object') return answer;
    const askedAt = ourAskedAt + aheadMs();
    const settleMs = call.settleMs ?? options.settleMs;
    const lastAt = row.latestAt ?? row.sentAt ?? askedAt;
    // A sending of the future was noted before a clock was set back.
    if (lastAt > askedAt) await journal.mayArrive(jobId, row.name, askedAt);
    const elapsed = askedAt - Math.min(askedAt, lastAt);
    if (elapsed < settleMs) {
      // Platforms list new posts late. Look again soon, then in growing gaps, at the latest when it must be there.
      const gap = Math.max(1000, Math.min(settleMs - elapsed, elapsed));
      throw later(clock.now() + gap, 'It was sent and the answer was lost; looking whether it appeared.');
    }
    if (answer === 'undecided') throw new Failure('E_UNKNOWN_OUTCOME', { kind: 'doubt' });
    if (options.sender !== undefined) throw maySendStill(options.sender, row, elapsed, clock.now());
    return undefined;
  }

  /** From when on a look-up must search. An intent of the future was written before a clock was set back. */
  function searchFrom(row: StepRow): number {
    const now = platformNow();
    const first = row.firstSentAt ?? row.sentAt ?? now;
    return first > now ? now - LONGEST_DOUBT_MS : first;
  }

  async function record(
    name: string,
    kind: StepRow['kind'],
    result: unknown,
    sealed: boolean,
  ): Promise<void> {
    const json = JSON.stringify(result ?? null);
    const kept = sealed ? seal.seal(json, `${jobId}/${name}`) : json;
    const now = clock.now();
    await journal.done(jobId, name, kind, kept, now);
    progressed = true;
    const seq = rows.get(name)?.seq ?? rows.size;
    rows.set(name, {
      jobId,
      seq,
      name,
      kind,
      state: 'done',
      result: kept,
      sentAt: null,
      sends: 0,
      doneAt: now,
    });
  }

  function read(row: StepRow): unknown {
    const kept = String(row.result);
    return JSON.parse(kept.startsWith('sealed:') ? seal.unseal(kept, `${row.jobId}/${row.name}`) : kept);
  }

  return {
    jobId,
    step,
    commit,
    doneAt: (name) => rows.get(name)?.doneAt ?? undefined,
    get committed() {
      return committed;
    },
    get progressed() {
      return progressed;
    },
  };
}

function maySendStill(sender: string, { sends }: StepRow, elapsed: number, now: number): Failure {
  return new Failure('E_NOT_YET', {
    kind: 'later',
    reason: 'processing',
    notBefore: now + Math.min(LONGEST_LOOK_MS, Math.max(SECOND, elapsed)),
    message:
      `The host “${sender}” sent it ${sends === 1 ? 'once' : `${sends} times`} without an answer ` +
      `and gives no sign of life; the post is not there (looked ${Math.round(elapsed / MINUTE)} min after). ` +
      'It is not sent again while that host may be sending still.',
    hint: 'It goes on as soon as that host works again. If it never will: tell repost to forget it.',
    command: `repost hosts forget ${sender}`,
  });
}

/** A refusal that proves nothing about an effect: another run looks before anything is sent again. */
function uncertain(failure: Failure): Failure {
  return new Failure(failure.code, {
    kind: 'retry',
    message: failure.message,
    hint: failure.hint,
    ...(failure.status === undefined ? {} : { status: failure.status }),
    cause: failure,
  });
}
