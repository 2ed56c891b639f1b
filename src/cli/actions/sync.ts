import { asFailure, Failure } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import { jobView, schemaVersion } from '../../web/views.ts';
import { openAlerts } from '../alerts.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { readPause } from '../daemon-pause.ts';
import { openEngine } from '../engine.ts';
import { exitCodes } from '../exit.ts';
import { enter, quarantineText, takeHome } from '../home.ts';
import { inTurn } from '../presence.ts';
import { createReporter } from '../report.ts';
import { onStop } from '../signals.ts';
import { openSpinner } from '../spinner.ts';

/** Polls once and publishes what is due. */
export async function sync(turn: Turn): Promise<number> {
  const { app, json, note } = turn;
  await refusePaused(app);
  const lock = await takeHome(app);
  const stop = new AbortController();
  const forget = onStop(() => {
    note('Letting running jobs end; once more stops at once.');
    stop.abort();
  });
  const ended: number[] = [];
  let pollErrors = 0;
  let held: string | undefined;
  try {
    const open = await openEngine(app);
    const { engine, on } = open;
    held = quarantineText(await enter(app));
    if (held) note(`note: ${held}`);
    const spinner = json ? undefined : await openSpinner(app.io, 'asking the sources for new videos');
    const reporter = createReporter(app, json ? 'silent' : 'lines', spinner);
    on((event) => {
      reporter.tell(event);
      if (event.kind === 'poll-failed') pollErrors += 1;
      if (event.kind === 'job-ended' && event.job.state !== 'waiting') ended.push(event.job.id);
    });
    const sayError = (error: unknown) => reporter.say('error', { message: asFailure(error).message });
    const alerts = await openAlerts(app, open, sayError);
    const { presence } = open.deps;
    const watch = inTurn(alerts, presence, app.clock);
    try {
      await presence?.enter();
      await engine.recover();
      presence?.start();
      await engine.sync(stop.signal);
      await engine.readNumbers(stop.signal);
      await watch.cycled();
      await presence?.leave();
    } catch (error) {
      alerts.trouble(error);
      throw error;
    } finally {
      presence?.stop();
      if (!presence || (await presence.leads('alerts', 0).catch(() => true))) await alerts.look(true);
      reporter.close();
    }
  } finally {
    forget();
    await lock.release();
  }
  const bad = await sum(turn, ended, { pollErrors, quarantine: held ?? null });
  if (stop.signal.aborted) return exitCodes.interrupted;
  return bad > 0 ? exitCodes.partly : exitCodes.done;
}

/** Who paused everything means this too. */
async function refusePaused(app: App): Promise<void> {
  const pause = await readPause(await app.store());
  if (pause)
    throw new Failure('E_WRONG_STATE', {
      message: `Everything is paused, since ${pause.since}.`,
      hint: 'Nothing is polled or published before it goes on.',
      command: 'repost daemon resume',
    });
}

/** Prints what became of the jobs that ended. Gives how many ended badly. */
async function sum(
  { app, print }: Turn,
  ended: readonly number[],
  more: { pollErrors: number; quarantine: string | null },
): Promise<number> {
  const store = await app.store();
  const jobs = (await Promise.all(ended.map((id) => store.jobs.get(id)))).flatMap((job) => job ?? []);
  const { waiting } = await store.jobs.counts();
  const count = (state: JobState) => jobs.filter((job) => job.state === state).length;
  const facts = {
    published: count('published'),
    dead: count('dead'),
    unknown: count('unknown'),
    cancelled: count('cancelled'),
  };
  const bad = facts.dead + facts.unknown;
  print({ schemaVersion, ...facts, waiting, jobs: jobs.map(jobView), ...more }, () =>
    [
      `${facts.published} published`,
      ...(bad > 0
        ? [`${facts.dead} dead, ${facts.unknown} unknown (repost jobs list --state dead,unknown)`]
        : []),
      ...(facts.cancelled > 0 ? [`${facts.cancelled} cancelled`] : []),
      `${waiting} waiting.`,
    ].join(', '),
  );
  return bad;
}
