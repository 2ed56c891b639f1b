import type { PlatformId } from '../core/names.ts';
import type { Connection } from './connection.ts';
import { present } from './rows.ts';
import type { AnalyticsGroup, AnalyticsRow, AnalyticsStore } from './types.ts';

interface Counted {
  name: string;
  platform: PlatformId | null;
  published: number;
  dead: number;
  unknown: number;
  cancelled: number;
}

/** A job counts where its post was published, else where it ended. */
const ENDED = `
  SELECT jobs.id, jobs.state, jobs.user, accounts.platform, accounts.platform || ':' || accounts.handle AS account,
    posts.lag_ms, coalesce(posts.published_at, jobs.updated_at) AS at
  FROM jobs JOIN accounts ON accounts.id = jobs.account_id LEFT JOIN posts ON posts.job_id = jobs.id
  WHERE jobs.state IN ('published', 'dead', 'unknown', 'cancelled')`;

const groups: Readonly<Record<AnalyticsGroup, string>> = {
  total: "'all'",
  platform: 'platform',
  account: 'account',
  day: "strftime('%Y-%m-%d', at / 1000, 'unixepoch')",
};

/** What became of jobs, from what is stored anyway: no platform is asked. */
export function analyticsStore({ query, read }: Connection): AnalyticsStore {
  return {
    read: ({ from, to, by, user }) =>
      read(() => {
        const where = `at >= :from AND at < :to ${user === undefined ? '' : 'AND user = :user'}`;
        const values = present({ from, to, user }) as Record<string, string | number>;
        const name = groups[by];
        const counted = query<Counted>(`
          SELECT ${name} AS name, ${by === 'platform' || by === 'account' ? 'platform' : 'NULL'} AS platform,
            sum(state = 'published') AS published, sum(state = 'dead') AS dead,
            sum(state = 'unknown') AS unknown, sum(state = 'cancelled') AS cancelled
          FROM (${ENDED}) WHERE ${where} GROUP BY 1 ORDER BY 1`).all(values);
        const ranked = query<{ name: string; rank: number; total: number; lag: number }>(`
          SELECT name, rank, total, lag FROM (
            SELECT ${name} AS name, lag_ms AS lag,
              row_number() OVER (PARTITION BY ${name} ORDER BY lag_ms) AS rank,
              count(*) OVER (PARTITION BY ${name}) AS total
            FROM (${ENDED}) WHERE ${where} AND state = 'published')
          WHERE rank IN ((total + 1) / 2, (total * 95 + 99) / 100, total)`).all(values);
        return counted.map((row): AnalyticsRow => {
          const own = ranked.filter((one) => one.name === row.name);
          const at = (rank: (total: number) => number) =>
            own.find((one) => one.rank === rank(one.total))?.lag ?? null;
          return {
            ...row,
            lagMs: {
              median: at((total) => Math.floor((total + 1) / 2)),
              p95: at((total) => Math.floor((total * 95 + 99) / 100)),
              longest: at((total) => total),
            },
          };
        });
      }),
  };
}
