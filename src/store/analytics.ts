import { DAY } from '../core/clock.ts';
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
  told: number;
  views: number | null;
  likes: number | null;
  comments: number | null;
  shares: number | null;
}

/** A job counts where its post was published, else where it ended: each half is one stretch of an index. */
const ENDED = `
  SELECT jobs.state, jobs.user, jobs.account_id, posts.lag_ms, posts.published_at AS at, post_numbers.views,
    post_numbers.likes, post_numbers.comments, post_numbers.shares, post_numbers.read_at
  FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id
    LEFT JOIN post_numbers ON post_numbers.job_id = posts.job_id
  WHERE posts.published_at >= :from AND posts.published_at < :to AND jobs.state = 'published'
  UNION ALL
  SELECT state, user, account_id, NULL, updated_at, NULL, NULL, NULL, NULL, NULL
  FROM jobs INDEXED BY jobs_failed
  WHERE state IN ('dead', 'unknown', 'cancelled') AND updated_at >= :from AND updated_at < :to`;

const counting = (state: string) => `count(*) FILTER (WHERE state = '${state}') AS ${state}`;

const groups: Readonly<Record<AnalyticsGroup, string>> = {
  total: "'all'",
  platform: 'platform',
  account: "platform || ':' || handle",
  // Days since the epoch: text that sorts as it should, and that both databases make alike.
  day: `CAST(at / ${DAY} AS TEXT)`,
};

/** What became of jobs, from what is stored anyway: no platform is asked. */
export function analyticsStore({ query, read }: Connection): AnalyticsStore {
  return {
    read: ({ from, to, by, user }) =>
      read(function* () {
        const whose = user === undefined ? '' : 'AND ended.user = :user';
        const values = present({ from, to, user }) as Record<string, string | number>;
        const name = groups[by];
        const named = by === 'platform' || by === 'account';
        const ended = named
          ? `(${ENDED}) AS ended JOIN accounts ON accounts.id = ended.account_id`
          : `(${ENDED}) AS ended`;
        const counted = yield* query<Counted>(`
          SELECT ${name} AS name, ${named ? 'min(platform)' : 'NULL'} AS platform,
            ${counting('published')}, ${counting('dead')}, ${counting('unknown')}, ${counting('cancelled')},
            count(read_at) AS told,
            sum(views) AS views, sum(likes) AS likes, sum(comments) AS comments, sum(shares) AS shares
          FROM ${ended} WHERE true ${whose} GROUP BY 1 ORDER BY 1`).all(values);
        const ranked = yield* query<{ name: string; rank: number; total: number; lag: number }>(`
          SELECT name, rank, total, lag FROM (
            SELECT ${name} AS name, lag_ms AS lag,
              row_number() OVER (PARTITION BY ${name} ORDER BY lag_ms) AS rank,
              count(*) OVER (PARTITION BY ${name}) AS total
            FROM ${ended} WHERE lag_ms IS NOT NULL ${whose}) AS ranked
          WHERE rank IN ((total + 1) / 2, (total * 95 + 99) / 100, total)`).all(values);
        return counted.map((row): AnalyticsRow => {
          const own = ranked.filter((one) => one.name === row.name);
          const at = (rank: (total: number) => number) =>
            own.find((one) => one.rank === rank(one.total))?.lag ?? null;
          const { told, views, likes, comments, shares, ...counts } = row;
          return {
            ...counts,
            name: by === 'day' ? dayOf(row.name) : row.name,
            numbers: { told, views, likes, comments, shares },
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

function dayOf(number: string): string {
  return new Date(Number(number) * DAY).toISOString().slice(0, 10);
}
