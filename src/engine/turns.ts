import { timingOf } from '../core/decision.ts';
import type { Rule } from '../core/rule.ts';
import { nextAllowedNow } from '../core/schedule.ts';
import type { FittedText } from '../core/text.ts';
import type { Timetable } from '../core/timing.ts';
import type { Store } from '../store/types.ts';
import { type Lane, openForecast, type Room } from './forecast.ts';

/** One job that waits for its turn. */
export interface Waiting {
  lane: Lane;
  rule: Rule | undefined;
  text: FittedText | undefined;
  runAt: number;
}

interface Turn<T> {
  dueAt: number;
  /** Among equals, who came first. */
  number: number;
  job: T;
  timetable: Timetable | undefined;
  by: string | undefined;
  moved: number;
}

/** What was published longer ago stands in no slot or day that is still open. */
const LOOK_BACK_MS = 2 * 86_400_000;
/** A turn that was moved this often is given as it stands. */
const MOST_MOVES = 500;

/**
 * When each of these jobs goes out, if nothing fails: played through as the lanes will work, the earliest due first,
 * each asked at its turn whether its rule's timing and the limits let it go. Writes nothing.
 */
export async function playTurns<T extends Waiting>(
  store: Store,
  jobs: readonly T[],
  now: number,
): Promise<Map<T, Room>> {
  const forecast = await openForecast(
    store,
    jobs.map(({ lane }) => lane),
    now,
  );
  const published = await openPublished(store, jobs, now);
  const turns = jobs.map(
    (job, number): Turn<T> => ({
      dueAt: job.runAt,
      number,
      job,
      timetable: timetableOf(job),
      by: undefined,
      moved: 0,
    }),
  );
  const queue = new TurnQueue(turns);
  const rooms = new Map<T, Room>();
  for (let turn = queue.next(); turn; turn = queue.next()) {
    const { job, timetable } = turn;
    const at = Math.max(now, turn.dueAt);
    const gone = published.get(job.lane.account.id) ?? [];
    const allowedAt = timetable ? nextAllowedNow(at, timetable, nearOnes(gone, at, timetable)) : at;
    if (allowedAt === undefined) continue;
    const room = forecast.look(job.lane, job.text, allowedAt);
    if (!room) continue;
    const by = room.by ?? turn.by;
    if (room.at > at && turn.moved < MOST_MOVES) {
      // First to the instant that its timing gives; the limits are asked again there.
      queue.add({
        ...turn,
        dueAt: allowedAt > at ? allowedAt : room.at,
        by: allowedAt > at ? turn.by : by,
        moved: turn.moved + 1,
      });
      continue;
    }
    forecast.place(job.lane, job.text, room.at);
    gone.push(room.at);
    published.set(job.lane.account.id, gone);
    rooms.set(job, { at: room.at, ...(by === undefined ? {} : { by }) });
  }
  return rooms;
}

/** Of what went out in order of time, what a gap, a slot or a day can still see. */
function nearOnes(gone: readonly number[], at: number, { gapMs }: Timetable): readonly number[] {
  let first = gone.length;
  while (first > 0 && (gone[first - 1] ?? 0) > at - LOOK_BACK_MS - gapMs) first -= 1;
  return first === 0 ? gone : gone.slice(first);
}

function timetableOf({ rule, lane }: Waiting): Timetable | undefined {
  if (!rule) return undefined;
  try {
    return timingOf(
      rule,
      rule.destinations.find(({ accountId }) => accountId === lane.account.id),
    ).timetable;
  } catch {
    return undefined;
  }
}

/** What really went out lately, on lanes where a timetable must know it. */
async function openPublished(
  store: Store,
  jobs: readonly Waiting[],
  now: number,
): Promise<Map<number, number[]>> {
  const published = new Map<number, number[]>();
  for (const job of jobs) {
    const accountId = job.lane.account.id;
    const timetable = timetableOf(job);
    if (!timetable || published.has(accountId)) continue;
    const posts = await store.jobs.posts({
      accountId,
      since: now - LOOK_BACK_MS - timetable.gapMs,
      limit: 1000,
    });
    published.set(
      accountId,
      posts.flatMap(({ post }) => (post ? [post.publishedAt] : [])).sort((a, b) => a - b),
    );
  }
  return published;
}

/** The earliest due first, among equals who came first: a binary heap. */
class TurnQueue<T> {
  readonly #heap: Turn<T>[] = [];

  constructor(turns: readonly Turn<T>[]) {
    for (const turn of turns) this.add(turn);
  }

  add(turn: Turn<T>): void {
    const heap = this.#heap;
    let at = heap.push(turn) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  next(): Turn<T> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && this.#isBefore(left, least)) least = left;
      if (right < heap.length && this.#isBefore(right, least)) least = right;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.dueAt !== b.dueAt ? a.dueAt < b.dueAt : a.number < b.number;
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a && b) [this.#heap[one], this.#heap[other]] = [b, a];
  }
}
