import { Failure } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import { jobView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { findJob } from '../find.ts';
import { tableWidth } from '../table.ts';
import { parseLength } from '../time.ts';
import { jobTable } from './jobs-list.ts';

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
      print(jobs.map(jobView), () => jobTable(jobs, app.clock.now(), tableWidth(app.io)));
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
