import { Failure } from './failure.ts';
import { addDays, instantOf, wallTime } from './wall-clock.ts';

/** A part of each day, in minutes from its beginning; it goes past midnight where `to` is not after `from`. */
export interface TimeSpan {
  from: number;
  to: number;
}

/** `09:00` → minutes of the day. Throws E_USAGE. */
export function parseTimeOfDay(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/u.exec(text.trim());
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  if (match && hours <= 23 && minutes <= 59) return hours * 60 + minutes;
  throw new Failure('E_USAGE', {
    message: `“${text}” is no time of day.`,
    hint: 'Give hours and minutes, such as 09:00 or 18:30.',
  });
}

/** `22:00-08:00`. Throws E_USAGE. */
export function parseTimeSpan(text: string): TimeSpan {
  const [from = '', to = '', rest] = text.split(/[-–]/u);
  if (rest !== undefined || to === '' || from.trim() === to.trim())
    throw new Failure('E_USAGE', {
      message: `“${text}” is no span of hours.`,
      hint: 'Give two times of day, such as 22:00-08:00.',
    });
  return { from: parseTimeOfDay(from), to: parseTimeOfDay(to) };
}

/** When the span that `at` lies in ends (epoch ms), on the clocks of a zone; undefined where it lies in none. */
export function spanEnd({ from, to }: TimeSpan, timeZone: string, at: number): number | undefined {
  const wall = wallTime(timeZone, at);
  const within =
    from < to ? wall.minute >= from && wall.minute < to : wall.minute >= from || wall.minute < to;
  return within ? nextTime(to, timeZone, at) : undefined;
}

/** A day of the week (Sunday is 0) and a time of it, in minutes. */
export interface TimeOfWeek {
  weekday: number;
  minute: number;
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** `mon 09:00`. Throws E_USAGE. */
export function parseTimeOfWeek(text: string): TimeOfWeek {
  const [, day = '', time = ''] = /^([a-z]{3})[a-z]*\s+(\S+)$/iu.exec(text.trim()) ?? [];
  const weekday = dayNames.indexOf(day.toLowerCase());
  if (weekday >= 0) return { weekday, minute: parseTimeOfDay(time) };
  throw new Failure('E_USAGE', {
    message: `“${text}” is no time of the week.`,
    hint: `Give a day (${dayNames.join(', ')}) and a time, such as “mon 09:00”.`,
  });
}

/** The next instant after `at` at which a zone's clocks show this time on this day of the week. */
export function nextTimeOfWeek({ weekday, minute }: TimeOfWeek, timeZone: string, at: number): number {
  const today = wallTime(timeZone, at);
  for (let days = 0; ; days += 1) {
    const date = addDays(today, days);
    if (date.weekday !== weekday) continue;
    const instant = instantOf(timeZone, date, minute);
    if (instant > at) return instant;
  }
}

/** The next instant after `at` at which a zone's clocks show this time of day. */
export function nextTime(minute: number, timeZone: string, at: number): number {
  const today = wallTime(timeZone, at);
  for (let days = 0; ; days += 1) {
    const instant = instantOf(timeZone, addDays(today, days), minute);
    if (instant > at) return instant;
  }
}
