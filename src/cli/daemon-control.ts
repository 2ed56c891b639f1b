import type { Daemon } from '../engine/daemon.ts';
import { iso, schemaVersion } from '../web/views.ts';
import type { App } from './app.ts';
import type { DaemonStatus } from './control.ts';
import type { ControlActions } from './control-server.ts';
import type { Drain } from './daemon-drain.ts';
import { endPause, readPause, writePause } from './daemon-pause.ts';
import type { OpenEngine } from './engine.ts';
import type { Reporter } from './report.ts';
import { version } from './version.ts';

/** What the running daemon does when it is asked on its control socket. */
export async function controlActions(parts: {
  app: App;
  open: OpenEngine;
  running: Daemon;
  reporter: Reporter;
  drain: Drain;
  look(): void;
}): Promise<ControlActions> {
  const { app, open, running, reporter, drain, look } = parts;
  const store = await app.store();
  const startedAt = app.clock.now();
  const jobs = watchJobs(open);

  async function status(): Promise<DaemonStatus> {
    const pause = await readPause(store);
    return {
      schemaVersion,
      state: drain.started ? 'draining' : pause ? 'paused' : 'running',
      pid: process.pid,
      version,
      startedAt: new Date(startedAt).toISOString(),
      pausedAt: pause?.since ?? null,
      running: [...jobs.values()],
      nextDueAt: pause || drain.started ? null : iso(await open.engine.nextDueAt()),
    };
  }

  return {
    status,
    async pause() {
      const { since } = await writePause(store, app.clock.now());
      running.pause();
      reporter.say('paused', { since });
      return status();
    },
    async resume() {
      await endPause(store);
      running.resume();
      reporter.say('resumed', {});
      return status();
    },
    poll: async () => ({ schemaVersion, polled: await running.pollNow() }),
    drain() {
      drain.start();
      return status();
    },
    reload() {
      look();
      return { schemaVersion, settings: app.config.values() };
    },
  };
}

function watchJobs(open: OpenEngine): Map<number, DaemonStatus['running'][number]> {
  const jobs = new Map<number, DaemonStatus['running'][number]>();
  open.on((event) => {
    if (!('job' in event) || event.kind === 'exchange') return;
    const { id, account } = event.job;
    if (event.kind === 'job-ended') jobs.delete(id);
    else {
      const { done, total } = event.kind === 'job-progress' ? event : { done: null, total: null };
      jobs.set(id, { job: id, account: account.account, done, total });
    }
  });
  return jobs;
}
