import { type Clock, SECOND } from '../core/clock.ts';

/** Signs of life more often than this would only cost: each one starts a program. */
const LEAST_PAUSE_MS = 15 * SECOND;

export interface Heart {
  clock: Clock;
  /** The supervisor kills us after this long without a sign. */
  watchdogMs: number;
  /** How often the loop has turned; `wake` makes it turn again. */
  turns(): number;
  wake(): void;
  /** Resolves where the database answers. */
  database(): Promise<unknown>;
  beat(): Promise<void>;
}

/**
 * Feeds the watchdog at a third of its time, but only where the loop turned and the database answered since the last
 * beat: a process that is alive and does nothing is worse than a dead one. Gives what ends it.
 */
export function startHeart(heart: Heart): () => void {
  const { clock, watchdogMs } = heart;
  const pauseMs = Math.max(watchdogMs / 3, Math.min(LEAST_PAUSE_MS, watchdogMs / 2));
  const stop = new AbortController();
  void (async () => {
    let seen = heart.turns();
    while (!stop.signal.aborted) {
      heart.wake();
      await clock.sleep(pauseMs, stop.signal);
      if (heart.turns() === seen) continue;
      const before = heart.turns();
      if (!(await answers(heart))) continue;
      seen = before;
      await heart.beat();
    }
  })().catch(() => undefined);
  return () => stop.abort();
}

async function answers(heart: Heart): Promise<boolean> {
  try {
    await heart.database();
    return true;
  } catch {
    return false;
  }
}
