import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';

/** A clock that can be moved ahead of another one: `advance` wakes whoever's time has come by it. */
export class OffsetClock implements Clock {
  #base: Clock;
  #offsetMs = 0;
  #sleepers = new Set<() => void>();

  constructor(base: Clock = systemClock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now() + this.#offsetMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.now() + ms;
    while (this.now() < until) {
      const moved = new AbortController();
      const wake = () => moved.abort();
      this.#sleepers.add(wake);
      try {
        const either = signal ? AbortSignal.any([signal, moved.signal]) : moved.signal;
        await this.#base.sleep(until - this.now(), either);
      } catch (reason) {
        if (!moved.signal.aborted || signal?.aborted) throw reason;
      } finally {
        this.#sleepers.delete(wake);
      }
    }
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
    for (const wake of [...this.#sleepers]) wake();
  }
}

/** A clock that a person or a test may move. */
export type MovableClock = Clock & { advance(ms: number): void };

export function isMovable(clock: Clock): clock is MovableClock {
  return 'advance' in clock && typeof clock.advance === 'function';
}
