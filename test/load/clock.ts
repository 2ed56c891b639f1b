import { type Clock, systemClock } from '../../src/core/clock.ts';

/** A clock that runs faster than the machine's: the same for all processes that are told the same beginning. */
export class FastClock implements Clock {
  readonly #startedAt: number;
  readonly #speed: number;
  #aheadMs: number;

  constructor(startedAt: number, speed: number, aheadMs = 0) {
    this.#startedAt = startedAt;
    this.#speed = speed;
    this.#aheadMs = aheadMs;
  }

  now(): number {
    return this.at(Date.now());
  }

  /** What it shows, or will show, when the machine's clock shows this. */
  at(machine: number): number {
    return Math.floor(this.#startedAt + (machine - this.#startedAt) * this.#speed) + this.#aheadMs;
  }

  /** Beyond its pace, by now. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Nobody waits for this instant. */
  async skipTo(instant: number): Promise<void> {
    this.#aheadMs += Math.max(0, Math.ceil(instant - this.now()));
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#speed, signal);
  }
}

/** The machine's own clock, for what shares its time with a server: whoever wants a later instant waits for it. */
export class TrueClock extends FastClock {
  constructor() {
    super(Date.now(), 1);
  }

  override skipTo(instant: number): Promise<void> {
    return this.sleep(Math.max(0, instant - this.now()));
  }
}
