import { Failure } from '../../core/failure.ts';
import { analyticsCsv, readAnalytics, readWeek, type Span } from '../../web/analytics.ts';
import { countText, numbersText } from '../../web/numbers.ts';
import type { Turn } from '../command.ts';
import { findUser } from '../find.ts';
import { spanText, table, tableWidth } from '../table.ts';
import { parseMoment } from '../time.ts';

interface Options {
  since: string;
  until?: string;
  by: string;
  user?: string;
  week?: boolean;
  csv?: boolean;
}

type Numbers = Awaited<ReturnType<typeof readAnalytics>>['total'];

/** Counts, success and lag, from what is stored anyway. */
export async function analytics(turn: Turn, options: Options): Promise<undefined> {
  const { app, print } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const user = options.user === undefined ? undefined : (await findUser(store, options.user)).name;
  if (options.week) {
    const week = await readWeek(store, now, user);
    print(week, () =>
      [
        `The last seven days: ${sentence(week.total)}; the seven before: ${sentence(week.before)}.`,
        numbersTable(turn, week.platforms),
      ].join('\n'),
    );
    return;
  }
  const from = parseMoment(options.since, now);
  const to = options.until === undefined ? now + 1 : parseMoment(options.until, now);
  const by = byOf(options.by);
  const found = await readAnalytics(store, { from, to, by, ...(user === undefined ? {} : { user }) });
  if (options.csv) {
    app.io.stdout.write(analyticsCsv(found.rows));
    return;
  }
  print(found, () => [`${sentence(found.total)}.`, numbersTable(turn, found.rows)].join('\n'));
}

function byOf(text: string): Span['by'] {
  if (text === 'platform' || text === 'account' || text === 'day') return text;
  throw new Failure('E_USAGE', {
    message: `--by can’t be “${text}”.`,
    hint: 'It is platform, account or day.',
  });
}

function sentence({ published, dead, unknown, successRate, lagSeconds, numbers }: Numbers): string {
  const rate = successRate === null ? '' : ` (${(successRate * 100).toFixed(1)} %)`;
  const lag = lagSeconds.median === null ? '' : `, half of them within ${spanText(lagSeconds.median * 1000)}`;
  const { told, views, likes } = numbers;
  const text = numbersText({
    ...(views === null ? {} : { views }),
    ...(likes === null ? {} : { likes }),
  });
  const seen =
    text === ''
      ? ''
      : `; ${text} (of ${told === 1 ? '1 post that was' : `${told} posts that were`} asked about)`;
  return `${published} published${rate}${lag}, ${dead} dead, ${unknown} unknown${seen}`;
}

function numbersTable({ app }: Turn, rows: readonly Numbers[]): string {
  if (rows.length === 0) return '';
  const lag = (seconds: number | null) => (seconds === null ? '–' : spanText(seconds * 1000));
  const asked = rows.some(({ numbers }) => numbers.told > 0);
  const told = (n: number | null) => (n === null ? '–' : countText(n));
  return table(
    [
      '',
      'PUBLISHED',
      'DEAD',
      'UNKNOWN',
      'SUCCESS',
      'LAG, MEDIAN',
      '95 %',
      'LONGEST',
      ...(asked ? ['VIEWS', 'LIKES'] : []),
    ],
    rows.map((row) => [
      row.name,
      String(row.published),
      String(row.dead),
      String(row.unknown),
      row.successRate === null ? '–' : `${(row.successRate * 100).toFixed(1)} %`,
      lag(row.lagSeconds.median),
      lag(row.lagSeconds.p95),
      lag(row.lagSeconds.longest),
      ...(asked ? [told(row.numbers.views), told(row.numbers.likes)] : []),
    ]),
    tableWidth(app.io),
  );
}
