import PQueue from 'p-queue';
import { MINUTE, SECOND } from '../core/clock.ts';
import { asFailure } from '../core/failure.ts';
import type { Holder, JobRow, JobView } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { chooseLanes, type LaneOwner } from './fairness.ts';
import { runJob } from './runner.ts';

/** A job whose outcome could not be written is tried again after this. */
const STRANDED_MS = 15 * SECOND;
/** A lane rests no longer than this: a person may have raised the limit, and a post in doubt may wait behind. */
const LONGEST_REST_MS = 5 * MINUTE;

/**
 * One queue of concurrency 1 for each destination account inside one global bound. Only the head of a lane is
 * ever in memory: the backlog stays in the store, so 100,000 waiting jobs cost nothing here. Limits are the
 * ledger's affair; p-queue's intervals are not exact.
 */
export class Lanes {
  readonly #deps: EngineDeps;
  readonly #all: PQueue;
  readonly #lanes = new Map<number, { lane: PQueue; owner: LaneOwner }>();
  readonly #owners = new Map<number, LaneOwner>();
  readonly #onEnd: () => void;
  readonly #stop = new AbortController();
  /** Jobs whose run has ended, and the store does not know it. */
  readonly #stranded = new Set<number>();
  /** Lanes that rest, and until when (epoch ms). */
  readonly #resting = new Map<number, number>();

  constructor(deps: EngineDeps, onEnd: () => void) {
    this.#deps = deps;
    this.#onEnd = onEnd;
    this.#all = new PQueue({ concurrency: deps.settings.concurrency });
  }

  /** Jobs that run or are about to. */
  get running(): number {
    return this.#all.pending + this.#all.size;
  }

  /**
   * Starts the next due job of every free lane, as far as the bound allows. Gives whether that left any that
   * could be started now.
   */
  async fill(): Promise<boolean> {
    await this.#release();
    if (this.#deps.presence?.draining) return false;
    this.#all.concurrency = this.#deps.settings.concurrency;
    const room = this.#deps.settings.concurrency - this.running;
    if (room <= 0) return false;
    const due = await this.#deps.store.jobs.dueLanes(this.#deps.clock.now(), this.#closed());
    const lanes = await Promise.all(due.map((id) => this.#owner(id)));
    const chosen = chooseLanes(
      lanes,
      [...this.#lanes.values()].map(({ owner }) => owner),
      room,
      this.#deps.settings.concurrency,
    );
    for (const lane of chosen) this.#start(lane);
    return chosen.length > 0 && chosen.length < lanes.length;
  }

  /** Lanes that run a job now. */
  get busy(): number[] {
    return [...this.#lanes.keys()];
  }

  /** When the next job of a lane that neither runs nor rests comes due (epoch ms), or a lane has rested; else null. */
  async nextDueAt(): Promise<number | null> {
    if (this.#deps.presence?.draining) return null;
    const closed = this.#closed();
    const jobAt = await this.#deps.store.jobs.nextRunAt(this.#deps.clock.now(), closed);
    const dueAt = [...this.#resting.values(), ...(jobAt === null ? [] : [jobAt])];
    return dueAt.length === 0 ? null : Math.min(...dueAt);
  }

  /** Lanes that run a job or rest. */
  #closed(): number[] {
    const now = this.#deps.clock.now();
    for (const [accountId, until] of this.#resting) if (until <= now) this.#resting.delete(accountId);
    return [...this.#lanes.keys(), ...this.#resting.keys()];
  }

  /**
   * What held this job up holds up all behind it: without a rest each of them would be taken, found to be held
   * up too and put back, again and again.
   */
  async #rest(job: JobView): Promise<void> {
    const { accountId, state, reason, runAt, error } = job;
    const spentRetries = reason === 'backoff' && error?.code === 'E_NOT_YET';
    if (state !== 'waiting' || !(reason === 'quota' || reason === 'breaker' || spentRetries)) return;
    const now = this.#deps.clock.now();
    const others = this.busy.filter((id) => id !== accountId);
    if (!(await this.#deps.store.jobs.dueLanes(now, others)).includes(accountId)) return;
    this.#resting.set(accountId, Math.min(runAt, now + LONGEST_REST_MS));
  }

  /** Whose lane it is, and where it leads. Neither ever changes but for the user: asked anew by each process. */
  async #owner(accountId: number): Promise<LaneOwner> {
    const known = this.#owners.get(accountId);
    if (known) return known;
    const account = await this.#deps.store.accounts.get(accountId);
    const owner = { accountId, user: account?.user ?? '', platform: account?.platform ?? '' };
    this.#owners.set(accountId, owner);
    return owner;
  }

  #start(owner: LaneOwner): void {
    const { accountId } = owner;
    const lane = new PQueue({ concurrency: 1 });
    this.#lanes.set(accountId, { lane, owner });
    void lane
      .add(() => this.#all.add(() => this.#runNext(accountId)))
      .catch((error: unknown) => {
        const failure = asFailure(error);
        this.#deps.emit({ kind: 'trouble', message: failure.message, failure });
      })
      .finally(() => {
        this.#lanes.delete(accountId);
        this.#onEnd();
      });
  }

  async #runNext(accountId: number): Promise<void> {
    const job = await this.#claim(accountId);
    if (!job) return;
    try {
      const ended = await runJob(this.#deps, job, this.#stop.signal);
      if (!ended) {
        // Another host has it, which may be waiting for word that this one sends nothing any more.
        this.#stranded.add(job.id);
        return;
      }
      this.#deps.presence?.ended(job.id);
      await this.#rest(ended);
    } catch (error) {
      // What became of it could not be written (a full disk): the journal knows how far it came.
      this.#stranded.add(job.id);
      throw error;
    }
  }

  #claim(accountId: number): Promise<JobRow | undefined> {
    const { store, clock, presence } = this.#deps;
    const take = (holder?: Holder) => store.jobs.claim(accountId, clock.now(), holder);
    return presence ? presence.claim(take) : take();
  }

  /** Gives stranded jobs back to their lanes, as soon as the store takes it. */
  async #release(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const id of this.#stranded) {
      await this.#deps.store.jobs.release(id, now + STRANDED_MS, now, this.#deps.presence?.holder);
      this.#deps.presence?.ended(id);
      this.#stranded.delete(id);
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#all.onIdle();
    await Promise.all([...this.#lanes.values()].map(({ lane }) => lane.onIdle()));
  }

  /** Ends what runs as soon as it can be ended: the journal makes that safe. */
  abort(): void {
    this.#stop.abort();
  }
}
