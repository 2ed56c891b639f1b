import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { Store } from '../../../src/store/types.ts';
import type { PostgresServer } from '../../store/postgres-program.ts';
import { atEnd, happen } from '../lean/drive.ts';
import { judgeEnd } from '../lean/judges.ts';
import { createWorld, furnish, type Weather } from '../lean/world.ts';
import { die, type Mortal } from '../mortal.ts';
import { newReport, note, type Report } from '../stage.ts';
import { act, bury, createHost, freeze, type Host, type HostsWorld, rest, startHost, works } from './host.ts';
import { momentJudge } from './judges.ts';
import { type Gate, oneByOne, untilAllQuiet } from './machine.ts';
import { createPostgresPlace } from './place.ts';

const MOST_TURNS = 2_000_000;
/** A rest that is shorter is not worth it. */
const REST_MS = 2 * MINUTE;
/** A lane's longest rest, and another minute. */
const RESTED_MS = 6 * MINUTE;
const NEVER = Number.POSITIVE_INFINITY;
const HOSTS = ['ada', 'bob'] as const;

/** A few hours of few videos: each call takes real time here. */
export const hostsWeather: Weather = { videos: 10, trouble: 0.06, death: 0.0035, stall: 0.02 };

/**
 * One small world whose store is a schema on a real PostgreSQL server, worked on by two hosts at once. In every other
 * world what they ask is asked one by one, so that its seed plays it again; in the others their transactions meet.
 */
export async function simulateHosts(seed: number, weather: Weather, server: PostgresServer): Promise<Report> {
  const lean = createWorld(seed, weather, createPostgresPlace(server));
  const report = newReport(seed, lean);
  const gate: Gate = seed % 2 === 1 ? oneByOne() : (work) => work();
  const world: HostsWorld = Object.assign(lean, { gate, report });
  try {
    await furnish(world);
    await play(world, await world.disk.open(world.clock));
  } catch (error) {
    world.breaches.push(
      `the world ended: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    );
  }
  await world.disk
    .remove()
    .catch((error: unknown) => world.breaches.push(`its schema is still there: ${error}`));
  report.requests = world.server.requests;
  return report;
}

async function play(world: HostsWorld, store: Store): Promise<void> {
  const { clock, breaches, events, report } = world;
  const hosts = HOSTS.map((name) => createHost(world, name));
  const judge = momentJudge(world, store, hosts);
  let lives = 0;
  const living = () => hosts.flatMap(({ life }): Mortal[] => (life ? [life] : []));

  /** Whoever is dead is buried, whoever is to begin begins, whoever has something due looks for it. */
  async function stir(host: Host): Promise<void> {
    if (host.life?.dead) bury(world, host);
    if (!host.life && host.restartAt <= clock.now() && !host.machine.standsStill()) {
      lives += 1;
      await startHost(world, host, store, lives);
    }
    // Forgotten by its person, who was wrong: it takes nothing any more, until somebody starts it anew.
    if (works(host) && host.life?.presence?.draining && host.life.engine.running() === 0)
      die(host.life, clock.now());
    if (host.machine.wokeAt === clock.now()) host.wellSince = clock.now();
    act(world, host);
  }

  for (;;) {
    report.turns += 1;
    if (report.turns > MOST_TURNS) throw new Error(`no end after ${MOST_TURNS} turns`);
    await runScript(world, { hosts, store });
    for (const host of hosts) await stir(host);
    await untilAllQuiet(living());
    if (hosts.some((host) => host.life?.dead || (works(host) && (host.life?.ended ?? 0) > 0))) continue;
    for (const host of hosts) mistake(world, store, host);
    await judge();
    if (breaches.length > 0) break;
    if (world.calm && idle(hosts)) {
      if (await atEnd(world, { raw: store })) break;
      await takeTurns(world, store, hosts);
    }
    const next = Math.min(clock.nextWakeAt() ?? NEVER, events[0]?.at ?? NEVER, ...hosts.map(nextOf));
    if (!Number.isFinite(next)) throw new Error('nothing will ever happen again');
    clock.moveTo(Math.max(next, clock.now()));
    await untilAllQuiet(living());
  }
  if (breaches.length === 0) await leave(world, store, hosts);
  if (breaches.length === 0) await judgeEnd(world, store, report);
  for (const { life } of hosts) if (life) die(life, clock.now());
}

const nextOf = (host: Host): number =>
  host.life === undefined
    ? Math.max(host.restartAt, host.machine.suspendedUntil)
    : works(host) && !host.acting
      ? host.dueAt
      : NEVER;

/** Some work, and none of them has anything to do now. */
const idle = (hosts: readonly Host[]): boolean =>
  hosts.some(works) &&
  hosts.every(
    (host) =>
      !host.life || (works(host) && !host.polling && !host.acting && host.life.engine.running() === 0),
  );

/** Between two polls nobody need be there: signs of life are most of what costs time. One comes back for the next, the other later. */
async function takeTurns(world: HostsWorld, store: Store, hosts: readonly Host[]): Promise<void> {
  const { clock, random } = world;
  const now = clock.now();
  const nextAt = Math.min(...hosts.map((host) => host.nextAt));
  if (nextAt < now + REST_MS || !Number.isFinite(nextAt)) return;
  for (const accountId of await store.jobs.dueLanes(now - RESTED_MS, [])) {
    // What a full limit holds rests for minutes, however long its lane has waited for a host that stood still.
    const triedAt = Math.max(...hosts.map(({ life }) => life?.tried.get(accountId) ?? 0));
    if (now - triedAt > RESTED_MS)
      world.breaches.push(
        `starved: nothing is due, they say, and the lane of account ${accountId} has a job due`,
      );
  }
  const next = random.death.pick(hosts);
  for (const host of hosts) {
    const restartAt = host === next ? nextAt : nextAt + random.death.between(0, HOUR);
    if (host.life) await rest(world, host, restartAt);
    else host.restartAt = restartAt;
  }
}

/** In good order: nothing is held, nothing is in doubt. */
async function leave(world: HostsWorld, store: Store, hosts: readonly Host[]): Promise<void> {
  for (const { life } of hosts) await life?.presence?.leave();
  const left = hosts.filter(({ life }) => life).map(({ name }) => name);
  for (const { name, running, doubts, instance } of await store.hosts.list()) {
    if (running + doubts > 0 || (left.includes(name) && instance !== ''))
      world.breaches.push(`${name} left, with ${running} jobs and ${doubts} sendings in doubt`);
  }
}

interface Scene {
  hosts: readonly Host[];
  store: Store;
}

async function runScript(world: HostsWorld, { hosts, store }: Scene): Promise<void> {
  const { clock, events, random } = world;
  while ((events[0]?.at ?? NEVER) <= clock.now()) {
    const event = events.shift();
    if (!event) break;
    if (event.what === 'intruder') restart(world);
    else if (event.what === 'suspend') freeze(world, random.script.pick(hosts));
    else await happen(world, { raw: store, ended: 0 }, event);
    if (event.what === 'person') await forget(world, store, hosts);
    for (const host of hosts) if (host.ready) host.dueAt = 0;
  }
  if (world.calm || !events.every(({ what }) => what === 'person')) return;
  world.calm = true;
  world.calmSince = clock.now();
  world.report.troubled = world.server.posts;
  world.outages.clear();
}

/** The server crashes now and then. */
function restart(world: HostsWorld): void {
  if (!world.random.script.chance(0.1)) return;
  note(world, 'the database server crashes, and starts again');
  world.disk.restart();
}

/** Between its only intent and the request a host stands still: a person takes it for dead, and is wrong. */
function mistake(world: HostsWorld, store: Store, host: Host): void {
  const { clock, random } = world;
  const { machine, life } = host;
  if (!machine.stalled || host.stoodStill === machine || life?.engine.running() !== 1) return;
  host.stoodStill = machine;
  if (!random.person.chance(0.7)) return;
  void clock.sleep(10 * MINUTE).then(async () => {
    if (host.life !== life || life.dead || !machine.standsStill()) return;
    note(world, `somebody says that ${host.name} is dead, which stands still`);
    await store.hosts.declareDead(host.name, clock.now());
  });
}

/** Persons say of a host that is down that it will never run again. */
async function forget(world: HostsWorld, store: Store, hosts: readonly Host[]): Promise<void> {
  const { clock, random } = world;
  for (const host of hosts) {
    const gone = !host.life && host.restartAt > clock.now() + MINUTE;
    if (!(gone && random.person.chance(0.5))) continue;
    note(world, `somebody says that ${host.name} is dead`);
    await store.hosts.declareDead(host.name, clock.now()).catch(() => undefined);
  }
}
