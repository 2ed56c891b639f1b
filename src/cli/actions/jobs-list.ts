import { Failure, type WaitReason, waitReasons } from '../../core/failure.ts';
import { type JobState, jobStates } from '../../core/job.ts';
import type { JobView } from '../../store/types.ts';
import { jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findAccount, findPlatform, wholeNumber } from '../find.ts';
import { shorten } from '../io.ts';
import { relativeText, tableWidth, tallTable } from '../table.ts';
import { parseMoment } from '../time.ts';

interface ListOptions {
  state?: string;
  reason?: string;
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
    ...(options.reason === undefined ? {} : { reasons: parseReasons(options.reason) }),
    ...(options.platform === undefined ? {} : { platform: findPlatform(options.platform) }),
    ...(account ? { accountId: account.id } : {}),
    ...(options.since === undefined ? {} : { since: parseMoment(options.since, now) }),
  });
  print(jobs.map(jobView), () => jobTable(jobs, now, tableWidth(app.io)));
}

export function jobTable(jobs: readonly JobView[], now: number, columns: number): string {
  if (jobs.length === 0) return 'No jobs.';
  return tallTable(
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

export const stateText = (job: JobView) =>
  job.state === 'waiting' ? `waiting: ${job.reason ?? 'ready'}` : job.state;

function parseReasons(text: string): WaitReason[] {
  return text.split(',').map((part) => {
    const reason = waitReasons.find((one) => one === part.trim().toLowerCase());
    if (reason) return reason;
    throw new Failure('E_USAGE', {
      message: `Jobs wait for no “${part}”.`,
      hint: `Reasons: ${waitReasons.join(', ')}.`,
    });
  });
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
