import * as Type from 'typebox';
import { Failure } from '../../core/failure.ts';
import { momentOf } from '../../core/moment.ts';
import { analyticsCsv, readAnalytics, readWeek } from '../analytics.ts';
import type { Caller } from '../deps.ts';
import { addRoute, apiRoot, type Part } from '../route.ts';
import { count, instant, oneOf, orNull, since, text, version } from '../schemas/parts.ts';

const numbers = Type.Object({
  name: text,
  platform: orNull(text),
  published: count,
  dead: count,
  unknown: count,
  cancelled: count,
  successRate: orNull(Type.Number()),
  lagSeconds: Type.Object({
    median: orNull(Type.Number()),
    p95: orNull(Type.Number()),
    longest: orNull(Type.Number()),
  }),
  numbers: Type.Object(
    {
      told: count,
      views: orNull(count),
      likes: orNull(count),
      comments: orNull(count),
      shares: orNull(count),
    },
    { description: 'What people did with the posts, as last read; told: of so many posts.' },
  ),
});

const by = oneOf(['platform', 'account', 'day']);
const query = Type.Object({ by: Type.Optional(by), since, until: since });

/** What became of jobs, from what is stored anyway. */
export const analyticsPart: Part = (app, deps) => {
  const spanOf = (asked: Type.Static<typeof query>, { user }: Pick<Caller, 'user'>) => {
    const now = deps.clock.now();
    const from = momentOf(asked.since ?? '28d', now);
    const to = asked.until === undefined ? now + 1 : momentOf(asked.until, now);
    if (from >= to) throw new Failure('E_USAGE', { message: 'since must be before until.' });
    return { from, to, by: asked.by ?? ('platform' as const), ...(user === null ? {} : { user }) };
  };

  addRoute(app, deps, {
    method: 'GET',
    url: '/analytics',
    id: 'showAnalytics',
    summary: 'Counts, success, lag, views and likes, by platform, account or day',
    tag: 'analytics',
    access: 'viewer',
    query,
    answer: Type.Object({
      schemaVersion: version,
      from: orNull(instant),
      to: orNull(instant),
      by,
      total: numbers,
      rows: Type.Array(numbers),
    }),
    run: ({ query: asked, caller }) => readAnalytics(deps.store, spanOf(asked, caller)),
  });

  addRoute(app, deps, {
    method: 'GET',
    url: '/analytics/week',
    id: 'showWeek',
    summary: 'The last seven days beside the seven before',
    tag: 'analytics',
    access: 'viewer',
    answer: Type.Object({
      schemaVersion: version,
      from: orNull(instant),
      to: orNull(instant),
      total: numbers,
      before: numbers,
      platforms: Type.Array(numbers),
    }),
    run: ({ caller: { user } }) => readWeek(deps.store, deps.clock.now(), user ?? undefined),
  });

  // For browsers and spreadsheets: not JSON, so not in the described part.
  app.get<{ Querystring: Type.Static<typeof query> }>(
    `${apiRoot}/analytics.csv`,
    { config: { access: 'viewer' }, schema: { querystring: query } },
    async (request, reply) => {
      const user = request.caller?.user ?? null;
      const { rows } = await readAnalytics(deps.store, spanOf(request.query, { user }));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="repost-analytics.csv"')
        .send(analyticsCsv(rows));
    },
  );
};
