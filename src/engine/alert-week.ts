import type { AlertMessage } from '../core/alert.ts';
import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import type { AnalyticsRow, Store } from '../store/types.ts';

/** The last seven days beside the seven before, in a few lines; of one user where the channel is one user's. */
export async function composeWeek(
  { analytics }: Pick<Store, 'analytics'>,
  id: string,
  user: string | null,
  now: number,
): Promise<AlertMessage> {
  const whose = user === null ? {} : { user };
  const from = now - 7 * DAY;
  const week = { ...whose, from, to: now };
  const [[total], [before], platforms] = await Promise.all([
    analytics.read({ ...week, by: 'total' }),
    analytics.read({ ...whose, from: from - 7 * DAY, to: from, by: 'total' }),
    analytics.read({ ...week, by: 'platform' }),
  ]);
  const published = total?.published ?? 0;
  return {
    schemaVersion: 1,
    id,
    kind: 'week',
    severity: 'info',
    title: `The week: ${published} posted, ${before?.published ?? 0} the week before`,
    lines: total
      ? [endsOf(total), ...lagOf(total), ...seenOf(total), ...platforms.map(platformLine)]
      : ['Nothing came up.'],
    items: [],
    more: 0,
    createdAt: new Date(now).toISOString(),
  };
}

function endsOf({ published, dead, unknown }: AnalyticsRow): string {
  const ended = published + dead + unknown;
  if (ended === 0) return 'Nothing ended.';
  const rate = Math.floor((published / ended) * 1000) / 10;
  return `${rate} % of what was due went out; ${dead} dead letter(s), ${unknown} unknown.`;
}

function lagOf({ lagMs: { median, p95 } }: AnalyticsRow): string[] {
  if (median === null || p95 === null) return [];
  return [`Half were out within ${lengthText(median)} of the original, 95 % within ${lengthText(p95)}.`];
}

function seenOf({ numbers: { told, views, likes } }: AnalyticsRow): string[] {
  const parts = [
    ...(views === null ? [] : [`${views} view(s)`]),
    ...(likes === null ? [] : [`${likes} like(s)`]),
  ];
  return parts.length === 0
    ? []
    : [`So far ${parts.join(' and ')}, of ${told} post(s) that were asked about.`];
}

function platformLine({ name, published, dead, unknown, lagMs }: AnalyticsRow): string {
  const parts = [
    `${published} posted`,
    ...(lagMs.median === null ? [] : [`within ${lengthText(lagMs.median)} (median)`]),
    ...(dead > 0 ? [`${dead} dead`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  return `${name}: ${parts.join(', ')}`;
}

/** 41 s, 4 min, 3 h, 2 d: as much as a glance takes in. */
function lengthText(ms: number): string {
  if (ms < 2 * MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < 120 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / (60 * MINUTE))} h`;
  return `${Math.round(ms / DAY)} d`;
}
