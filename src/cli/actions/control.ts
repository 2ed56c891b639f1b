import { SECOND } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { parseDuration } from '../../core/settings.ts';
import { schemaVersion } from '../../web/views.ts';
import type { App } from '../app.ts';
import type { Turn } from '../command.ts';
import { askDaemon, type ControlVerb, type DaemonStatus } from '../control.ts';
import { counted } from '../counted.ts';
import { endPause, writePause } from '../daemon-pause.ts';
import { bar, relativeText, spanText } from '../table.ts';

/** What the running daemon does now. */
export async function status({ app, print }: Turn): Promise<undefined> {
  const facts = await need<DaemonStatus>(app, 'status');
  print(facts, () => text(facts, app.clock.now()));
}

export async function pause({ app, print }: Turn): Promise<undefined> {
  const facts = await askDaemon<DaemonStatus>(app.paths, 'pause');
  const { since } = facts ? { since: facts.pausedAt } : await writePause(await app.store(), app.clock.now());
  print(facts ?? { schemaVersion, state: 'stopped', pausedAt: since }, () =>
    facts
      ? `Paused: nothing new is taken.${facts.running.length > 0 ? ` ${facts.running.length} job(s) still end.` : ''} Go on with: repost daemon resume`
      : 'Paused. No daemon is running; the next one starts paused.',
  );
}

export async function resume({ app, print }: Turn): Promise<undefined> {
  const facts = await askDaemon<DaemonStatus>(app.paths, 'resume');
  if (!facts) await endPause(await app.store());
  print(facts ?? { schemaVersion, state: 'stopped', pausedAt: null }, () =>
    facts ? 'It goes on.' : 'No longer paused. No daemon is running: repost daemon',
  );
}

export async function poll({ app, print }: Turn): Promise<undefined> {
  const answer = await need<{ polled: number }>(app, 'poll');
  print(answer, () => `Asked ${counted(answer.polled, 'source')}.`);
}

export async function reload({ app, print }: Turn): Promise<undefined> {
  const answer = await need<{ settings: Record<string, string> }>(app, 'reload');
  print(answer, () => 'The settings were read anew.');
}

/** How often the lock is looked at while a daemon ends. */
const LOOK_EVERY_MS = 200;

export async function drain(turn: Turn, options: { wait: boolean; timeout: string }): Promise<undefined> {
  const { app, print, note } = turn;
  const patience = parseDuration(options.timeout);
  if (Number.isNaN(patience))
    throw new Failure('E_USAGE', { message: `--timeout can’t be “${options.timeout}”.` });
  const facts = await need<DaemonStatus>(app, 'drain');
  if (options.wait) {
    if (facts.running.length > 0) note(`${facts.running.length} job(s) still run; waiting for them.`);
    const deadline = app.clock.now() + patience;
    while (await app.daemonRuns()) {
      if (app.clock.now() > deadline)
        throw new Failure('E_DAEMON_RUNNING', {
          message: `The daemon still runs after ${patience / SECOND} s.`,
          command: 'repost daemon status',
        });
      await app.clock.sleep(LOOK_EVERY_MS);
    }
  }
  print({ ...facts, state: options.wait ? 'stopped' : facts.state }, () =>
    options.wait ? 'The daemon has stopped.' : 'The daemon lets running jobs end, then stops.',
  );
}

async function need<T>(app: App, verb: ControlVerb): Promise<T> {
  const answer = await askDaemon<T>(app.paths, verb);
  if (answer) return answer;
  if (await app.daemonRuns())
    throw new Failure('E_NO_DAEMON', {
      message: 'A `repost sync`, or a daemon without a control socket, works on this home.',
      hint: 'Wait for its end, or see its log.',
      command: 'repost status',
    });
  throw new Failure('E_NO_DAEMON');
}

function text(facts: DaemonStatus, now: number): string {
  const jobs = facts.running.map(
    ({ job, account, done, total }) =>
      `  job ${job} → ${account}${done !== null && total !== null ? `  ${bar(done, total)}` : ''}`,
  );
  const due = facts.nextDueAt === null ? '' : `, next look ${relativeText(Date.parse(facts.nextDueAt), now)}`;
  return [
    `${facts.state} for ${spanText(now - Date.parse(facts.pausedAt ?? facts.startedAt))} (process ${facts.pid}, repost ${facts.version})${due}`,
    ...jobs,
  ].join('\n');
}
