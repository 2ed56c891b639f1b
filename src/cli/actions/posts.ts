import type { JobView } from '../../store/types.ts';
import { numbersText } from '../../web/numbers.ts';
import { postView, videoView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findPlatform, findSource, wholeNumber } from '../find.ts';
import { harmless, shorten } from '../io.ts';
import { relativeText, spanText, table, tableWidth, tallTable } from '../table.ts';
import { parseMoment } from '../time.ts';

export async function posts(
  { app, print }: Turn,
  options: { limit: string; platform?: string; since?: string },
): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const jobs = await store.jobs.posts({
    limit: wholeNumber(options.limit, '--limit'),
    ...(options.platform === undefined ? {} : { platform: findPlatform(options.platform) }),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  });
  const told = jobs.some(({ post }) => post?.numbers);
  print(jobs.map(postView), () =>
    jobs.length === 0
      ? 'No posts yet.'
      : [
          tallTable(
            ['WHEN', 'ACCOUNT', 'LAG', ...(told ? ['VIEWS, LIKES'] : []), 'CAPTION', 'ADDRESS'],
            jobs.map((job) => [
              relativeText(job.post?.publishedAt ?? now, now),
              job.account.account,
              spanText(job.post?.lagMs ?? 0),
              ...(told ? [numbersText(job.post?.numbers, ['views', 'likes']) || '–'] : []),
              shorten(job.video.caption, 40),
              job.post?.url ?? job.post?.id ?? '',
            ]),
            tableWidth(app.io),
          ),
          ...notesOf(jobs),
        ].join('\n'),
  );
}

/** What should be known of posts that are out, each sentence once. */
function notesOf(jobs: readonly JobView[]): string[] {
  const notes = jobs.flatMap(({ account, post }) =>
    (post?.warnings ?? []).map((warning) => `note: ${account.account}: ${harmless(warning)}`),
  );
  return [...new Set(notes)];
}

export async function videos(
  { app, print }: Turn,
  options: { limit: string; since?: string; source?: string },
): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const source = options.source === undefined ? undefined : await findSource(store, options.source);
  const rows = await store.videos.list({
    limit: wholeNumber(options.limit, '--limit'),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
    ...(source ? { sourceId: source.id } : {}),
  });
  print(rows.map(videoView), () =>
    rows.length === 0
      ? 'No videos seen yet.'
      : table(
          ['ID', 'PUBLISHED', 'JOBS', 'CAPTION', 'WHY NOT'],
          rows.map((row) => [
            String(row.id),
            relativeText(row.publishedAt, now),
            String(row.jobs),
            row.caption,
            row.state === 'gone'
              ? 'its owner took it back'
              : row.skipped.length > 0 && row.jobs === 0
                ? row.skipped.map(({ rule, why }) => `${rule}: ${why}`).join('; ')
                : row.jobs === 0
                  ? 'no rule for its source when it was seen'
                  : '',
          ]),
          tableWidth(app.io),
        ),
  );
}
