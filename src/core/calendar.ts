import { DAY, HOUR } from './clock.ts';
import { wallTime } from './wall-clock.ts';

/** A calendar date in some zone; `month` counts from 1. */
interface LocalDate {
  year: number;
  month: number;
  day: number;
}

/** Start of the day (epoch ms) that `at` falls into, in a named zone (IANA). */
export function startOfDay(timeZone: string, at: number): number {
  return startOf(timeZone, localDate(timeZone, at));
}

/**
 * Start of the next day in a named zone (IANA): 23, 24 or 25 hours after this day's start. Where the zone's
 * clocks skip midnight, the first instant of the new date.
 */
export function nextStartOfDay(timeZone: string, at: number): number {
  const { year, month, day } = localDate(timeZone, at);
  return startOf(timeZone, { year, month, day: day + 1 });
}

/** Start of the month (epoch ms) that `at` falls into, in a named zone (IANA). */
export function startOfMonth(timeZone: string, at: number): number {
  const { year, month } = localDate(timeZone, at);
  return startOf(timeZone, { year, month, day: 1 });
}

/** Start of the next month in a named zone (IANA). */
export function nextStartOfMonth(timeZone: string, at: number): number {
  const { year, month } = localDate(timeZone, at);
  return startOf(timeZone, { year, month: month + 1, day: 1 });
}

/** Offsets from UTC lie between -12 and +14 hours, so every local midnight lies within these bounds. */
const EARLIEST = -15 * HOUR;
const LATEST = 13 * HOUR;

/** A zone's midnights are asked for again and again: the latest few are kept. */
const midnights = new Map<string, number>();
const MIDNIGHTS_KEPT = 256;

/** The first instant of a date; days and months past the end carry over. */
function startOf(timeZone: string, date: LocalDate): number {
  const utc = Date.UTC(date.year, date.month - 1, date.day);
  const key = `${timeZone} ${utc}`;
  const kept = midnights.get(key);
  if (kept !== undefined) return kept;

  let before = utc + EARLIEST;
  let after = utc + LATEST;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayNumber(localDate(timeZone, middle)) * DAY >= utc) after = middle;
    else before = middle;
  }
  if (midnights.size >= MIDNIGHTS_KEPT) midnights.clear();
  midnights.set(key, after);
  return after;
}

function dayNumber({ year, month, day }: LocalDate): number {
  return Date.UTC(year, month - 1, day) / DAY;
}

/** Throws RangeError for a name that is no zone. */
function localDate(timeZone: string, at: number): LocalDate {
  return wallTime(timeZone, at);
}
