import { Failure } from '../../core/failure.ts';
import type { HostRow, Store } from '../../store/types.ts';
import { schemaVersion, skewText } from '../../web/views.ts';
import { ask } from '../ask.ts';
import type { Turn } from '../command.ts';
import { counted } from '../counted.ts';
import { hostView, stateOf } from '../hosts.ts';
import { relativeText, table, tableWidth } from '../table.ts';

export async function listHosts({ app, print }: Turn): Promise<undefined> {
  const now = app.clock.now();
  const hosts = await (await app.store()).hosts.list();
  const views = hosts.map((host) => hostView(host, now));
  print(views, () =>
    views.length === 0
      ? 'No host has worked on a shared store: this home’s database is its own, or no daemon has run yet.'
      : table(
          ['HOST', 'STATE', 'SEEN', 'RUNNING', 'IN DOUBT', 'VERSION', 'CLOCK'],
          hosts.map((host) => [
            host.name,
            stateOf(host, now),
            relativeText(host.seenAt, now),
            String(host.running),
            String(host.doubts),
            host.version,
            skewText(host.skewMs),
          ]),
          tableWidth(app.io),
          0,
        ),
  );
}

export async function drainHost(turn: Turn, _options: unknown, name: string): Promise<undefined> {
  await setDraining(turn, name, true);
  const { app, print } = turn;
  const host = await needHost(await app.store(), name);
  print(hostView(host, app.clock.now()), () => `${name} ends what runs and takes nothing new.`);
}

export async function resumeHost(turn: Turn, _options: unknown, name: string): Promise<undefined> {
  await setDraining(turn, name, false);
  const { app, print } = turn;
  const host = await needHost(await app.store(), name);
  print(hostView(host, app.clock.now()), () => `${name} takes new work again.`);
}

/** A person's word that a host sends nothing any more. */
export async function forgetHost(
  turn: Turn,
  options: { yes?: boolean },
  name: string,
): Promise<number | undefined> {
  const { app, print } = turn;
  const store = await app.store();
  const now = app.clock.now();
  const host = await needHost(store, name);
  if (['working', 'draining'].includes(stateOf(host, now)))
    throw new Failure('E_WRONG_STATE', {
      message: `${name} gave a sign of life ${relativeText(host.seenAt, now)}: it is not lost.`,
      hint: 'Stop its daemon first; whoever stops in good order leaves nothing behind.',
      command: `repost hosts drain ${name}`,
    });
  if (!options.yes) {
    const { askConfirm } = await ask(turn, 'hostForget');
    const sure = await askConfirm(
      `Is it certain that no process of ${name} runs any more, also not after a pause? What it sent without an answer may be sent again then.`,
    );
    if (!sure) return 1;
  }
  const jobs = await store.hosts.declareDead(name, now);
  app.nudge();
  print(
    { schemaVersion, forgotten: name, jobs, doubts: host.doubts },
    () =>
      `${name} is forgotten. ${counted(jobs.length, 'job')} of it went back to the others${host.doubts > 0 ? `, and ${counted(host.doubts, 'post')} in doubt will be sent if a look shows that they are not there` : ''}.`,
  );
  return undefined;
}

async function setDraining({ app }: Turn, name: string, draining: boolean): Promise<void> {
  if (!(await (await app.store()).hosts.drain(name, draining))) throw noHost(name);
  app.nudge();
}

async function needHost({ hosts }: Store, name: string): Promise<HostRow> {
  const host = (await hosts.list()).find((one) => one.name === name);
  if (!host) throw noHost(name);
  return host;
}

function noHost(name: string): Failure {
  return new Failure('E_NOT_FOUND', {
    message: `There is no host called “${name}”.`,
    command: 'repost hosts',
  });
}
