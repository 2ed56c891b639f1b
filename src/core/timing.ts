import { Failure } from './failure.ts';
import { parseDuration } from './settings.ts';
import { isTimeZone } from './wall-clock.ts';

/** When a rule's posts go out, as people write it: lengths like `15m`, local times like `09:00`. */
export interface Timing {
  /** Wait this long after the video was seen. */
  delay?: string;
  /** At least this long between two posts of one account. */
  gap?: string;
  /** At these local times only, one post each. */
  slots?: readonly string[];
  /** Only within these: `Mon-Fri 09:00-17:00`, `Sat,Sun 10:00-12:00`, `22:00-02:00`. */
  windows?: readonly string[];
  /** At most so many posts of one account in a local day. */
  perDay?: number;
  /** IANA name of the zone that local times are meant in. */
  timeZone?: string;
}

export interface WeekWindow {
  /** Sunday is 0. */
  days: readonly number[];
  /** Minutes of the day. Where `to` is not after `from`, the window goes past midnight. */
  from: number;
  to: number;
}

/** A timing, read: what the calendar counts with. */
export interface Timetable {
  timeZone: string;
  gapMs: number;
  perDay: number | undefined;
  /** Minutes of the day. */
  slots: readonly number[];
  windows: readonly WeekWindow[];
}

const read = new Map<string, Timetable>();
const KEPT = 200;

/**
 * Reads a timing; `timeZone` where it names none. Throws E_RULE. Undefined where there is nothing to keep to but
 * the delay.
 */
export function timetableOf(timing: Timing, timeZone: string): Timetable | undefined {
  const { gap, perDay, slots = [], windows = [] } = timing;
  if (gap === undefined && perDay === undefined && slots.length === 0 && windows.length === 0)
    return undefined;
  const key = JSON.stringify([timing, timeZone]);
  const known = read.get(key);
  if (known) return known;
  const timetable: Timetable = {
    timeZone: zoneOf(timing.timeZone ?? timeZone),
    gapMs: gap === undefined ? 0 : lengthOf(gap, 'gap'),
    perDay,
    slots: [...new Set(slots.map(minuteOf))].sort((a, b) => a - b),
    windows: windows.map(windowOf),
  };
  if (perDay !== undefined && !(Number.isInteger(perDay) && perDay > 0))
    throw new Failure('E_RULE', { message: `perDay must be a whole number above 0, not ${perDay}.` });
  if (timetable.slots.length > 0 && windows.length > 0 && !slotFits(timetable))
    throw new Failure('E_RULE', {
      message: 'None of the slots lies within one of the windows: nothing would ever go out.',
    });
  if (read.size >= KEPT) read.clear();
  read.set(key, timetable);
  return timetable;
}

/** The length of a timing's delay (ms). */
export function delayOf(timing: Timing): number {
  return timing.delay === undefined ? 0 : lengthOf(timing.delay, 'delay');
}

/** Throws E_RULE where a timing can't be kept to. */
export function checkTiming(timing: Timing, timeZone = 'UTC'): void {
  delayOf(timing);
  zoneOf(timing.timeZone ?? timeZone);
  timetableOf(timing, timeZone);
}

function slotFits({ slots, windows }: Timetable): boolean {
  return slots.some((slot) =>
    windows.some(({ from, to }) => (from < to ? slot >= from && slot < to : slot >= from || slot < to)),
  );
}

function lengthOf(text: string, what: string): number {
  const ms = parseDuration(text);
  if (!Number.isNaN(ms)) return ms;
  throw new Failure('E_RULE', {
    message: `The ${what} can’t be “${text}”.`,
    hint: 'Give a length such as 90s, 15m, 2h or 1d.',
  });
}

function zoneOf(name: string): string {
  if (isTimeZone(name)) return name;
  throw new Failure('E_RULE', {
    message: `There is no time zone “${name}”.`,
    hint: 'Give an IANA name such as Europe/Rome or America/New_York.',
  });
}

function minuteOf(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/u.exec(text.trim());
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  if (match && hours <= 23 && minutes <= 59) return hours * 60 + minutes;
  throw new Failure('E_RULE', {
    message: `“${text}” is no time of day.`,
    hint: 'Give hours and minutes, such as 09:00 or 18:30.',
  });
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

function windowOf(text: string): WeekWindow {
  const match = /^(?:([a-z][a-z,\s-]*?)\s+)?(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})$/iu.exec(text.trim());
  if (!match) throw noWindow(text);
  const [, days, from = '', to = ''] = match;
  const begin = minuteOf(from);
  const end = to === '24:00' ? 24 * 60 : minuteOf(to);
  if (begin === end) throw noWindow(text);
  return { days: days === undefined ? [0, 1, 2, 3, 4, 5, 6] : daysOf(days, text), from: begin, to: end };
}

/** `Mon-Fri`, `Sat,Sun`, `Fri-Mon`. */
function daysOf(text: string, whole: string): number[] {
  const days = text.split(',').flatMap((part) => {
    const [first, last = first, rest] = part
      .split('-')
      .map((name) => dayNames.indexOf(name.trim().slice(0, 3).toLowerCase()));
    if (first === undefined || last === undefined || rest !== undefined || first < 0 || last < 0)
      throw noWindow(whole);
    return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, step) => (first + step) % 7);
  });
  return [...new Set(days)].sort();
}

function noWindow(text: string): Failure {
  return new Failure('E_RULE', {
    message: `“${text}” is no window.`,
    hint: 'Give days and times, such as "Mon-Fri 09:00-17:00", "Sat,Sun 10:00-12:00" or "22:00-02:00".',
  });
}
