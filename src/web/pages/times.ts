import { DAY, HOUR, MINUTE, SECOND } from '../../core/clock.ts';
import { sayWallTime } from '../../core/wall-clock.ts';
import { type Html, html } from '../html.ts';

interface Now {
  now: number;
  timeZone: string;
}

/** `4 s`, `12 min`, `3 h`, `5 days`: one unit, rounded down. */
export function spanText(ms: number): string {
  const span = Math.abs(ms);
  if (span < SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} days`;
}

/** As `spanText`, with the smaller unit too: `2 h 59 min`. */
export function lengthText(ms: number): string {
  if (ms < MINUTE || ms >= 2 * DAY) return spanText(ms);
  const [unit, rest] = ms < HOUR ? [MINUTE, ms % MINUTE] : [HOUR, ms % HOUR];
  const smaller = unit === MINUTE ? SECOND : MINUTE;
  return rest < smaller ? spanText(ms) : `${spanText(ms)} ${spanText(rest)}`;
}

/** `in 5 min`, `3 h ago`, `now`. */
export function relativeText(at: number, now: number): string {
  if (Math.abs(at - now) < 5 * SECOND) return 'now';
  return at > now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`;
}

const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2026-11-22`, as the zone's calendar has it. */
export function dayOf(at: number, timeZone: string): string {
  return sayWallTime(timeZone, at).slice(0, 10);
}

/** `14:05`. */
export function clockText(at: number, timeZone: string): string {
  return sayWallTime(timeZone, at).slice(11);
}

/** `14:05:09`; the zone's seconds are everybody's. */
export function secondsText(at: number, timeZone: string): string {
  return `${clockText(at, timeZone)}:${String(Math.floor(at / SECOND) % 60).padStart(2, '0')}`;
}

/** `Sun 22 Nov`. */
export function dayText(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return `${names[date.getUTCDay()]} ${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
}

/** Today: the time. Else the day with it. */
export function shortText(at: number, { now, timeZone }: Now): string {
  const day = dayOf(at, timeZone);
  const time = clockText(at, timeZone);
  if (day === dayOf(now, timeZone)) return time;
  const year = day.slice(0, 4) === dayOf(now, timeZone).slice(0, 4) ? '' : ` ${day.slice(0, 4)}`;
  return `${dayText(day)}${year}, ${time}`;
}

/** An instant, relative and on the home's clocks. */
export function when(at: number, now: Now): Html {
  return html`<time datetime="${new Date(at).toISOString()}" title="${fullText(at, now.timeZone)}">${relativeText(at, now.now)} <span class="faint">· ${shortText(at, now)}</span></time>`;
}

/** An instant, relative only; the rest is in its tip. */
export function ago(at: number, now: Now): Html {
  return html`<time datetime="${new Date(at).toISOString()}" title="${fullText(at, now.timeZone)}">${relativeText(at, now.now)}</time>`;
}

/** `2026-11-22 14:05:09 Europe/Berlin`. */
export function fullText(at: number, timeZone: string): string {
  return `${dayOf(at, timeZone)} ${secondsText(at, timeZone)} ${timeZone}`;
}
