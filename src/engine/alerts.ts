import type { AlertMessage, Channel } from '../core/alert.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import { asFailure } from '../core/failure.ts';
import type { OpenProblem } from '../store/alert-types.ts';
import { createCourier } from './alert-courier.ts';
import { createGatherer } from './alert-gather.ts';
import { createPastStore, type PastStore } from './alert-past-store.ts';
import { GROUP_MS, isEmpty, planChange } from './alert-plan.ts';
import { createWatch, type Watch } from './alert-watch.ts';
import type { EngineDeps, EngineEvent } from './deps.ts';

export interface AlertDeps {
  store: EngineDeps['store'];
  clock: EngineDeps['clock'];
  random(): number;
  /** Sends one message to one channel; throws a Failure. */
  send(channel: Channel, message: AlertMessage): Promise<void>;
  newId(): string;
  /** Read where they are used: they may change. */
  settings(): { pollIntervalMs: number; timeZone: string };
  /** True while a person has stopped everything: then nothing is stuck. */
  paused(): Promise<boolean>;
  /** Room on the disk that the database is on. */
  freeBytes(): Promise<number | undefined>;
  /** What went wrong with telling itself. */
  onError(error: unknown): void;
}

export interface Alerts {
  /** Takes note of what the engine tells. */
  tell(event: EngineEvent): void;
  /** Takes note of something that went wrong outside of any job. */
  trouble(error: unknown): void;
  /** After each round of polls. */
  cycled(): Promise<void>;
  /**
   * Looks whether something changed, and sends what is due; false where it was too early to look. `last`: the
   * process ends, nothing is gathered.
   */
  look(last?: boolean): Promise<boolean>;
  /** When to look again at the latest (epoch ms), or null where nobody wants to be told anything. */
  nextAt(): number | null;
}

/** Even where nothing happens: sign-ins come nearer to their end, disks fill. */
const LOOK_MS = MINUTE;
/** What is over is remembered for so long. */
const KEPT_MS = 30 * DAY;
const PRUNE_MS = DAY;
/** A heartbeat needs no more than this. */
const BEAT_MS = MINUTE;

/**
 * Tells people what goes wrong: looks at what the store knows and the engine tells, keeps what is open and what
 * was told in the store, and sends. It has no timers: the daemon asks it after each cycle and when it is due.
 */
export function createAlerts(deps: AlertDeps): Alerts {
  const { store, clock } = deps;
  const courier = createCourier(deps);
  const watch = createWatch(deps, courier);
  const pastStore = createPastStore(deps, courier);
  const gatherer = createGatherer(deps);
  const tidying = createTidying(deps);
  let channels: Channel[] = [];
  let dirty = true;
  let dueAt: number | null = null;
  let beatAt = Number.NEGATIVE_INFINITY;

  async function work(groupMs: number): Promise<void> {
    channels = await store.alerts.channels();
    if (channels.length === 0) return;
    const now = clock.now();
    await tidying.begin(now);
    const open = await notice(deps, watch, pastStore, channels);
    const alerts = await gatherer.alerts(channels, open, groupMs);
    const digests = await gatherer.digests(channels, open);
    const weeks = await gatherer.weeks(channels);
    await tidying.prune(now);
    const next = await courier.deliver(channels);
    dueAt = Math.min(now + LOOK_MS, ...alerts, ...digests, ...weeks, ...(next === null ? [] : [next]));
  }

  async function workPastStore(error: unknown): Promise<void> {
    watch.trouble(asFailure(error));
    await pastStore.tell(channels, await watch.problems([], channels).catch(() => []));
  }

  return {
    tell(event) {
      if (watch.tell(event)) dirty = true;
    },
    trouble(error) {
      watch.trouble(error);
      dirty = true;
    },
    nextAt: () => (dirty ? clock.now() : dueAt),
    async look(last = false) {
      const now = clock.now();
      // A clock that was put back must not silence anything.
      const early = dueAt !== null && now < dueAt && now > dueAt - LOOK_MS;
      if (!dirty && early && !last) return false;
      dirty = false;
      dueAt = now + LOOK_MS;
      try {
        await work(last ? 0 : GROUP_MS);
      } catch (error) {
        deps.onError(error);
        await workPastStore(error).catch(deps.onError);
        dirty = false;
      }
      return true;
    },
    async cycled() {
      const good = watch.polledWell();
      const now = clock.now();
      if (!good || Math.abs(now - beatAt) < BEAT_MS) return;
      beatAt = now;
      await courier.beat(await store.alerts.channels());
    },
  };
}

/** Writes down what is wrong now, what no longer is, and who has to hear of it. Gives what is open. */
async function notice(
  { store, clock }: AlertDeps,
  watch: Watch,
  pastStore: PastStore,
  channels: readonly Channel[],
): Promise<OpenProblem[]> {
  const now = clock.now();
  const open = await store.alerts.open();
  const told = pastStore.told();
  const seen = await watch.problems(open, channels);
  // What was told past the store and is over already must be written down, so that its end is told as well.
  const over = pastStore.problems().filter((one) => !seen.some(({ key }) => key === one.key));
  const input = { now, channels, open, notices: await store.alerts.notices(), problems: [...seen, ...over] };
  const change = planChange({ ...input, toldBefore: told });
  if (!isEmpty(change)) await store.alerts.apply(change, now);
  pastStore.forget(told.keys());
  return store.alerts.open();
}

/** What a killed process left half sent is put back once; what is long over is forgotten once a day. */
function createTidying({ store }: AlertDeps) {
  let recovered = false;
  let prunedAt = 0;
  return {
    async begin(now: number): Promise<void> {
      if (!recovered) await store.alerts.recover(now);
      recovered = true;
    },
    async prune(now: number): Promise<void> {
      if (now - prunedAt <= PRUNE_MS) return;
      await store.alerts.prune(now - KEPT_MS);
      prunedAt = now;
    },
  };
}
