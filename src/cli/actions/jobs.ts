import type { ErrorClass } from '../../core/codes.ts';
import { asFailure, Failure } from '../../core/failure.ts';
import { type JobState, jobStates } from '../../core/job.ts';
import { openMeter } from '../../engine/meter.ts';
import { platformOf } from '../../platforms/index.ts';
import type { JobFilter, JobView, StepRow, Store } from '../../store/types.ts';
import { attemptView, iso, jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, findPlatform, wholeNumber } from '../find.ts';
import { harmless, shorten } from '../io.ts';
import { relativeText, spanText, table } from '../table.ts';
import { parseLength, parseMoment } from '../time.ts';

interface ListOptions {
  state?: string;
  platform?: string;
  account?: string;
  since?: string;
  limit: string;
}

export async function listJobs({ app, print }: Turn, options: ListOptions): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const account = options.account === undefined ? undefined : await findAccount(store, options.account);
  const jobs = await store.jobs.list({
    limit: wholeNumber(options.limit, '--limit'),
    ...(options.state === undefined ? {} : { states: parseStates(options.state) }),
    ...(options.platform === undefined ? {} : { platform: findPlatform(options.platform) }),
    ...(account ? { accountId: account.id } : {}),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  });
  print(jobs.map(jobView), () => jobTable(jobs, now, app.io.stdout.columns ?? 120));
}

function jobTable(jobs: readonly JobView[], now: number, columns: number): string {
  if (jobs.length === 0) return 'No jobs.';
  return table(
    ['ID', 'STATE', 'ACCOUNT', 'WHEN', 'VIDEO', 'NOTE'],
    jobs.map((job) => [
      String(job.id),
      stateText(job),
      job.account.account,
      job.state === 'waiting' ? relativeText(job.runAt, now) : relativeText(job.updatedAt, now),
      shorten(job.video.caption || job.video.remoteId, 28),
      job.post?.url ??
        (job.error && job.state !== 'published' ? `${job.error.message} (${job.error.code})` : ''),
    ]),
    columns,
  );
}

const stateText = (job: JobView) =>
  job.state === 'waiting' ? `waiting: ${job.reason ?? 'ready'}` : job.state;

export async function showJob(
  { app, print }: Turn,
  options: { raw?: boolean },
  idText: string,
): Promise<undefined> {
  const store = await app.store();
  const now = app.clock.now();
  const job = await findJob(store, idText);
  const [attempts, steps] = [await store.jobs.attempts(job.id), await store.journal.load(job.id)];
  const raw = options.raw ?? false;
  const view = {
    ...jobView(job),
    steps: steps.map(stepView),
    attempts: attempts.map((attempt) => attemptView(attempt, raw)),
  };
  print(view, () => {
    const last = attempts.at(-1)?.exchange;
    return [
      `job      ${job.id}: ${stateText(job)}`,
      `video    ${harmless(shorten(job.video.caption, 60))}  ${job.video.url}`,
      `to       ${job.account.account}${job.rule ? `, by the rule “${job.rule}”` : ''}`,
      ...(job.state === 'waiting' ? [`due      ${relativeText(job.runAt, now)} (${iso(job.runAt)})`] : []),
      `attempt  ${job.attempt} of ${job.maxAttempts}`,
      ...(job.post
        ? [
            `post     ${job.post.url ?? job.post.id}, ${spanText(job.post.lagMs)} after the original`,
            ...job.post.warnings.map((text) => `note     ${text}`),
          ]
        : []),
      ...(job.error && job.state !== 'published'
        ? [
            `error    ${harmless(job.error.message)} (${job.error.code}, ${job.error.class})`,
            `         ${job.error.hint}`,
            ...(job.error.command
              ? [`         $ ${job.error.command.replace(/\bID\b/u, String(job.id))}`]
              : []),
          ]
        : []),
      ...steps.map(
        (step) =>
          `step     ${step.name}: ${step.state === 'done' ? `done ${relativeText(step.doneAt ?? now, now)}` : `sent ${relativeText(step.sentAt ?? now, now)}, no answer kept`}`,
      ),
      ...attempts.map(
        (attempt) =>
          `run      ${iso(attempt.startedAt)} ${attempt.outcome}${attempt.error ? `: ${harmless(attempt.error.message)}` : ''}`,
      ),
      ...(raw && last
        ? [
            '',
            `${last.method} ${last.url}`,
            ...headerLines(last.requestHeaders),
            '',
            harmless(last.requestBody),
            '',
            last.status === null ? '(no answer)' : `HTTP ${last.status}`,
            ...headerLines(last.responseHeaders),
            '',
            harmless(last.responseBody),
          ]
        : []),
    ].join('\n');
  });
}

const headerLines = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => `${name}: ${harmless(value)}`);

function stepView(step: StepRow) {
  return {
    name: step.name,
    kind: step.kind,
    state: step.state,
    sentAt: iso(step.sentAt),
    sends: step.sends,
    doneAt: iso(step.doneAt),
  };
}

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
      : `${changed.length} job(s) go out again: ${changed.map((job) => job.id).join(', ')}`,
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

export async function approveJobs(
  { app, print }: Turn,
  options: { text?: string },
  ids: string[],
): Promise<undefined> {
  const store = await app.store();
  if (options.text !== undefined && ids.length !== 1)
    throw new Failure('E_USAGE', { message: '--text goes with one job.' });
  const jobs = await Promise.all(ids.map((id) => findJob(store, id)));
  for (const job of jobs) {
    if (job.state !== 'waiting' || job.reason !== 'approval')
      throw new Failure('E_WRONG_STATE', {
        message: `Job ${job.id} does not wait for approval (${stateText(job)}).`,
      });
  }
  const changed: JobView[] = [];
  for (const job of jobs)
    changed.push(
      await store.jobs.approve(
        job.id,
        options.text === undefined ? null : { body: options.text },
        app.clock.now(),
      ),
    );
  app.nudge();
  print(changed.map(jobView), () => `Approved: ${changed.map((job) => job.id).join(', ')}`);
}

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

export async function waitForJobs(
  { app, print }: Turn,
  options: { timeout: string },
  ids: string[],
): Promise<number> {
  const store = await app.store();
  const until = app.clock.now() + parseLength(options.timeout, '--timeout');
  const open: readonly JobState[] = ['waiting', 'running'];
  for (;;) {
    const jobs = await Promise.all(ids.map((id) => findJob(store, id)));
    if (jobs.every((job) => !open.includes(job.state))) {
      print(jobs.map(jobView), () => jobTable(jobs, app.clock.now(), app.io.stdout.columns ?? 120));
      return jobs.every((job) => job.state === 'published') ? 0 : 3;
    }
    if (app.clock.now() >= until)
      throw new Failure('E_NOT_YET', {
        message: 'The jobs have not ended in time.',
        hint: 'They go on; wait again, or see what they wait for.',
        command: 'repost jobs list',
      });
    await app.clock.sleep(Math.min(500, until - app.clock.now()));
  }
}

async function findJob(store: Store, text: string): Promise<JobView> {
  const job = await store.jobs.get(wholeNumber(text, 'A job’s id'));
  if (job) return job;
  throw new Failure('E_NOT_FOUND', { message: `There is no job ${text}.`, command: 'repost jobs list' });
}

function parseStates(text: string): JobState[] {
  return text.split(',').map((part) => {
    const state = jobStates.find((one) => one === part.trim().toLowerCase());
    if (state) return state;
    throw new Failure('E_USAGE', {
      message: `There is no job state “${part}”.`,
      hint: `States: ${jobStates.join(', ')}.`,
    });
  });
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
