import { existsSync, watch, writeFileSync } from 'node:fs';
import { asFailure, Failure } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import { startDaemon } from '../../engine/daemon.ts';
import type { EngineEvent } from '../../engine/deps.ts';
import type { Quarantine } from '../../engine/guard.ts';
import { tryLock } from '../../store/lock.ts';
import { jobView, schemaVersion } from '../../web/views.ts';
import { type App, makeFolder } from '../app.ts';
import type { Turn } from '../command.ts';
import { openEngine } from '../engine.ts';
import { enter } from '../home.ts';
import { createReporter } from '../report.ts';

/** Only one process may run a home's jobs: the kernel frees the lock when it dies, however it dies. */
async function takeHome(app: App) {
  makeFolder(app.paths.data);
  const lock = await tryLock(app.files.daemonLock);
  if (lock) return lock;
  throw new Failure('E_DAEMON_RUNNING', {
    message: `A repost daemon (or sync) is working on ${app.paths.data} already.`,
  });
}

export async function sync(turn: Turn): Promise<number> {
  const { app, print } = turn;
  const lock = await takeHome(app);
  const { engine, on } = await openEngine(app);
  const reporter = createReporter(app.io, turn.json ? 'silent' : 'progress');
  const ended: Partial<Record<JobState, number>> = {};
  const jobs: number[] = [];
  const troubles: EngineEvent[] = [];
  on((event) => {
    reporter.tell(event);
    if (event.kind === 'poll-failed') troubles.push(event);
    if (event.kind !== 'job-ended' || event.job.state === 'waiting') return;
    ended[event.job.state] = (ended[event.job.state] ?? 0) + 1;
    jobs.push(event.job.id);
  });
  const stop = onSignals(() => engine.abort());
  try {
    sayQuarantine(turn, await enter(app));
    await engine.recover();
    await engine.sync();
  } finally {
    stop();
    reporter.close();
    await lock.release();
  }
  const store = await app.store();
  const views = (await Promise.all(jobs.map((id) => store.jobs.get(id)))).flatMap((job) =>
    job ? [jobView(job)] : [],
  );
  const counts = await store.jobs.counts();
  const bad = (ended.dead ?? 0) + (ended.unknown ?? 0);
  print(
    {
      schemaVersion,
      published: ended.published ?? 0,
      dead: ended.dead ?? 0,
      unknown: ended.unknown ?? 0,
      cancelled: ended.cancelled ?? 0,
      waiting: counts.waiting,
      jobs: views,
      pollErrors: troubles.length,
    },
    () =>
      `${ended.published ?? 0} published${bad > 0 ? `, ${ended.dead ?? 0} dead, ${ended.unknown ?? 0} unknown (repost jobs list --state dead,unknown)` : ''}, ${counts.waiting} waiting.`,
  );
  return bad > 0 ? 3 : 0;
}

export async function daemon(turn: Turn): Promise<number> {
  const { app } = turn;
  const lock = await takeHome(app);
  const { engine, deps, on } = await openEngine(app);
  const format = turn.json || app.config.text('log.format') === 'json' ? 'json' : 'lines';
  const reporter = createReporter(app.io, format);
  on((event) => reporter.tell(event));
  sayQuarantine(turn, await enter(app));
  const recovered = await engine.recover();
  reporter.say('started', {
    version: (await import('../version.ts')).version,
    home: app.paths.data,
    recovered,
  });

  const running = startDaemon(deps, engine, (error) =>
    reporter.say('error', { message: asFailure(error).message }),
  );
  const unwatch = watchNudges(app, running.nudge);
  let signals = 0;
  const stop = onSignals(() => {
    signals += 1;
    if (signals === 1) {
      reporter.say('stopping', { message: 'letting running jobs end; once more stops at once' });
      void running.drain();
      return;
    }
    // Safe by design: whatever is in flight is in the journal.
    process.exit(130);
  });
  process.on('SIGHUP', running.nudge);
  try {
    await running.done;
  } finally {
    stop();
    process.off('SIGHUP', running.nudge);
    unwatch();
    await lock.release();
    reporter.say('stopped', {});
    reporter.close();
  }
  return 0;
}

/** Other commands touch a file after they changed something: the daemon looks at once and sleeps meanwhile. */
function watchNudges(app: App, nudge: () => void): () => void {
  if (!existsSync(app.files.nudge)) writeFileSync(app.files.nudge, '');
  const watcher = watch(app.files.nudge, nudge);
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}

function sayQuarantine({ app }: Turn, quarantine: Quarantine | undefined): void {
  if (quarantine)
    app.io.stderr.write(
      `note: publishing is held, because ${quarantine.reason}. Accounts that show nothing unknown go on by themselves; see: repost quarantine\n`,
    );
}

function onSignals(handler: () => void): () => void {
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return () => {
    process.off('SIGINT', handler);
    process.off('SIGTERM', handler);
  };
}
