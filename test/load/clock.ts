import { type Clock, systemClock } from '../../src/core/clock.ts';

/** A clock that runs faster than the machine's: the same for all processes that are told the same beginning. */
export class FastClock implements Clock {
  readonly #startedAt: number;
  readonly #speed: number;

  constructor(startedAt: number, speed: number) {
    this.#startedAt = startedAt;
    this.#speed = speed;
  }

  now(): number {
    return Math.floor(this.#startedAt + (Date.now() - this.#startedAt) * this.#speed);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#speed, signal);
  }
}
