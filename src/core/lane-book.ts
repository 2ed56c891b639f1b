import { DAY } from './clock.ts';
import { nextAllowed } from './schedule.ts';
import type { Timetable } from './timing.ts';

/** A timetable that never has room: the job waits this long and is then looked at again. */
const NEVER_MS = 365 * DAY;

/** The instants at which something goes out on each lane (destination account): written as places are given away. */
export class LaneBook {
  readonly #taken: Map<number, number[]>;
  /** The last place found for each lane and timetable: what lies before it is full for good. */
  readonly #last = new Map<string, { after: number; at: number }>();

  constructor(taken: ReadonlyMap<number, readonly number[]> = new Map()) {
    this.#taken = new Map([...taken].map(([lane, instants]) => [lane, [...instants]]));
  }

  /** The first instant from `after` on that the timetable and the lane's others allow; it is then taken. */
  place(lane: number, timetable: Timetable, after: number): number {
    const key = `${lane} ${JSON.stringify(timetable)}`;
    const last = this.#last.get(key);
    const from = last && after >= last.after ? Math.max(after, last.at) : after;
    const taken = (this.#taken.get(lane) ?? []).filter((at) => at > from - NEAR_MS - timetable.gapMs);
    const at = nextAllowed(from, timetable, taken) ?? after + NEVER_MS;
    this.#last.set(key, { after, at });
    this.note(lane, at);
    return at;
  }

  /** Something goes out here, whatever a timetable says. */
  note(lane: number, at: number): void {
    const taken = this.#taken.get(lane);
    if (taken) taken.push(at);
    else this.#taken.set(lane, [at]);
  }
}

/** A local day, which counts its posts, began at most this long ago; so did a slot. */
const NEAR_MS = 2 * DAY;
