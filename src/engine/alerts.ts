import type { AlertMessage, Channel } from '../core/alert.ts';
import { nextTime, parseTimeOfDay } from '../core/alert-hours.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import { asFailure, type Failure } from '../core/failure.ts';
import type { OpenProblem } from '../store/alert-types.ts';
import { composeAlert, composeDigest } from './alert-compose.ts';
import { type Courier, createCourier } from './alert-courier.ts';
import { GROUP_MS, HOLD_MS, isEmpty, nextBatch, type PlanInput, planChange } from './alert-plan.ts';
import type { EngineDeps, EngineEvent } from './deps.ts';
import { readProblemFacts, SILENT_INTERVALS, type Trouble } from './problem-facts.ts';
import { problemsOf } from './problems.ts';

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
/** A trouble is told of for so long after it was last met. */
const TROUBLE_MS = 15 * MINUTE;
/** Who writes meets a full disk again and again. */
const FULL_MS = 3 * MINUTE;
/** Due, and nothing goes out for so long: stuck. */
const STUCK_MS = 30 * MINUTE;
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
  const courier: Courier = createCourier(deps);
  const troubles = new Map<ErrorCode, { trouble: Trouble; at: number }>();
  const lastMessageAt = new Map<number, number>();
  /** Told while the store could not be written: `channelId key` → message. */
  const toldPastStore = new Map<string, { messageId: string; problem: PlanInput['problems'][number] }>();
  let channels: Channel[] = [];
  let dirty = true;
  let dueAt: number | null = null;
  let prunedAt = 0;
  let recovered = false;
  let movedAt = clock.now();
  let pollsFailed = false;
  let polls = 0;
  let beatAt = Number.NEGATIVE_INFINITY;

  function trouble(error: unknown): void {
    const { code, message, hint, command } = asFailure(error);
    troubles.set(code, { trouble: { code, message, hint, command }, at: clock.now() });
    dirty = true;
  }

  function tell(event: EngineEvent): void {
    // A long upload is no standstill.
    if ('job' in event) movedAt = clock.now();
    if (event.kind === 'job-progress' || event.kind === 'job-started') return;
    if (event.kind === 'poll') polls += 1;
    if (event.kind === 'poll-failed') pollsFailed = true;
    if (event.kind === 'trouble' && event.failure) trouble(event.failure);
    dirty = true;
  }

  // ---------------------------------------------------------------- what is wrong

  async function problemsNow(open: readonly OpenProblem[]) {
    const now = clock.now();
    for (const [code, { at }] of troubles)
      if (now - at > (code === 'E_DISK_FULL' ? FULL_MS : TROUBLE_MS)) troubles.delete(code);
    const silentMs = deps.settings().pollIntervalMs * SILENT_INTERVALS;
    const jobs = open.flatMap(({ problem }) => jobOf(problem.key));
    const [facts, freeBytes, dueSince, paused] = await Promise.all([
      readProblemFacts(store, now, silentMs, jobs),
      deps.freeBytes(),
      store.jobs.nextRunAt(now),
      deps.paused(),
    ]);
    const stuck = !paused && dueSince !== null && now - dueSince > STUCK_MS && now - movedAt > STUCK_MS;
    return problemsOf({
      ...facts,
      freeBytes,
      troubles: [...troubles.values()].map((one) => one.trouble),
      stuckSince: stuck ? dueSince : undefined,
      failing: await courier.failing(channels),
    });
  }

  async function notice(): Promise<{ open: OpenProblem[] }> {
    const now = clock.now();
    const open = await store.alerts.open();
    const told = new Map([...toldPastStore].map(([place, { messageId }]) => [place, messageId]));
    const seen = await problemsNow(open);
    // What was told past the store and is over already must be written down, so that its end is told as well.
    const remembered = [...toldPastStore.values()].map(({ problem }) => problem);
    const problems = [...seen, ...remembered.filter((one) => !seen.some(({ key }) => key === one.key))];
    const input = { now, channels, open, notices: await store.alerts.notices(), problems };
    const change = planChange({ ...input, toldBefore: told });
    if (!isEmpty(change)) await store.alerts.apply(change, now);
    for (const place of told.keys()) toldPastStore.delete(place);
    return { open: await store.alerts.open() };
  }

  // ---------------------------------------------------------------- who is told

  /** Puts what is due into the outbox. Gives when more comes due. */
  async function gather(open: readonly OpenProblem[], groupMs: number): Promise<number[]> {
    const now = clock.now();
    const { timeZone } = deps.settings();
    const notices = await store.alerts.notices();
    const missing = new Set(open.filter((one) => one.missingSince !== null).map(({ id }) => id));
    const later: number[] = open.flatMap((one) =>
      one.missingSince === null ? [] : [one.missingSince + HOLD_MS],
    );
    for (const channel of channels) {
      const last = lastMessageAt.get(channel.id);
      const input = { now, timeZone, channel, notices, missing, lastMessageAt: last, groupMs };
      const batch = nextBatch(input);
      if (batch.at !== null) later.push(batch.at);
      if (batch.notices.length === 0) continue;
      const message = composeAlert(deps.newId(), batch.notices, now);
      const ids = batch.notices.map(({ id }) => id);
      await store.alerts.queue(message, channel.id, ids, now);
      lastMessageAt.set(channel.id, now);
    }
    return later;
  }

  async function digests(open: readonly OpenProblem[]): Promise<number[]> {
    const now = clock.now();
    const later: number[] = [];
    for (const channel of channels) {
      const { digestAt, settings } = channel;
      if (digestAt === null || settings.digest === null) continue;
      if (digestAt > now) {
        later.push(digestAt);
        continue;
      }
      const next = nextTime(parseTimeOfDay(settings.digest), deps.settings().timeZone, now);
      const shown = open.filter(({ missingSince }) => missingSince === null);
      await store.alerts.queue(await composeDigest(store, deps.newId(), shown, now), channel.id, [], now);
      await store.alerts.setDigestAt(channel.id, next);
      later.push(next);
    }
    return later;
  }

  async function work(groupMs: number): Promise<void> {
    channels = await store.alerts.channels();
    if (channels.length === 0) return;
    const now = clock.now();
    if (!recovered) await store.alerts.recover(now);
    recovered = true;
    const { open } = await notice();
    const later = [...(await gather(open, groupMs)), ...(await digests(open))];
    if (now - prunedAt > PRUNE_MS) {
      await store.alerts.prune(now - KEPT_MS);
      prunedAt = now;
    }
    const next = await courier.deliver(channels);
    dueAt = Math.min(now + LOOK_MS, ...later, ...(next === null ? [] : [next]));
  }

  /** The store can't be written: what is critical is told all the same, once, from memory. */
  async function tellPastStore(failure: Failure): Promise<void> {
    trouble(failure);
    const now = clock.now();
    const problems = await problemsNow([]).catch(() => []);
    for (const channel of channels) {
      const due = problems.filter(
        (problem) => problem.severity === 'critical' && courier.isFor(channel, problem),
      );
      const fresh = due.filter(({ key }) => !toldPastStore.has(`${channel.id} ${key}`));
      const unsaid = await notToldBefore(channel, fresh);
      if (unsaid.length === 0) continue;
      const message = composeAlert(
        deps.newId(),
        unsaid.map((problem) => ({ problem, state: 'open', openedAt: now })),
        now,
      );
      try {
        await deps.send(channel, message);
      } catch (error) {
        deps.onError(error);
        continue;
      }
      for (const problem of unsaid)
        toldPastStore.set(`${channel.id} ${problem.key}`, { messageId: message.id, problem });
    }
  }

  /** A store that can't be written can often still be read. */
  async function notToldBefore(channel: Channel, problems: PlanInput['problems']) {
    const notices = await store.alerts.notices().catch(() => []);
    return problems.filter(
      ({ key, step }) =>
        !notices.some(
          (one) =>
            one.channelId === channel.id &&
            one.problem.key === key &&
            one.step === step &&
            one.messageId !== null,
        ),
    );
  }

  return {
    tell,
    trouble,
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
        await tellPastStore(asFailure(error)).catch(deps.onError);
        dirty = false;
      }
      return true;
    },
    async cycled() {
      const good = polls > 0 && !pollsFailed;
      polls = 0;
      pollsFailed = false;
      const now = clock.now();
      if (!good || Math.abs(now - beatAt) < BEAT_MS) return;
      beatAt = now;
      await courier.beat(await store.alerts.channels());
    },
  };
}

/** The job that a problem's key names. */
function jobOf(key: string): number[] {
  const match = /^(?:dead-letter|unknown-outcome|file-missing|approval):(\d+)$/u.exec(key);
  return match ? [Number(match[1])] : [];
}
