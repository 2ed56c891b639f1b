import type { Channel } from '../core/alert.ts';
import { MINUTE } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import { asFailure } from '../core/failure.ts';
import type { OpenProblem } from '../store/alert-types.ts';
import type { Courier } from './alert-courier.ts';
import type { AlertDeps } from './alerts.ts';
import type { EngineEvent } from './deps.ts';
import { readProblemFacts, SILENT_INTERVALS, type Trouble } from './problem-facts.ts';
import { problemsOf } from './problems.ts';

/** What is wrong now: read from the store, and remembered of what the engine told. */
export interface Watch {
  /** Gives whether something may be new to tell. */
  tell(event: EngineEvent): boolean;
  /** Something went wrong outside of any job. */
  trouble(error: unknown): void;
  problems(
    open: readonly OpenProblem[],
    channels: readonly Channel[],
  ): Promise<ReturnType<typeof problemsOf>>;
  /** Whether all polls since the last call went well, and there were any. */
  polledWell(): boolean;
}

/** A trouble is told of for so long after it was last met. */
const TROUBLE_MS = 15 * MINUTE;
/** Who writes meets a full disk again and again. */
const FULL_MS = 3 * MINUTE;
/** Due, and nothing goes out for so long: stuck. */
const STUCK_MS = 30 * MINUTE;

type Watched = Pick<AlertDeps, 'store' | 'clock' | 'settings' | 'paused' | 'freeBytes'>;

export function createWatch(deps: Watched, courier: Courier): Watch {
  const { store, clock } = deps;
  const troubles = new Map<ErrorCode, { trouble: Trouble; at: number }>();
  let movedAt = clock.now();
  let pollsFailed = false;
  let polls = 0;

  function trouble(error: unknown): void {
    const { code, message, hint, command } = asFailure(error);
    troubles.set(code, { trouble: { code, message, hint, command }, at: clock.now() });
  }

  function forgetOldTroubles(now: number): void {
    for (const [code, { at }] of troubles)
      if (now - at > (code === 'E_DISK_FULL' ? FULL_MS : TROUBLE_MS)) troubles.delete(code);
  }

  return {
    trouble,
    tell(event) {
      // A long upload is no standstill.
      if ('job' in event) movedAt = clock.now();
      if (event.kind === 'job-progress' || event.kind === 'job-started') return false;
      if (event.kind === 'poll') polls += 1;
      if (event.kind === 'poll-failed') pollsFailed = true;
      if (event.kind === 'trouble' && event.failure) trouble(event.failure);
      return true;
    },
    async problems(open, channels) {
      const now = clock.now();
      forgetOldTroubles(now);
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
    },
    polledWell() {
      const good = polls > 0 && !pollsFailed;
      polls = 0;
      pollsFailed = false;
      return good;
    },
  };
}

/** The job that a problem's key names. */
function jobOf(key: string): number[] {
  const match = /^(?:dead-letter|unknown-outcome|file-missing|approval):(\d+)$/u.exec(key);
  return match ? [Number(match[1])] : [];
}
