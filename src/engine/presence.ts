import { SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { SteeredClock } from '../core/steered-clock.ts';
import type { Beat, Holder, JobRow, Store } from '../store/types.ts';

/** A lease that was renewed within this part of its length is not asked about again. */
const SURE_PART = 0.5;
/** Up to this part of its length a lease that was renewed is good enough for a request that publishes nothing. */
const GOOD_PART = 0.9;
/** Signs of life for each length of a lease. */
const BEATS = 3;
/** A sign of life that failed is tried again after this. */
const AGAIN_MS = 5 * SECOND;

/** This process among the hosts of one store: what it holds, and whether it may still act on it. */
export interface Presence {
  readonly holder: Holder;
  /** It takes nothing new: a person said so, or another process works under its name. */
  readonly draining: boolean;
  /** Takes a job; the time of its lease runs from before the question. */
  claim(take: (holder: Holder) => Promise<JobRow | undefined>): Promise<JobRow | undefined>;
  /** True where the store says that the job is this process's, however late: enough for what is checked again as it is written. */
  owns(jobId: number): Promise<boolean>;
  /** Throws E_LEASE_LOST, certain, where it does not hold the job, or can't know it: asked right before a request that publishes. */
  witness(jobId: number): Promise<void>;
  /**
   * Throws E_LEASE_LOST where a lease has run out and it does not hold the job, or can't know it: asked right before
   * every request on its behalf. Certain only where none has left since it was `witness`.
   */
  attend(jobId: number): Promise<void>;
  /** Its run has ended, and what became of it is written. */
  ended(jobId: number): void;
  /** True where this host does what only one does at a time; its turn lasts `ms` from now. */
  leads(task: string, ms: number): Promise<boolean>;
  /** Enters as a host that works from now on. Only under the home's lock. */
  enter(): Promise<void>;
  /** Gives signs of life until `stop` or `leave`. */
  start(): void;
  /** Gives no more: the process ends as if it were killed. */
  stop(): void;
  /** Ends in good order: nothing runs any more. */
  leave(): Promise<void>;
}

interface PresenceOptions {
  store: Pick<Store, 'hosts' | 'jobs'>;
  /** Set right by each sign of life, which itself names the machine's own time. */
  clock: SteeredClock;
  /** A clock that is never set (ms). It may stand still with the machine: what the other says counts as well. */
  monotonic(): number;
  holder: Holder;
  version: string;
  /** After a sign of life: it was told to drain or to go on, or took jobs over from others. */
  onChange(): void;
  onError(error: unknown): void;
}

/** An instant by both clocks. */
interface Mark {
  wall: number;
  mono: number;
}

export function openPresence(options: PresenceOptions): Presence {
  const { store, clock, holder } = options;
  const { hosts, jobs } = store;
  /** When each job's lease was last renewed, as far as this process knows: never later than in the store. */
  const renewed = new Map<number, Mark>();
  /** Jobs of which no request has left since the last look before one that publishes. */
  const untouched = new Set<number>();
  const stop = new AbortController();
  let beating: Promise<void> = Promise.resolve();
  let draining = false;
  let replaced = false;

  const mark = (): Mark => ({ wall: clock.own.now(), mono: options.monotonic() });
  const since = (one: Mark) => Math.max(clock.own.now() - one.wall, options.monotonic() - one.mono);
  const isWithin = (jobId: number, ms: number) => {
    const at = renewed.get(jobId);
    return at !== undefined && since(at) < ms;
  };
  const isSure = (jobId: number) => isWithin(jobId, holder.leaseMs * SURE_PART);

  async function beat(): Promise<Beat | undefined> {
    const at = mark();
    const answer = await hosts.beat(holder, [...renewed.keys()], at.wall);
    if (answer) clock.learn(at.wall, answer.at, clock.own.now());
    replaced = answer === undefined;
    draining = answer?.draining ?? true;
    for (const id of answer?.jobs ?? []) if (renewed.has(id)) renewed.set(id, at);
    return answer;
  }

  /**
   * True where the job is this process's for a good part of a lease to come: known from the last sign of life, or from
   * one that is given now. Throws what the store throws.
   */
  async function holds(jobId: number): Promise<boolean> {
    if (isSure(jobId)) return true;
    const answer = await beat();
    // The answer itself may have come late.
    return answer?.jobs.includes(jobId) === true && isSure(jobId);
  }

  async function check(jobId: number, certain: boolean): Promise<void> {
    let cause: unknown;
    const held = await holds(jobId).catch((error: unknown) => {
      cause = error;
      return false;
    });
    if (!held) throw leaseLost(jobId, certain, cause);
  }

  /** One sign of life, and what others left. */
  async function live(): Promise<void> {
    const before = draining;
    await beat();
    const taken = replaced ? [] : await jobs.recover(clock.now(), holder);
    if (draining !== before || taken.length > 0) options.onChange();
  }

  async function loop(): Promise<void> {
    let wait = holder.leaseMs / BEATS;
    while (!stop.signal.aborted) {
      await clock.sleep(wait, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      wait = holder.leaseMs / BEATS;
      try {
        await live();
      } catch (error) {
        wait = Math.min(wait, AGAIN_MS);
        options.onError(error);
      }
    }
  }

  return {
    holder,
    get draining() {
      return draining;
    },
    async claim(take) {
      const at = mark();
      const job = await take(holder);
      if (job) renewed.set(job.id, at);
      return job;
    },
    owns: async (jobId) => isSure(jobId) || (await beat())?.jobs.includes(jobId) === true,
    async witness(jobId) {
      await check(jobId, true);
      untouched.add(jobId);
    },
    async attend(jobId) {
      if (!isWithin(jobId, holder.leaseMs * GOOD_PART)) await check(jobId, untouched.has(jobId));
      untouched.delete(jobId);
    },
    ended(jobId) {
      renewed.delete(jobId);
      untouched.delete(jobId);
    },
    leads: async (task, ms) => !draining && (await hosts.lead(task, holder, ms, clock.now())),
    async enter() {
      const { host: name, instance } = holder;
      draining = (await hosts.enter({ name, instance, version: options.version }, clock.own.now())).draining;
    },
    start() {
      beating = loop();
    },
    stop: () => stop.abort(),
    async leave() {
      stop.abort();
      await beating;
      await hosts.leave(holder, clock.own.now());
    },
  };
}

function leaseLost(jobId: number, certain: boolean, cause: unknown): Failure {
  const why =
    cause === undefined
      ? 'another host may have it: this one gave no sign of life for too long'
      : `it can’t be known whether this host still has it: ${asFailure(cause).message}`;
  return new Failure('E_LEASE_LOST', {
    message: `Job ${jobId} is not sent here: ${why}.`,
    certain,
    cause,
  });
}
