import { existsSync, watch, writeFileSync } from 'node:fs';
import { asFailure } from '../../core/failure.ts';
import { startDaemon } from '../../engine/daemon.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { type OpenEngine, openEngine } from '../engine.ts';
import { enter, quarantineText, takeHome } from '../home.ts';
import { createReporter, type Reporter } from '../report.ts';
import { onStop } from '../signals.ts';
import { version } from '../version.ts';

/** Polls and publishes until told to stop. */
export async function daemon(turn: Turn): Promise<number> {
  const { app } = turn;
  const lock = await takeHome(app);
  turn.sayNotes();
  const format = turn.json || app.config.text('log.format') === 'json' ? 'json' : 'lines';
  const reporter = createReporter(app, format);
  try {
    const open = await openEngine(app);
    open.on((event) => reporter.tell(event));
    const held = quarantineText(await enter(app));
    if (held) reporter.say('quarantine', { message: held });
    const recovered = await open.engine.recover();
    reporter.say('started', { version, home: app.paths.data, recovered });
    await run(app, open, reporter);
  } finally {
    await lock.release();
    reporter.say('stopped', {});
    reporter.close();
  }
  return 0;
}

async function run(app: App, open: OpenEngine, reporter: Reporter): Promise<void> {
  const running = startDaemon(open.deps, open.engine, (error) =>
    reporter.say('error', { message: asFailure(error).message }),
  );
  const forget = onStop(() => {
    reporter.say('stopping', { message: 'letting running jobs end; once more stops at once' });
    void running.drain();
  });
  const look = () => {
    reload(app, open, reporter);
    running.nudge();
  };
  const unwatch = watchNudges(app, look);
  process.on('SIGHUP', look);
  try {
    await running.done;
  } finally {
    forget();
    process.off('SIGHUP', look);
    unwatch();
  }
}

/** Takes over changed settings; a file that is wrong changes nothing, and it is said. */
function reload(app: App, open: OpenEngine, reporter: Reporter): void {
  const before = app.config.values();
  try {
    app.reloadConfig();
  } catch (error) {
    reporter.say('error', { message: `The settings stay as they were: ${asFailure(error).message}` });
    return;
  }
  const changed = Object.entries(app.config.values()).filter(([key, value]) => before[key] !== value);
  if (changed.length === 0) return;
  open.reload();
  reporter.say('reloaded', Object.fromEntries(changed));
}

/** Other commands touch a file after they changed something: the daemon looks at once and sleeps meanwhile. */
function watchNudges(app: App, look: () => void): () => void {
  if (!existsSync(app.files.nudge)) writeFileSync(app.files.nudge, '');
  const watcher = watch(app.files.nudge, look);
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}
