import type { ErrorClass } from '../../core/codes.ts';
import { Failure } from '../../core/failure.ts';
import type { JobFilter, JobView, Store } from '../../store/types.ts';
import { jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { findJob, findPlatform } from '../find.ts';
import { parseMoment } from '../time.ts';

interface RetryOptions {
  allDead?: boolean;
  platform?: string;
  class?: string;
  since?: string;
}

export async function retryJobs(
  { app, print }: Turn,
  options: RetryOptions,
  ids: string[],
): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const filtered =
    options.allDead ||
    options.platform !== undefined ||
    options.class !== undefined ||
    options.since !== undefined;
  if (ids.length === 0 && !filtered) {
    throw new Failure('E_MISSING_ANSWER', {
      message: 'Which jobs?',
      hint: 'Give ids, --all-dead, --platform, --class or --since.',
      command: 'repost jobs list --state dead',
    });
  }
  const filter: JobFilter = {
    states: ['dead'],
    limit: 1000,
    ...(options.platform === undefined ? {} : { platform: findPlatform(options.platform) }),
    ...(options.class === undefined ? {} : { errorClass: parseClass(options.class) }),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  };
  const jobs =
    ids.length > 0 ? await Promise.all(ids.map((id) => findJob(store, id))) : await listAll(store, filter);
  for (const job of jobs) checkRetriable(job);
  const changed: JobView[] = [];
  for (const job of jobs) changed.push(await store.jobs.retry(job.id, now));
  app.nudge();
  print(changed.map(jobView), () =>
    changed.length === 0
      ? 'No dead letters fit.'
      : `Tried again now: ${counted(changed.length, 'job')} (${changed.map((job) => job.id).join(', ')})`,
  );
}

async function listAll(store: Store, filter: JobFilter): Promise<JobView[]> {
  const all: JobView[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await store.jobs.list({ ...filter, ...(last ? { beforeId: last.id } : {}) });
    all.push(...page);
    if (page.length < (filter.limit ?? 50)) return all;
  }
}

function checkRetriable(job: JobView): void {
  if (job.state === 'dead' || job.state === 'waiting' || job.state === 'cancelled') return;
  const unknown = job.state === 'unknown';
  throw new Failure('E_WRONG_STATE', {
    message: `Job ${job.id} is ${job.state}; ${unknown ? 'it may be out already, so it is not simply sent again' : 'there is nothing to retry'}.`,
    ...(unknown
      ? { hint: 'Look at the evidence, then say what you saw.', command: `repost jobs resolve ${job.id}` }
      : {}),
  });
}

export async function cancelJobs({ app, print }: Turn, _options: unknown, ids: string[]): Promise<undefined> {
  const store = await app.store();
  const jobs = await Promise.all(ids.map((id) => findJob(store, id)));
  for (const job of jobs) {
    if (job.state === 'waiting' || job.state === 'dead') continue;
    throw new Failure('E_WRONG_STATE', {
      message: `Job ${job.id} is ${job.state}: it can’t be cancelled.`,
      ...(job.state === 'unknown' ? { command: `repost jobs resolve ${job.id}` } : {}),
    });
  }
  const changed: JobView[] = [];
  for (const job of jobs) changed.push(await store.jobs.cancel(job.id, null, app.clock.now()));
  app.nudge();
  print(changed.map(jobView), () => `Cancelled: ${changed.map((job) => job.id).join(', ')}`);
}

const errorClasses: readonly ErrorClass[] = [
  'transient',
  'limit',
  'auth',
  'permanent',
  'unknown-outcome',
  'config',
];

function parseClass(text: string): ErrorClass {
  const found = errorClasses.find((one) => one === text);
  if (found) return found;
  throw new Failure('E_USAGE', {
    message: `There is no error class “${text}”.`,
    hint: `Classes: ${errorClasses.join(', ')}.`,
  });
}
