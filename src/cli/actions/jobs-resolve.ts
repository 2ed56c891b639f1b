import { asFailure, Failure } from '../../core/failure.ts';
import { openMeter } from '../../engine/meter.ts';
import { platformOf } from '../../platforms/index.ts';
import type { JobView, Store } from '../../store/types.ts';
import { iso, jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findJob } from '../find.ts';
import { harmless, shorten } from '../io.ts';

export async function resolveJob(
  turn: Turn,
  options: { published?: string; notPublished?: boolean },
  idText: string,
): Promise<undefined> {
  const { app, print } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const job = await findJob(store, idText);
  if (job.state !== 'unknown')
    throw new Failure('E_WRONG_STATE', {
      message: `Job ${job.id} is ${job.state}; only a job whose outcome is unknown is resolved.`,
    });
  if (options.published !== undefined && options.notPublished)
    throw new Failure('E_USAGE', { message: 'Give --published or --not-published, not both.' });
  if (options.published === undefined && !options.notPublished) return showEvidence(turn, store, job);
  const how =
    options.published === undefined
      ? ('not-published' as const)
      : { published: postFrom(options.published, job, now) };
  const changed = await store.jobs.resolve(job.id, how, now);
  app.nudge();
  print(jobView(changed), () =>
    how === 'not-published'
      ? `Job ${job.id} goes out again.`
      : `Job ${job.id} is published: ${options.published}`,
  );
}

function postFrom(url: string, job: JobView, now: number) {
  if (!/^https?:\/\/\S+$/u.test(url))
    throw new Failure('E_USAGE', {
      message: `“${url}” is no address.`,
      hint: 'Give the post’s full address, starting with https://.',
    });
  const id = new URL(url).pathname.split('/').filter(Boolean).at(-1) ?? url;
  const sentAt = job.updatedAt;
  return {
    id,
    url,
    publishedAt: Math.min(sentAt, now),
    lagMs: Math.max(0, sentAt - job.video.publishedAt),
    warnings: ['its outcome was told by a person'],
  };
}

/** What was sent and what the account shows, side by side: so that a person can decide. */
async function showEvidence({ app, print }: Turn, store: Store, job: JobView): Promise<undefined> {
  const platform = platformOf(job.account.platform);
  const commit = (await store.journal.load(job.id)).find((step) => step.kind === 'commit');
  const sentAt = commit?.sentAt ?? job.updatedAt;
  let recent: { id: string; url: string | null; text: string; publishedAt: string | null }[] | null = null;
  let trouble: string | null = null;
  try {
    const meter = openMeter({
      service: platform,
      account: job.account,
      limits: store.limits,
      clock: app.clock,
    });
    const http = (await app.net()).connect(job.account, platform, meter);
    const posts = await platform.recent?.({
      http,
      account: job.account,
      clock: app.clock,
      since: sentAt - 3_600_000,
    });
    recent = posts?.map((post) => ({ ...post, publishedAt: iso(post.publishedAt) })) ?? null;
  } catch (error) {
    trouble = asFailure(error).message;
  }
  print(
    { ...jobView(job), evidence: { sentAt: iso(sentAt), step: commit?.name ?? null, recent, trouble } },
    () =>
      [
        `Job ${job.id} was sent to ${job.account.account} at ${iso(sentAt)}: ${harmless(shorten(job.video.caption, 60))}`,
        trouble
          ? `The account could not be read: ${trouble}`
          : recent === null
            ? 'This platform can’t be asked; look at the account yourself.'
            : recent.length === 0
              ? 'The account shows no post since then.'
              : 'The account shows since then:',
        ...(recent ?? []).map(
          (post) => `  ${post.publishedAt}  ${post.url ?? post.id}  ${harmless(shorten(post.text, 50))}`,
        ),
        `Is it there?  $ repost jobs resolve ${job.id} --published URL`,
        `Not there?    $ repost jobs resolve ${job.id} --not-published`,
      ].join('\n'),
  );
}
