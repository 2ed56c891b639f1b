import { nextStartOfDay, startOfDay } from './calendar.ts';
import { DAY, HOUR } from './clock.ts';
import type { Timetable } from './timing.ts';
import { addDays, changeWithin, instantOf, instantsOf, type WallDate, wallTime } from './wall-clock.ts';

/**
 * A slot may still be used this long after its time: for the retry of a post that began in it. What comes later
 * waits for the next one.
 */
export const SLOT_GRACE_MS = HOUR;

/** A timetable that has no room for this long has none at all. */
const FARTHEST_MS = 5 * 366 * DAY;
/** Windows come round every week; a day more for the one that a change of the clocks may swallow. */
const DAYS_AHEAD = 9;

/**
 * The first instant, not before `after`, at which a timetable lets something go out, given the instants at which
 * others go out on the same lane. Undefined where there is none within five years. Pure.
 */
export function nextAllowed(
  after: number,
  timetable: Timetable,
  taken: readonly number[],
): number | undefined {
  const { gapMs, perDay, timeZone, slots } = timetable;
  let at = after;
  while (at - after < FARTHEST_MS) {
    const open = nextOpen(timetable, at);
    if (open === undefined) return undefined;
    const tooNear = gapMs > 0 ? taken.filter((other) => Math.abs(other - open) < gapMs) : [];
    if (tooNear.length > 0) {
      at = Math.max(...tooNear) + gapMs;
    } else if (slots.length > 0 && isUsed(timetable, open, taken)) {
      at = open + 1;
    } else if (perDay !== undefined && takenOnDay(timeZone, open, taken) >= perDay) {
      at = nextStartOfDay(timeZone, open);
    } else {
      return open;
    }
  }
  return undefined;
}

/**
 * The same question at the moment of sending: `now` where it may go out, else when next. `published` are the
 * instants at which something really went out on the lane: what is only planned gives way to what is here.
 */
export function nextAllowedNow(
  now: number,
  timetable: Timetable,
  published: readonly number[],
): number | undefined {
  const { slots, gapMs, perDay, timeZone } = timetable;
  if (slots.length === 0) return nextAllowed(now, timetable, published);
  const slot = nextSlot(timetable, now - SLOT_GRACE_MS + 1);
  const running = slot !== undefined && slot <= now && !isUsed(timetable, slot, published);
  const free =
    running &&
    !published.some((at) => Math.abs(at - now) < gapMs) &&
    (perDay === undefined || takenOnDay(timeZone, now, published) < perDay);
  return free ? now : nextAllowed(now, timetable, published);
}

function nextOpen(timetable: Timetable, at: number): number | undefined {
  if (timetable.slots.length > 0) return nextSlot(timetable, at);
  return timetable.windows.length > 0 ? nextInWindow(timetable, at) : at;
}

function nextSlot(timetable: Timetable, at: number): number | undefined {
  const { timeZone, slots, windows } = timetable;
  const today = wallTime(timeZone, at);
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const date = addDays(today, ahead);
    const found = slots
      .map((minute) => instantOf(timeZone, date, minute))
      .filter((slot) => slot >= at && (windows.length === 0 || isInWindow(timetable, slot)));
    if (found.length > 0) return Math.min(...found);
  }
  return undefined;
}

/** Is the slot's place taken? By whatever goes out from its time on, as long as it may be used. */
function isUsed(timetable: Timetable, slot: number, taken: readonly number[]): boolean {
  if (taken.length === 0) return false;
  const next = nextSlot(timetable, slot + 1) ?? Number.POSITIVE_INFINITY;
  const end = Math.min(next, slot + SLOT_GRACE_MS);
  return taken.some((at) => at >= slot && at < end);
}

function nextInWindow(timetable: Timetable, at: number): number | undefined {
  if (isInWindow(timetable, at)) return at;
  const { timeZone } = timetable;
  const today = wallTime(timeZone, at);
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const openings = openingsOn(timetable, addDays(today, ahead)).filter(
      (opening) => opening >= at && isInWindow(timetable, opening),
    );
    if (openings.length > 0) return Math.min(...openings);
  }
  return undefined;
}

/** The instants of a day at which a window can open: its beginnings, midnight, and a change of the clocks. */
function openingsOn({ timeZone, windows }: Timetable, date: WallDate & { weekday: number }): number[] {
  const begins = windows
    .filter(({ days }) => days.includes(date.weekday))
    .flatMap(({ from }) => [...instantsOf(timeZone, date, from), instantOf(timeZone, date, from)]);
  const midnight = instantOf(timeZone, date, 0);
  const change = changeWithin(timeZone, midnight, nextStartOfDay(timeZone, midnight));
  return [...begins, midnight, ...(change === undefined ? [] : [change])];
}

/** By what the clock on the wall shows; a window past midnight belongs to the day on which it begins. */
function isInWindow({ timeZone, windows }: Timetable, at: number): boolean {
  const { weekday, minute } = wallTime(timeZone, at);
  const before = (weekday + 6) % 7;
  return windows.some(({ days, from, to }) => {
    if (from < to) return days.includes(weekday) && minute >= from && minute < to;
    return (days.includes(weekday) && minute >= from) || (days.includes(before) && minute < to);
  });
}

function takenOnDay(timeZone: string, at: number, taken: readonly number[]): number {
  const start = startOfDay(timeZone, at);
  const end = nextStartOfDay(timeZone, at);
  return taken.filter((other) => other >= start && other < end).length;
}
