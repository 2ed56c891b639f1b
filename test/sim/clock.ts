import type { Clock } from '../../src/core/clock.ts';

interface Sleeper {
  at: number;
  /** Sleepers of one instant wake in the order in which they lay down. */
  turn: number;
  wake: () => void;
}

/** Virtual time: stands still until it is moved, and then jumps from one sleeper's waking to the next one's. */
export class SimClock implements Clock {
  #now: number;
  #turn = 0;
  #sleepers: Sleeper[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      this.#turn += 1;
      const sleeper = { at: this.#now + Math.max(0, ms), turn: this.#turn, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** When the next sleeper wakes; undefined where nobody sleeps. */
  nextAt(): number | undefined {
    let least: number | undefined;
    for (const { at } of this.#sleepers) if (least === undefined || at < least) least = at;
    return least;
  }

  /** Moves to an instant that is no later than the next waking, and wakes whose time has come: at most `most` of them. */
  moveTo(at: number, most = Number.POSITIVE_INFINITY): void {
    this.#now = Math.max(this.#now, at);
    const due = this.#sleepers
      .filter((sleeper) => sleeper.at <= this.#now)
      .sort((one, other) => one.at - other.at || one.turn - other.turn)
      .slice(0, most);
    if (due.length === 0) return;
    const woken = new Set(due);
    this.#sleepers = this.#sleepers.filter((sleeper) => !woken.has(sleeper));
    for (const { wake } of due) wake();
  }
}
