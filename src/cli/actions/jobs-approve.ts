import { Failure } from '../../core/failure.ts';
import type { JobView, Store } from '../../store/types.ts';
import { jobView } from '../../web/views.ts';
import { ask, mayAsk, missingAnswer } from '../ask.ts';
import type { Turn } from '../command.ts';
import { findJob } from '../find.ts';
import { harmless, shorten } from '../io.ts';
import { jobText, textLines } from '../job-text.ts';
import { relativeText } from '../table.ts';
import { stateText } from './jobs-list.ts';

interface ApproveOptions {
  text?: string;
  title?: string;
  all?: boolean;
}

/** Lets jobs go out; without ids, on a terminal, one after the other is shown and asked about. */
export async function approveJobs(turn: Turn, options: ApproveOptions, ids: string[]): Promise<undefined> {
  const { app, print } = turn;
  const store = await app.store();
  const written = options.text !== undefined || options.title !== undefined;
  if (written && ids.length !== 1)
    throw new Failure('E_USAGE', { message: '--text and --title go with one job.' });
  if (ids.length === 0 && !options.all) {
    if (!mayAsk(turn) || turn.json)
      throw missingAnswer(turn, 'jobsToApprove', { command: 'repost jobs list --reason approval' });
    return pickJobs(turn, store);
  }
  const jobs = options.all
    ? await waitingOnes(store)
    : await Promise.all(ids.map((id) => findJob(store, id)));
  for (const job of jobs) checkWaits(job);
  const changed: JobView[] = [];
  for (const job of jobs) {
    if (written) await store.jobs.edit(job.id, partsFrom(options), app.clock.now());
    changed.push(await store.jobs.approve(job.id, null, app.clock.now()));
  }
  app.nudge();
  print(changed.map(jobView), () =>
    changed.length === 0
      ? 'Nothing waits for approval.'
      : `Approved: ${changed.map((job) => job.id).join(', ')}`,
  );
}

interface EditOptions {
  text?: string;
  title?: string;
  reset?: boolean;
}

/** A text of one's own for one job, or back to the template's. */
export async function editJob(turn: Turn, options: EditOptions, id: string): Promise<undefined> {
  const { app, print, note } = turn;
  const store = await app.store();
  const job = await findJob(store, id);
  const given = options.text !== undefined || options.title !== undefined;
  const change = options.reset
    ? { body: null, title: null, ...partsFrom(options) }
    : given
      ? partsFrom(options)
      : await askParts(turn, store, job);
  const changed = await store.jobs.edit(job.id, change, app.clock.now());
  const text = await jobText(store, changed);
  app.nudge();
  print({ ...jobView(changed), text }, () =>
    [`job      ${job.id}: ${stateText(changed)}`, ...textLines(text)].join('\n'),
  );
  if (changed.state === 'dead') note(`It is a dead letter; send it again: repost jobs retry ${job.id}`);
}

/** Shows what waits for approval, one job at a time, and asks what to do with it. */
async function pickJobs(turn: Turn, store: Store): Promise<undefined> {
  const { app, note, paint } = turn;
  const { askChoice } = await ask(turn, 'jobsToApprove');
  const jobs = await waitingOnes(store);
  if (jobs.length === 0) note('Nothing waits for approval.');
  for (const [index, first] of jobs.entries()) {
    for (let job = first; ; ) {
      const text = await jobText(store, job);
      note(
        [
          '',
          `${paint('bold', job.account.account)}  job ${job.id}, ${index + 1} of ${jobs.length}, due ${relativeText(job.runAt, app.clock.now())}`,
          `video    ${harmless(shorten(job.video.caption, 60))}  ${job.video.url}`,
          ...textLines(text),
        ].join('\n'),
      );
      const answer = await askChoice('What shall become of it?', [
        { name: 'approve: it goes out', value: 'approve' },
        { name: 'edit its text', value: 'edit' },
        { name: 'cancel: never publish it', value: 'cancel' },
        { name: 'later: leave it waiting', value: 'later' },
        { name: 'stop here', value: 'stop' },
      ]);
      const now = app.clock.now();
      if (answer === 'edit') {
        job = await store.jobs.edit(job.id, await askParts(turn, store, job), now);
        continue;
      }
      if (answer === 'approve') await store.jobs.approve(job.id, null, now);
      if (answer === 'cancel') await store.jobs.cancel(job.id, null, now);
      if (answer === 'approve' || answer === 'cancel') app.nudge();
      if (answer === 'stop') return undefined;
      break;
    }
  }
  return undefined;
}

/** Asks for a new text in the editor, beginning with the present one, and for a title where there is one. */
async function askParts(turn: Turn, store: Store, job: JobView): Promise<Record<string, string>> {
  const { askEditor, askLine } = await ask(turn, 'jobText');
  const { body, title } = await jobText(store, job);
  const written = { body: (await askEditor('The text', body)).replace(/\r?\n$/u, '') };
  if (title === undefined) return written;
  return { ...written, title: await askLine('The title', title) };
}

function partsFrom({ text, title }: EditOptions): Record<string, string> {
  return { ...(text === undefined ? {} : { body: text }), ...(title === undefined ? {} : { title }) };
}

/** Oldest first. */
async function waitingOnes(store: Store): Promise<JobView[]> {
  return (await store.jobs.list({ states: ['waiting'], reasons: ['approval'], limit: 1000 })).reverse();
}

function checkWaits(job: JobView): void {
  if (job.state === 'waiting' && job.reason === 'approval') return;
  throw new Failure('E_WRONG_STATE', {
    message: `Job ${job.id} does not wait for approval (${stateText(job)}).`,
  });
}
