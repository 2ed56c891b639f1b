import { SECOND } from '../core/clock.ts';
import type { Daemon } from '../engine/daemon.ts';
import type { App } from './app.ts';
import type { OpenEngine } from './engine.ts';
import type { Reporter } from './report.ts';
import type { Supervisor } from './supervisor.ts';

export interface Drain {
  /** Lets what runs end and takes nothing new; a second call does nothing. */
  start(): void;
  readonly started: boolean;
}

/** The service manager is asked for so much more time, so often, as long as jobs run. */
const EXTENSION_MS = 30 * SECOND;
const ASK_EVERY_MS = 10 * SECOND;

export function createDrain(parts: {
  app: App;
  open: OpenEngine;
  running: Daemon;
  reporter: Reporter;
  supervisor: Supervisor | undefined;
}): Drain {
  const { app, open, running, reporter, supervisor } = parts;
  let started = false;

  /** An upload may take longer than a service manager’s patience; but not for ever. */
  async function holdOn(over: AbortSignal): Promise<void> {
    const deadline = app.clock.now() + app.config.number('daemon.drain');
    while (app.clock.now() < deadline) {
      await supervisor?.extend(EXTENSION_MS);
      await app.clock.sleep(Math.min(ASK_EVERY_MS, Math.max(1, deadline - app.clock.now())), over);
    }
    reporter.say('stopping', { message: 'it takes too long; what still runs goes on after the next start' });
    open.engine.abort();
  }

  return {
    get started() {
      return started;
    },
    start() {
      if (started) return;
      started = true;
      const jobs = open.engine.running();
      reporter.say('stopping', { message: 'letting running jobs end; once more stops at once', jobs });
      void supervisor?.stopping(`letting ${jobs} job(s) end`);
      const over = new AbortController();
      holdOn(over.signal).catch(() => undefined);
      void running.drain().finally(() => over.abort());
    },
  };
}
