import { type ScheduledTask, schedule } from 'node-cron';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { EngineDeps } from './deps.ts';
import type { Engine } from './engine.ts';

/** How often the daemon looks at least: catches clock jumps, wake-ups from suspend and changes by others. */
const TICK = '*/15 * * * * *';

/** How soon it looks again where something is due and did not start. */
const LOOK_AGAIN_MS = 250;

/** How soon a store that did not answer is asked again. */
const STORE_AGAIN_MS = 5 * SECOND;

/** How often it is looked whether views and likes are due. */
const NUMBERS_MS = 10 * MINUTE;

/** How often sign-ins of idle accounts are looked at: the shortest that lapse unused last days. */
const FRESHEN_MS = 6 * HOUR;

export interface Daemon {
  /** Looks at once: somebody changed something. */
  nudge(): void;
  /** Takes no new work until resumed; what runs goes on. Sign-ins are kept fresh meanwhile. */
  pause(): void;
  resume(): void;
  /** Asks every source now, due or not. Gives how many. Throws E_WRONG_STATE while paused or draining. */
  pollNow(): Promise<number>;
  /** How often it has looked so far: where this stands still longer than the tick, it hangs. */
  turns(): number;
  /** Takes no new work and resolves when what runs has ended. */
  drain(): Promise<void>;
  /** Resolves when the daemon has stopped. */
  readonly done: Promise<void>;
}

/** Whoever watches over the work and tells people of it. */
export interface Watch {
  /** Looks, and tells; true where there was anything to look at. */
  look(): Promise<boolean>;
  /** After each round of polls. */
  cycled(): Promise<void>;
  /** When to look again at the latest (epoch ms). */
  nextAt(): number | null;
}

/**
 * Polls and publishes until drained. Due times come from the store; between them it sleeps, woken by the end
 * of a job, a nudge, or the tick.
 */
export function startDaemon(
  deps: EngineDeps,
  engine: Engine,
  onError: (error: unknown) => void,
  options: { paused?: boolean; watch?: Watch } = {},
): Daemon {
  let draining = false;
  let paused = options.paused ?? false;
  let turns = 0;
  /** Polls that a person asked for and that still run. */
  let asked: Promise<unknown> = Promise.resolve();
  const { watch } = options;
  let watching: Promise<void> | undefined;
  let awake: (() => void) | undefined;
  let nudged = false;
  /** When to look next is to be asked anew; there is nothing to look at before. */
  let recount = false;
  const wake = () => {
    nudged = true;
    // While it drains there is nothing to look at: that it can be woken shows that it lives.
    if (draining) turns += 1;
    awake?.();
  };
  const logger = {
    info: () => undefined,
    debug: () => undefined,
    warn: (said: string) => onError(new Error(said)),
    error: (said: unknown) => onError(said),
  };
  // It would write to the terminal by itself.
  const ticker: ScheduledTask = schedule(TICK, wake, { noOverlap: true, logger });
  // The machine slept, or something held it up: to see that is what the tick is for.
  ticker.on('execution:missed', wake);
  engine.onEnd(wake);

  const rounds = new Set<Promise<void>>();
  let freshenAt = deps.clock.now();
  let numbersAt = deps.clock.now();
  let reading: Promise<void> | undefined;
  let freshening: Promise<void> | undefined;
  const stopAsking = new AbortController();

  /** Beside the loop: a slow source must hold up neither the lanes nor the other sources. */
  function pollDue(): void {
    const round = engine
      .poll('due')
      .then((polled) => (polled ? watch?.cycled() : undefined))
      .catch(onError)
      .finally(() => rounds.delete(round));
    rounds.add(round);
  }

  /** Beside the loop: a thousand renewals, or one platform that answers none, must hold no poll up. */
  async function freshenOnce(): Promise<void> {
    freshenAt = deps.clock.now() + FRESHEN_MS;
    await engine.freshenSignIns(stopAsking.signal).catch(onError);
    freshening = undefined;
  }

  /** Beside the loop, like all that must hold nothing up; what it was about to ask is dropped at the end. */
  async function readOnce(): Promise<void> {
    numbersAt = deps.clock.now() + NUMBERS_MS;
    await engine.readNumbers(stopAsking.signal).catch(onError);
    reading = undefined;
  }

  /** Beside the loop: a service that is slow to be told must hold nothing up. */
  async function watchOnce(): Promise<void> {
    const looked = await watch?.look().catch(onError);
    watching = undefined;
    if (!looked) return;
    recount = true;
    awake?.();
  }

  async function nextAt(): Promise<number | null> {
    const dueAt = [paused ? null : await engine.nextDueAt(), watching ? null : (watch?.nextAt() ?? null)];
    const known = dueAt.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** A store that is away for a while comes back, and the work goes on then; any other trouble with it is the end. */
  async function nextLook(): Promise<number | null> {
    try {
      return await nextAt();
    } catch (error) {
      if (asFailure(error).kind !== 'retry') throw error;
      onError(error);
      return deps.clock.now() + STORE_AGAIN_MS;
    }
  }

  async function loop(): Promise<void> {
    while (!draining) {
      nudged = false;
      if (!paused) pollDue();
      if (!paused) await engine.pump().catch(onError);
      if (watch) watching ??= watchOnce();
      if (deps.clock.now() >= freshenAt) freshening ??= freshenOnce();
      if (!paused && deps.clock.now() >= numbersAt) reading ??= readOnce();
      turns += 1;
      do {
        recount = false;
        if (!draining && !nudged) await sleepUntil(await nextLook());
      } while (recount && !draining && !nudged);
    }
    await Promise.all([...rounds, asked, watching, freshening, reading]);
    await engine.idle();
  }

  async function sleepUntil(dueAt: number | null): Promise<void> {
    const stop = new AbortController();
    const woken = new Promise<void>((resolve) => {
      awake = resolve;
    });
    if (nudged || recount) awake?.();
    // What is due already either runs (its end wakes us) or came due since the last look.
    const ahead = dueAt === null ? null : Math.max(LOOK_AGAIN_MS, dueAt - deps.clock.now());
    const timer = ahead === null ? woken : deps.clock.sleep(ahead, stop.signal).catch(() => undefined);
    await Promise.race([woken, timer]);
    // Without a reason one is made, with a stack: a sixth of what an idle daemon did.
    stop.abort('awake');
    awake = undefined;
  }

  const done = loop().finally(() => ticker.destroy());
  return {
    nudge: wake,
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      wake();
    },
    async pollNow() {
      if (paused || draining)
        throw new Failure('E_WRONG_STATE', {
          message: paused ? 'The daemon is paused: it asks nobody.' : 'The daemon is stopping.',
          ...(paused ? { command: 'repost daemon resume' } : {}),
        });
      const poll = engine.poll('all');
      asked = Promise.all([asked, poll.catch(() => undefined)]);
      const polled = await poll;
      wake();
      return polled;
    },
    turns: () => turns,
    async drain() {
      draining = true;
      stopAsking.abort();
      wake();
      await done;
    },
    done,
  };
}
