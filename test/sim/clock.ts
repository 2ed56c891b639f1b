import { TestClock } from '../../src/core/clock.ts';

interface Sleeper {
  at: number;
  /** Sleepers of one instant wake in the order in which they lay down. */
  turn: number;
  wake: () => void;
}

/** Virtual time: stands still until it is moved, and then jumps from one sleeper's waking to the next one's. */
export class SimClock extends TestClock {
  #instant: number;
  #turn = 0;
  #asleep: Sleeper[] = [];

  constructor(now: number) {
    super(now);
    this.#instant = now;
  }

  override now(): number {
    return this.#instant;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      this.#turn += 1;
      const onAbort = () => {
        this.#asleep = this.#asleep.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#instant + Math.max(0, ms), turn: this.#turn, wake };
      this.#asleep.push(sleeper);
      signal?.addEventListener('abort', onAbort);
    });
  }

  override advance(ms: number): void {
    this.moveTo(this.#instant + ms);
  }

  override nextWakeAt(): number | undefined {
    let least: number | undefined;
    for (const { at } of this.#asleep) if (least === undefined || at < least) least = at;
    return least;
  }

  /** Moves to an instant that is no later than the next waking, and wakes whose time has come: at most `most` of them. */
  moveTo(at: number, most = Number.POSITIVE_INFINITY): void {
    this.#instant = Math.max(this.#instant, at);
    const due = this.#asleep
      .filter((sleeper) => sleeper.at <= this.#instant)
      .sort((one, other) => one.at - other.at || one.turn - other.turn)
      .slice(0, most);
    if (due.length === 0) return;
    const woken = new Set(due);
    this.#asleep = this.#asleep.filter((sleeper) => !woken.has(sleeper));
    for (const { wake } of due) wake();
  }
}
