import { HOUR, MINUTE, SECOND } from '../../../src/core/clock.ts';
import { untilQuiet } from '../mortal.ts';
import { judgeEnd, judgeNow } from './judges.ts';
import { type Life, startLife, takeLock } from './life.ts';
import { visit } from './person.ts';
import { createWorld, furnish, type LeanWorld, note, type ScriptEvent, type Weather } from './world.ts';

export interface Report {
  seed: number;
  breaches: string[];
  published: number;
  ended: Record<string, number>;
  crashes: number;
  powerCuts: number;
  requests: number;
  turns: number;
  /** What happened last, oldest first: to read after a breach. */
  trail: string[];
}

/** Far more than any world needs: endless work is seen as such. */
const MOST_TURNS = 400_000;

/** One whole world, from its first video to the last job's end. */
export async function simulate(seed: number, weather: Weather): Promise<Report> {
  const world = createWorld(seed, weather);
  const report: Report = {
    seed,
    breaches: world.breaches,
    published: 0,
    ended: {},
    crashes: 0,
    powerCuts: 0,
    requests: 0,
    turns: 0,
    trail: world.trail,
  };
  try {
    await furnish(world);
    for (;;) {
      const lock = await takeLock(world);
      if (!lock) throw new Error('the lock of a dead process is still held');
      const life = await startLife(world, await world.disk.open(world.clock), lock);
      const finished = await live(world, life, report);
      lock.release();
      if (finished || world.breaches.length > 0) {
        if (finished) await judgeEnd(world, life.raw, report);
        break;
      }
      report.crashes += 1;
      await bury(world, report);
    }
  } catch (error) {
    world.breaches.push(
      `the world ended: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    );
  } finally {
    world.disk.kill();
    world.disk.remove();
  }
  report.requests = world.server.requests;
  return report;
}

/** Runs the engine until the process dies or the world is at its end. */
async function live(world: LeanWorld, life: Life, report: Report): Promise<boolean> {
  const { clock } = world;
  const { engine } = life;
  const unlessDead = (error: unknown) => {
    if (!life.dead) throw error;
  };
  let polling = 0;
  let dueAt = 0;
  const settle = () => untilQuiet(life);

  await engine.recover().catch(unlessDead);
  while (!life.dead) {
    report.turns += 1;
    if (world.suspendedUntil > clock.now()) {
      clock.moveTo(Math.min(clock.nextAt() ?? Number.POSITIVE_INFINITY, world.suspendedUntil));
      // Nobody can be patient while the machine sleeps.
      life.startedAt = clock.now();
      await settle();
      continue;
    }
    if (report.turns > MOST_TURNS) throw new Error(`no end after ${MOST_TURNS} turns`);
    await runScript(world, life);
    if (life.ended > 0 || dueAt <= clock.now()) {
      life.ended = 0;
      if (polling === 0) {
        polling = 1;
        void engine
          .poll('due')
          .then((polled) => {
            life.ended += polled;
          }, unlessDead)
          .finally(() => {
            polling = 0;
          });
      }
      await engine.pump().catch(unlessDead);
      await settle();
      if (life.dead) break;
      dueAt = (await engine.nextDueAt().catch(unlessDead)) ?? Number.POSITIVE_INFINITY;
      await judgeNow(world, life);
      if (world.breaches.length > 0) return false;
      if (life.ended > 0) continue;
      if (engine.running() === 0 && polling === 0 && (await atEnd(world, life))) return true;
    }
    const next = Math.min(
      clock.nextAt() ?? Number.POSITIVE_INFINITY,
      dueAt > clock.now() ? dueAt : Number.POSITIVE_INFINITY,
      world.events[0]?.at ?? Number.POSITIVE_INFINITY,
    );
    if (!Number.isFinite(next)) throw new Error('nothing will ever happen again');
    clock.moveTo(Math.max(next, clock.now()));
    await settle();
  }
  await settle();
  return false;
}

/** The process is dead: its disk is as it is, or as the power left it; time goes on until somebody starts it again. */
async function bury(world: LeanWorld, report: Report): Promise<void> {
  const { random, clock, disk } = world;
  note(world, 'the process died');
  if (random.death.chance(0.3)) {
    report.powerCuts += 1;
    disk.cutPower(random.death);
    note(world, 'the power failed');
  } else disk.kill();
  const restartAt = clock.now() + (random.death.chance(0.7) ? SECOND : random.death.between(0, 20 * MINUTE));
  for (;;) {
    const next = Math.min(clock.nextAt() ?? Number.POSITIVE_INFINITY, restartAt);
    clock.moveTo(next);
    await new Promise(setImmediate);
    if (next >= restartAt) return;
  }
}

async function runScript(world: LeanWorld, life: Life): Promise<void> {
  const { clock, events } = world;
  while ((events[0]?.at ?? Number.POSITIVE_INFINITY) <= clock.now()) {
    const event = events.shift();
    if (event) await happen(world, life, event);
  }
  if (!world.calm && events.every(({ what }) => what === 'person')) {
    world.calm = true;
    world.calmSince = clock.now();
    world.outages.clear();
  }
}

async function happen(world: LeanWorld, life: Life, { what }: ScriptEvent): Promise<void> {
  const { server, clock, callers, outages } = world;
  const random = world.random.script;
  switch (what) {
    case 'publish':
    case 'late':
      for (const user of ['ann', 'ben'])
        server.videos.publish(`tt-${user}`, what === 'late' ? random.between(HOUR, 30 * HOUR) : 0);
      return;
    case 'hide': {
      const recent = server.videos.all.slice(-6).filter(({ shown }) => shown);
      if (recent.length > 0) server.videos.hide(random.pick(recent));
      return;
    }
    case 'revoke': {
      const { platform, accountId } = random.pick(callers);
      server.tokens.revoke(platform, accountId, random.chance(0.5));
      return;
    }
    case 'outage':
      outages.set(
        random.pick([...world.platforms.keys()]),
        clock.now() + random.between(10 * MINUTE, 3 * HOUR),
      );
      return;
    case 'person':
      return visit(world, life);
    case 'intruder':
      return intrude(world);
    case 'suspend':
      world.suspendedUntil = clock.now() + random.between(5 * MINUTE, 2 * HOUR);
      return;
  }
}

/** Somebody starts a second daemon on the same home: it must be turned away. */
async function intrude(world: LeanWorld): Promise<void> {
  const lock = await takeLock(world);
  if (!lock) return;
  world.breaches.push('a second process got the lock of a home that is worked on');
  lock.release();
}

/** Everything has been said, and every job has come to its end. */
async function atEnd(world: LeanWorld, life: Life): Promise<boolean> {
  if (!world.calm) return false;
  const { waiting, running } = await life.raw.jobs.counts();
  if (waiting + running > 0) return false;
  const sources = await life.raw.sources.list();
  const calmSince = world.clock.now() - 10 * MINUTE;
  const newest = Math.max(...world.server.videos.all.map(({ createdAt }) => createdAt));
  return sources.every(
    ({ lastGoodPollAt, failures }) => failures === 0 && (lastGoodPollAt ?? 0) > newest && newest < calmSince,
  );
}
