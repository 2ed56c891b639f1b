import { DAY } from './clock.ts';
import { Failure } from './failure.ts';

/**
 * Days and months of named zones (IANA), as instants. Pure but for a memo. Days have 23 to 25 hours where
 * clocks change, and where midnight is skipped a day starts at its first instant.
 */

/** The first instant (epoch ms) of the day that `at` falls into. Throws E_CONFIG for an unknown zone. */
export function startOfDay(timeZone: string, at: number): number {
  return span('day', timeZone, at).start;
}

/** The first instant of the day after the one that `at` falls into. */
export function nextStartOfDay(timeZone: string, at: number): number {
  return span('day', timeZone, at).next;
}

/** The first instant of the month that `at` falls into. */
export function startOfMonth(timeZone: string, at: number): number {
  return span('month', timeZone, at).start;
}

/** The first instant of the month after the one that `at` falls into. */
export function nextStartOfMonth(timeZone: string, at: number): number {
  return span('month', timeZone, at).next;
}

type Unit = 'day' | 'month';

interface Span {
  start: number;
  next: number;
}

/** Longer than the longest day or month, clock changes and zone reforms included. */
const REACH: Readonly<Record<Unit, number>> = { day: 2 * DAY, month: 33 * DAY };

const formatters = new Map<string, Intl.DateTimeFormat>();
/** The last span found for each zone and unit: nearly every question is about the same day. */
const memo = new Map<string, Span>();

function span(unit: Unit, timeZone: string, at: number): Span {
  const key = `${unit} ${timeZone}`;
  const known = memo.get(key);
  if (known && at >= known.start && at < known.next) return known;
  const number = numberOf(unit, timeZone, at);
  const found = {
    start: firstInstant(at - REACH[unit], at, (t) => numberOf(unit, timeZone, t) >= number),
    next: firstInstant(at, at + REACH[unit], (t) => numberOf(unit, timeZone, t) > number),
  };
  memo.set(key, found);
  return found;
}

/** The first millisecond in (low, high] that passes, where `low` does not, `high` does and none falls back. */
function firstInstant(low: number, high: number, passes: (at: number) => boolean): number {
  let before = Math.floor(low);
  let after = Math.floor(high);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (passes(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** Days or months since the epoch, as the zone's wall calendar has them at this instant. */
function numberOf(unit: Unit, timeZone: string, at: number): number {
  const fields = { year: 0, month: 0, day: 0 };
  for (const part of formatterOf(timeZone).formatToParts(at)) {
    if (part.type === 'year' || part.type === 'month' || part.type === 'day') {
      fields[part.type] = Number(part.value);
    }
  }
  const { year, month, day } = fields;
  return unit === 'day' ? Date.UTC(year, month - 1, day) / DAY : year * 12 + month;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  try {
    const formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    formatters.set(timeZone, formatter);
    return formatter;
  } catch (error) {
    throw new Failure('E_CONFIG', {
      message: `There is no time zone called “${timeZone}”.`,
      hint: 'Use a name such as Europe/Berlin or America/Los_Angeles.',
      cause: error,
    });
  }
}
