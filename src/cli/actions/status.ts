import type { WaitReason } from '../../core/failure.ts';
import type { JobState } from '../../core/job.ts';
import type { HostRow, JobView, SourceRow, Store } from '../../store/types.ts';
import { jobView, schemaVersion, sourceView } from '../../web/views.ts';
import type { Turn } from '../command.ts';
import { askDaemon, type DaemonStatus } from '../control.ts';
import { readPause } from '../daemon-pause.ts';
import { hostTasks, hostView, stateOf } from '../hosts.ts';
import { lineWidth } from '../io.ts';
import { tasksOf, todoLine } from '../must-do.ts';
import { problemsNow } from '../problems.ts';
import { relativeText, spanText } from '../table.ts';
import { fold } from '../wrap.ts';

const BEGIN = 'Do now: repost init  (it goes with you through keys, sign-ins and your first rule)';

export async function status(turn: Turn): Promise<undefined> {
  const { app, print } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const facts = await gather(store);
  const daemon = await app.daemonRuns();
  // It says more of itself; where it does not answer, all else is told all the same.
  const doing = daemon
    ? await askDaemon<DaemonStatus>(app.paths, 'status').catch(() => undefined)
    : undefined;
  const pause = await readPause(store);
  const attention = tasksOf(await problemsNow(app), facts.counts, facts.waiting);
  if (pause)
    attention.unshift({
      message: `Everything is paused, since ${spanText(now - Date.parse(pause.since))}.`,
      command: 'repost daemon resume',
    });
  const hosts = await store.hosts.list();
  attention.push(...hostTasks(hosts, now));
  const fresh = facts.sources.length === 0 && attention.length === 0;
  const todo = fresh ? BEGIN : todoLine(attention);
  const view = {
    schemaVersion,
    ok: attention.length === 0,
    daemon: daemon ? 'running' : 'stopped',
    paused: pause !== undefined,
    doing: doing ?? null,
    origins: app.origins.active ? 'mapped' : 'real',
    jobs: facts.counts,
    waiting: facts.waiting,
    oldestWaiting: facts.oldest ? jobView(facts.oldest) : null,
    sources: facts.sources.map(sourceView),
    ...(hosts.length > 1 ? { hosts: hosts.map((host) => hostView(host, now)) } : {}),
    todo,
    attention,
  };
  print(view, () =>
    fold(
      [
        fresh ? 'Nothing is watched yet.' : headline(facts, attention.length, now),
        todo,
        ...attention.map(({ message, command }) => `  ! ${message}${command ? `\n    $ ${command}` : ''}`),
        ...(hosts.length > 1 ? [hostsLine(hosts, now)] : []),
        footer(facts, daemonText(daemon, doing, now), app.origins.active, now),
      ].join('\n'),
      lineWidth(app.io.stdout),
    ),
  );
}

interface Facts {
  counts: Record<JobState, number>;
  waiting: Partial<Record<WaitReason, number>>;
  oldest: JobView | undefined;
  sources: SourceRow[];
}

async function gather(store: Store): Promise<Facts> {
  const [counts, waiting, oldest, sources] = await Promise.all([
    store.jobs.counts(),
    store.jobs.waitingByReason(),
    store.jobs.oldestWaiting(),
    store.sources.list(),
  ]);
  return { counts, waiting, oldest, sources };
}

function headline({ counts, waiting, oldest }: Facts, problems: number, now: number): string {
  const open = counts.waiting + counts.running;
  const held = Object.entries(waiting)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');
  const wait = oldest
    ? `; the oldest waits ${spanText(now - oldest.createdAt)} (${oldest.reason ?? 'ready'})`
    : '';
  if (open === 0 && problems === 0) return `Everything is out: ${counts.published} published, nothing waits.`;
  if (open === 0) return `${counts.published} published, nothing waits, but look at this:`;
  return `${counts.published} published, ${counts.running} running, ${counts.waiting} waiting${held ? ` (${held})` : ''}${wait}${problems > 0 ? '; look at this:' : '.'}`;
}

/** Who works on it, where several may. */
function hostsLine(hosts: readonly HostRow[], now: number): string {
  const each = hosts.map((host) => `${host.name} ${stateOf(host, now)} (${host.running} running)`);
  return `hosts: ${each.join(', ')}`;
}

function daemonText(runs: boolean, doing: DaemonStatus | undefined, now: number): string {
  if (!runs) return 'not running (repost daemon, or repost sync)';
  if (!doing) return 'running';
  const uploads = doing.running.flatMap(({ job, done, total }) =>
    done === null || !total ? [] : [`job ${job} ${Math.floor((100 * done) / total)} %`],
  );
  return `${doing.state} for ${spanText(now - Date.parse(doing.startedAt))}${uploads.length > 0 ? ` (${uploads.join(', ')})` : ''}`;
}

function footer({ sources }: Facts, daemon: string, mapped: boolean, now: number): string {
  const last = sources.map((source) => source.lastGoodPollAt ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const polled =
    sources.length === 0
      ? 'no sources yet'
      : last === 0
        ? 'not polled yet'
        : `last poll ${relativeText(last, now)}`;
  return `daemon ${daemon}; ${polled}${mapped ? '; REPOST_ORIGINS is active: not the real platforms' : ''}`;
}
