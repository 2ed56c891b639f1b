import { DAY, MINUTE } from './clock.ts';

/** What a clock on the wall of a named zone shows. Sunday is 0; `minute` counts from the day's beginning. */
export interface WallTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  weekday: number;
  /** 0 to 1,439. */
  minute: number;
}

export type WallDate = Pick<WallTime, 'year' | 'month' | 'day'>;

/** Throws RangeError for a name that is no zone (IANA). */
export function wallTime(timeZone: string, at: number): WallTime {
  const shifted = new Date(at + offsetAt(timeZone, at));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    minute: shifted.getUTCHours() * 60 + shifted.getUTCMinutes(),
  };
}

export function addDays({ year, month, day }: WallDate, days: number): WallDate & { weekday: number } {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

/**
 * The instants (epoch ms) at which a zone's clocks show this time of this date: one on most days, two where
 * clocks go back over it, none where they skip it.
 */
export function instantsOf(timeZone: string, date: WallDate, minute: number): number[] {
  const wall = Date.UTC(date.year, date.month - 1, date.day) + minute * MINUTE;
  const offsets = new Set([offsetAt(timeZone, wall - DAY), offsetAt(timeZone, wall + DAY)]);
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((at) => at + offsetAt(timeZone, at) === wall)
    .sort((a, b) => a - b);
}

/** The first instant at which the clocks show this time of this date or, where they skip it, a later one. */
export function instantOf(timeZone: string, date: WallDate, minute: number): number {
  const [first] = instantsOf(timeZone, date, minute);
  if (first !== undefined) return first;
  const wall = Date.UTC(date.year, date.month - 1, date.day) + minute * MINUTE;
  return firstAt(wall - 2 * DAY, wall + 2 * DAY, (at) => at + offsetAt(timeZone, at) >= wall);
}

/** The instant in (from, to] at which the zone's clocks are changed; undefined where they are not. */
export function changeWithin(timeZone: string, from: number, to: number): number | undefined {
  const before = offsetAt(timeZone, from);
  if (offsetAt(timeZone, to) === before) return undefined;
  return firstAt(from, to, (at) => offsetAt(timeZone, at) !== before);
}

/** The first whole minute in (from, to] from which on `holds` does. */
function firstAt(from: number, to: number, holds: (at: number) => boolean): number {
  let low = Math.floor(from / MINUTE);
  let high = Math.ceil(to / MINUTE);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MINUTE)) high = middle;
    else low = middle;
  }
  return high * MINUTE;
}

/** Zones change their clocks at whole quarters of an hour of UTC: within one the offset stays. */
const QUARTER = 15 * MINUTE;
const offsets = new Map<string, Map<number, number>>();
const OFFSETS_KEPT = 20_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant (ms). */
export function offsetAt(timeZone: string, at: number): number {
  let known = offsets.get(timeZone);
  if (!known) {
    known = new Map();
    offsets.set(timeZone, known);
  }
  const quarter = Math.floor(at / QUARTER);
  const kept = known.get(quarter);
  if (kept !== undefined) return kept;
  if (known.size >= OFFSETS_KEPT) known.clear();
  const measured = measureOffset(timeZone, quarter * QUARTER);
  known.set(quarter, measured);
  return measured;
}

function measureOffset(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const [month = 1, day = 1, year = 1970, hour = 0, minute = 0] = (
    format.format(at).match(/\d+/gu) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute) - at;
}

/** True for a name that this machine knows as a zone. */
export function isTimeZone(name: string): boolean {
  try {
    measureOffset(name, 0);
    return name !== '';
  } catch {
    return false;
  }
}

const pad = (value: number) => String(value).padStart(2, '0');

/** `2026-11-22 09:00` on the zone's clocks. */
export function sayWallTime(timeZone: string, at: number): string {
  const { year, month, day, minute } = wallTime(timeZone, at);
  return `${year}-${pad(month)}-${pad(day)} ${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}
