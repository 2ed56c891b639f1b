import { jobStates } from '../core/job.ts';
import type { TallyRow } from '../store/types.ts';
import type { HttpCount } from './http-tally.ts';
import type { MetricSpec } from './metric-list.ts';

/** One line of a counter, or one histogram. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  count: number;
  sum: number;
  /** By upper bound, each with what is below it. */
  buckets: readonly number[];
}

export interface Counted {
  rows: readonly TallyRow[];
  /** Platforms and kinds of sources that are in use: theirs start at 0, so that the first event is seen as a rise. */
  platforms: readonly string[];
  kinds: readonly string[];
  http?: readonly HttpCount[];
}

/** The series that are counted, by the store or by this process; none for a gauge that is read on the spot. */
export function seriesOf(spec: MetricSpec, counted: Counted): Series[] {
  if (spec.tally === undefined) return spec.daemonOnly ? httpSeries(spec, counted) : [];
  const groups = new Map<string, { labels: Record<string, string>; rows: TallyRow[] }>();
  const groupOf = (platform: string, label: string) => {
    const key = `${platform} ${label}`;
    const group = groups.get(key) ?? { labels: labelsOf(spec, platform, label), rows: [] };
    groups.set(key, group);
    return group;
  };
  for (const [platform, label] of begun(spec, counted)) groupOf(platform, label);
  for (const row of counted.rows) {
    if (row.metric === spec.tally) groupOf(row.platform, row.label).rows.push(row);
  }
  return [...groups.values()].map(({ labels, rows }) => {
    const sum = rows.reduce((total, row) => total + row.total, 0);
    const count = rows.reduce((total, row) => total + row.n, 0);
    const below = (bound: number) => rows.reduce((total, row) => total + (row.le <= bound ? row.n : 0), 0);
    // Bytes are measured, everything else is counted.
    return {
      labels,
      count: spec.tally === 'bytes' ? sum : count,
      sum,
      buckets: (spec.buckets ?? []).map(below),
    };
  });
}

function labelsOf(spec: MetricSpec, platform: string, label: string): Record<string, string> {
  const [first, second, third] = spec.labels;
  const [one = '', two = ''] = label.split(':');
  return {
    ...(first === undefined ? {} : { [first]: platform }),
    ...(second === undefined ? {} : { [second]: third === undefined ? label : one }),
    ...(third === undefined ? {} : { [third]: two }),
  };
}

/** What is shown as 0 before it first happens. */
function begun(spec: MetricSpec, { platforms, kinds }: Counted): [string, string][] {
  const all = (names: readonly string[], labels: readonly string[]) =>
    names.flatMap((name) => labels.map((label): [string, string] => [name, label]));
  switch (spec.tally) {
    case 'jobs':
      return all(platforms, [
        'waiting:ready',
        ...jobStates.filter((state) => state !== 'waiting').map((state) => `${state}:`),
      ]);
    case 'ended':
      return all(platforms, ['published', 'dead', 'unknown', 'cancelled']);
    case 'attempt_seconds':
      return all(platforms, ['published', 'dead', 'unknown']);
    case 'failures':
      return [];
    case 'polls':
      return all(kinds, ['ok', 'failed']);
    case 'videos':
      return all(kinds, ['']);
    default:
      return all(platforms, ['']);
  }
}

function httpSeries(spec: MetricSpec, { http = [], platforms }: Counted): Series[] {
  if (spec.name === 'repost_http_sent_bytes_total') {
    const names = [...new Set([...platforms, ...http.map(({ platform }) => platform)])];
    return names.map((platform) => {
      const sum = http.reduce((total, one) => total + (one.platform === platform ? one.sentBytes : 0), 0);
      return { labels: { platform }, count: sum, sum, buckets: [] };
    });
  }
  if (spec.type !== 'histogram') return [];
  const none = platforms.flatMap((platform) =>
    ['2xx', '5xx', '429', 'none'].map((outcome) => ({ platform, outcome, buckets: [], seconds: 0 })),
  );
  const idle = none.filter(
    (one) => !http.some((other) => other.platform === one.platform && other.outcome === one.outcome),
  );
  return [...http, ...idle].map(({ platform, outcome, buckets, seconds }) => {
    let sum = 0;
    const below = buckets.map((count) => (sum += count));
    return { labels: { platform, outcome }, count: below.at(-1) ?? 0, sum: seconds, buckets: below };
  });
}
