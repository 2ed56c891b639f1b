import { existsSync, watch, writeFileSync } from 'node:fs';
import { asFailure } from '../../core/failure.ts';
import { type Daemon, startDaemon } from '../../engine/daemon.ts';
import type { Presence } from '../../engine/presence.ts';
import { openAlerts } from '../alerts.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { makeControlFolder } from '../control.ts';
import { serveControl } from '../control-server.ts';
import { controlActions } from '../daemon-control.ts';
import { createDrain, type Drain } from '../daemon-drain.ts';
import { readPause } from '../daemon-pause.ts';
import { type OpenEngine, openEngine } from '../engine.ts';
import { exitCodes, sayFailure } from '../exit.ts';
import { startHeart } from '../heartbeat.ts';
import { enter, quarantineText, takeHome } from '../home.ts';
import { inTurn } from '../presence.ts';
import { createReporter, type Reporter } from '../report.ts';
import { onCrash, onStop } from '../signals.ts';
import { openSupervisor, type Supervisor } from '../supervisor.ts';
import { version } from '../version.ts';
import { startWeb, type Web } from '../web.ts';

/** Polls and publishes until told to stop. */
export async function daemon(turn: Turn): Promise<number> {
  try {
    return await live(turn);
  } catch (error) {
    const failure = asFailure(error);
    // systemd knows by the exit code what a restart would not mend (RestartPreventExitStatus). launchd starts
    // anew whatever did not end well: so there it ends well, and its log says why.
    const mends = failure.class === 'transient' || failure.class === 'limit';
    if (turn.app.io.env['REPOST_SERVICE'] !== 'launchd' || mends) throw error;
    sayFailure(turn.app.io, failure, turn.json);
    return exitCodes.done;
  }
}

async function live(turn: Turn): Promise<number> {
  const { app } = turn;
  const lock = await takeHome(app);
  turn.sayNotes();
  const format = turn.json || app.config.text('log.format') === 'json' ? 'json' : 'lines';
  const reporter = createReporter(app, format);
  const calm = onCrash((message) => reporter.say('error', { message }));
  const supervisor = openSupervisor(app.io.env, process.pid, ({ message }) =>
    reporter.say('error', { message: `The service manager could not be told: ${message}` }),
  );
  let web: Web | undefined;
  let presence: Presence | undefined;
  try {
    const open = await openEngine(app);
    open.on((event) => reporter.tell(event));
    web = await startWeb(app, open, reporter);
    const held = quarantineText(await enter(app));
    if (held) reporter.say('quarantine', { message: held });
    presence = open.deps.presence;
    await presence?.enter();
    const recovered = await open.engine.recover();
    presence?.start();
    reporter.say('started', { version, home: app.paths.data, recovered });
    web.ready();
    await run({ app, open, reporter, supervisor, web });
    await presence?.leave();
  } finally {
    presence?.stop();
    await web?.close();
    await lock.release();
    reporter.say('stopped', {});
    reporter.close();
    calm();
  }
  return 0;
}

interface Parts {
  app: App;
  open: OpenEngine;
  reporter: Reporter;
  supervisor: Supervisor | undefined;
  web: Web;
}

async function run({ app, open, reporter, supervisor, web }: Parts): Promise<void> {
  const pause = await readPause(await app.store());
  if (pause) reporter.say('paused', { since: pause.since });
  const sayError = (error: unknown) => reporter.say('error', { message: asFailure(error).message });
  const alerts = await openAlerts(app, open, sayError);
  const onError = (error: unknown) => {
    sayError(error);
    alerts.trouble(error);
  };
  const running = startDaemon(open.deps, open.engine, onError, {
    paused: pause !== undefined,
    watch: inTurn(alerts, open.deps.presence, app.clock),
  });
  open.onHosts(running.nudge);
  const drain = createDrain({ app, open, running, reporter, supervisor });
  const look = () => {
    reload(app, open, reporter);
    web.reload().catch((error) => reporter.say('error', { message: asFailure(error).message }));
    web.changed();
    running.nudge();
  };
  const ends = [
    onStop(drain.start),
    watchNudges(app, look),
    onHangUp(async () => {
      await supervisor?.reloading();
      look();
      await supervisor?.ready('running');
    }),
    await openControl({ app, open, reporter, running, drain, look }),
    await feed(app, running, supervisor),
  ];
  await supervisor?.ready(pause ? 'paused' : 'running');
  try {
    await running.done;
  } finally {
    for (const end of ends) await end();
  }
}

/** Signs of life for a service manager that wants them. */
async function feed(app: App, running: Daemon, supervisor: Supervisor | undefined): Promise<() => void> {
  if (supervisor?.watchdogMs === undefined) return () => undefined;
  const store = await app.store();
  return startHeart({
    clock: app.clock,
    watchdogMs: supervisor.watchdogMs,
    turns: running.turns,
    wake: running.nudge,
    database: () => store.meta.get('home.id'),
    beat: supervisor.alive,
  });
}

/** The daemon works without its control socket as well: then it is said once. */
async function openControl(
  parts: Omit<Parts, 'supervisor' | 'web'> & { running: Daemon; drain: Drain; look: () => void },
): Promise<() => Promise<void>> {
  const { app, reporter } = parts;
  try {
    const server = await serveControl(makeControlFolder(app.paths), await controlActions(parts));
    return () => server.close();
  } catch (error) {
    reporter.say('error', { message: `There is no control socket: ${asFailure(error).message}` });
    return async () => undefined;
  }
}

function onHangUp(work: () => Promise<void>): () => void {
  const listener = () => void work();
  process.on('SIGHUP', listener);
  return () => void process.off('SIGHUP', listener);
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
