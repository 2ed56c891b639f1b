import PQueue from 'p-queue';
import { MINUTE } from '../core/clock.ts';
import { asFailure } from '../core/failure.ts';
import type { SourceRow } from '../store/types.ts';
import { runBackfills } from './backfill.ts';
import type { EngineDeps } from './deps.ts';
import { clearHosted } from './hosting.ts';
import { Lanes } from './lanes.ts';
import { readNumbers } from './numbers.ts';
import { pollSource } from './watcher.ts';

/** `sync` waits for jobs that come due within this time. */
const SYNC_PATIENCE_MS = MINUTE;
/** Sources polled at once. */
const POLLS_AT_ONCE = 8;
/** More than these need not stand in line: of a thousand sources that are due, each look would read them all. */
const POLLS_IN_LINE = 4 * POLLS_AT_ONCE;
/** A source is one host's for so long, unless its answer comes before: asked twice does no harm, not asked at all does. */
const POLL_LEASE_MS = MINUTE;
/** One host reads views and likes for so long; the next one that looks after that may be another. */
const NUMBERS_TURN_MS = 15 * MINUTE;
/** Sign-ins renewed at once: most of a renewal is waiting, for the platform and for the vault’s disk. */
const RENEWALS_AT_ONCE = 16;

export interface Engine {
  /** Gives every job that was in flight when the process died back to its lane. Call once, before anything else. */
  recover(): Promise<number>;
  /**
   * Polls the sources that are due (or all), a few at a time; one that is still being asked is not asked twice. Gives
   * how many.
   */
  poll(which: 'due' | 'all'): Promise<number>;
  /** Renews sign-ins that are due, also of accounts that have nothing to do: unused ones lapse. */
  freshenSignIns(stop?: AbortSignal): Promise<void>;
  /** Reads views and likes that are due, where nothing else wants the room. Gives of how many posts. */
  readNumbers(signal?: AbortSignal): Promise<number>;
  /** Starts what is due and free. */
  pump(): Promise<void>;
  /** When something comes due next (epoch ms), or null. */
  nextDueAt(): Promise<number | null>;
  /** When a job comes due next in a lane that can take it (epoch ms), or null. */
  nextJobAt(): Promise<number | null>;
  /** Polls everything once, then works until no job runs or comes due within the minute; `stop` lets what runs end and starts nothing more. */
  sync(stop?: AbortSignal): Promise<void>;
  /** Resolves once no job runs. */
  idle(): Promise<void>;
  abort(): void;
  /** Lanes that run a job now. */
  running(): number;
  /** Told whenever a job or a poll ends. */
  onEnd(listener: () => void): void;
}

/** The engine that `sync`, `daemon` and the simulation share. It has no timers of its own. */
export function createEngine(deps: EngineDeps): Engine {
  const { store, clock } = deps;
  const listeners = new Set<() => void>();

  const ended = () => {
    for (const listener of listeners) listener();
  };
  const lanes = new Lanes(deps, ended);
  const polls = new PQueue({ concurrency: POLLS_AT_ONCE });
  /** Sources that are being asked, or wait for their turn. */
  const asked = new Map<number, Promise<void>>();
  let clearing: Promise<void> | undefined;

  function ask(row: SourceRow): Promise<void> {
    const asking =
      asked.get(row.id) ??
      polls
        .add(async () => {
          if (!(await isOurs(row))) return;
          await pollSource(deps, row);
          await runBackfills(deps, row.id);
        })
        .finally(() => {
          asked.delete(row.id);
          ended();
        });
    asked.set(row.id, asking);
    return asking;
  }

  /** Where several hosts share the store, one of them asks a source. */
  async function isOurs({ id }: SourceRow): Promise<boolean> {
    const { presence } = deps;
    if (!presence) return true;
    const now = clock.now();
    return !presence.draining && store.sources.take(id, presence.holder.host, now + POLL_LEASE_MS, now);
  }

  /** Those that wait longest, as many as there is room for. */
  async function dueSources(): Promise<SourceRow[]> {
    const room = POLLS_IN_LINE - asked.size;
    if (room <= 0) return [];
    const rows = await store.sources.due(deps.settings.pollIntervalMs, clock.now(), [...asked.keys()], room);
    // Another round may have asked one meanwhile.
    return rows.filter(({ id }) => !asked.has(id));
  }

  async function poll(which: 'due' | 'all'): Promise<number> {
    const rows =
      which === 'all' ? (await store.sources.list()).filter((row) => !row.paused) : await dueSources();
    await Promise.all(rows.map(ask));
    clearing ??= clearHosted(deps).finally(() => {
      clearing = undefined;
    });
    await clearing;
    return rows.length;
  }

  async function freshenSignIns(stop?: AbortSignal): Promise<void> {
    const work = new PQueue({ concurrency: RENEWALS_AT_ONCE });
    for (const account of await store.accounts.list()) {
      const service = deps.registry.service(account.platform);
      if (!service || account.status === 'login-needed') continue;
      void work.add(async () => {
        if (stop?.aborted) return;
        try {
          await deps.freshen(account, service);
        } catch (error) {
          const failure = asFailure(error);
          // Everything else is a blip of network, platform or vault: the next look comes soon enough.
          if (failure.kind === 'login')
            deps.emit({ kind: 'login-needed', account, message: failure.message });
        }
      });
    }
    await work.onIdle();
  }

  async function pump(): Promise<void> {
    while (await lanes.fill());
  }

  async function sync(stop?: AbortSignal): Promise<void> {
    await poll('all');
    for (;;) {
      if (stop?.aborted) return lanes.idle();
      await pump();
      if (lanes.running > 0) {
        await oneEnds();
        continue;
      }
      const dueAt = await lanes.nextDueAt();
      if (dueAt === null || dueAt > clock.now() + SYNC_PATIENCE_MS) return;
      await clock.sleep(dueAt - clock.now(), stop).catch(() => undefined);
    }
  }

  /** Resolves when a job ends; while others run, a lane whose next job came due meanwhile is filled then. */
  function oneEnds(): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => {
        listeners.delete(listener);
        resolve();
      };
      listeners.add(listener);
    });
  }

  return {
    recover: async () => (await store.jobs.recover(clock.now(), deps.presence?.holder)).length,
    poll,
    freshenSignIns,
    readNumbers: async (signal) => {
      if (deps.presence && !(await deps.presence.leads('numbers', NUMBERS_TURN_MS))) return 0;
      return readNumbers(deps, { busy: (accountId) => lanes.busy.includes(accountId), signal });
    },
    pump,
    sync,
    nextDueAt: async () => {
      if (deps.presence?.draining) return null;
      const jobAt = await lanes.nextDueAt();
      const pollAt = await store.sources.nextDueAt(deps.settings.pollIntervalMs, [...asked.keys()]);
      return jobAt === null || pollAt === null ? (jobAt ?? pollAt) : Math.min(jobAt, pollAt);
    },
    nextJobAt: () => lanes.nextDueAt(),
    idle: () => lanes.idle(),
    abort: () => lanes.abort(),
    running: () => lanes.busy.length,
    onEnd: (listener) => void listeners.add(listener),
  };
}
