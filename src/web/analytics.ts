import { DAY } from '../core/clock.ts';
import type { AnalyticsRow, Store } from '../store/types.ts';
import { iso, schemaVersion } from './views.ts';

/** One line of the numbers. `successRate`: of what ended and was not cancelled, what is published. */
export function analyticsView(row: AnalyticsRow) {
  const ended = row.published + row.dead + row.unknown;
  return {
    name: row.name,
    platform: row.platform,
    published: row.published,
    dead: row.dead,
    unknown: row.unknown,
    cancelled: row.cancelled,
    successRate: ended === 0 ? null : Math.round((row.published / ended) * 10_000) / 10_000,
    lagSeconds: {
      median: seconds(row.lagMs.median),
      p95: seconds(row.lagMs.p95),
      longest: seconds(row.lagMs.longest),
    },
    numbers: row.numbers,
  };
}

const seconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 100) / 10);

export interface Span {
  from: number;
  to: number;
  by: 'platform' | 'account' | 'day';
  user?: string;
}

export async function readAnalytics({ analytics }: Store, { by, ...span }: Span) {
  const [total] = await analytics.read({ ...span, by: 'total' });
  const rows = await analytics.read({ ...span, by });
  return {
    schemaVersion,
    from: iso(span.from),
    to: iso(span.to),
    by,
    total: analyticsView(total ?? nothing),
    rows: rows.map(analyticsView),
  };
}

/** The last seven days beside the seven before, platform by platform. */
export async function readWeek({ analytics }: Store, now: number, user?: string) {
  const whose = user === undefined ? {} : { user };
  const from = now - 7 * DAY;
  const week = { ...whose, from, to: now };
  const before = { ...whose, from: from - 7 * DAY, to: from };
  const [total] = await analytics.read({ ...week, by: 'total' });
  const [earlier] = await analytics.read({ ...before, by: 'total' });
  return {
    schemaVersion,
    from: iso(from),
    to: iso(now),
    total: analyticsView(total ?? nothing),
    before: analyticsView(earlier ?? nothing),
    platforms: (await analytics.read({ ...week, by: 'platform' })).map(analyticsView),
  };
}

const nothing: AnalyticsRow = {
  name: 'all',
  platform: null,
  published: 0,
  dead: 0,
  unknown: 0,
  cancelled: 0,
  lagMs: { median: null, p95: null, longest: null },
  numbers: { told: 0, views: null, likes: null, comments: null, shares: null },
};

const columns = [
  'name',
  'platform',
  'published',
  'dead',
  'unknown',
  'cancelled',
  'successRate',
  'lagMedianSeconds',
  'lagP95Seconds',
  'lagLongestSeconds',
  'postsTold',
  'views',
  'likes',
  'comments',
  'shares',
] as const;

/** The lines as CSV (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180). */
export function analyticsCsv(rows: readonly ReturnType<typeof analyticsView>[]): string {
  const lines = rows.map(({ lagSeconds, numbers, ...row }) => [
    row.name,
    row.platform,
    row.published,
    row.dead,
    row.unknown,
    row.cancelled,
    row.successRate,
    lagSeconds.median,
    lagSeconds.p95,
    lagSeconds.longest,
    numbers.told,
    numbers.views,
    numbers.likes,
    numbers.comments,
    numbers.shares,
  ]);
  return [columns, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

/** A cell that a spreadsheet would take for a formula begins with an apostrophe (https://owasp.org/www-community/attacks/CSV_Injection). */
export function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u.test(value) ? `'${value}` : value;
  return /[",\r\n']/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
