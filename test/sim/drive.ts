import { MINUTE, SECOND } from '../../src/core/clock.ts';
import { tryLock } from '../../src/store/lock.ts';
import { Crash, untilQuiet } from './mortal.ts';
import { type Life, newReport, note, type Report, type Stage } from './stage.ts';

/** Far more than any world needs: endless work is seen as such. */
const MOST_TURNS = 400_000;
/** How long (in true time) those who wait for neither clock nor platform are given: a file is read by then. */
const PATIENCE_MS = 2000;
/** As long as a token is renewed, others wait for it. */
const RENEWAL_PATIENCE_MS = 50;
const NEVER = Number.POSITIVE_INFINITY;

/** One whole world, from its first video to the last job's end. */
export async function simulateStage(stage: Stage): Promise<Report> {
  const { disk, breaches } = stage;
  const report = newReport(stage.seed, stage);
  try {
    await stage.furnish();
    for (;;) {
      const lock = await tryLock(disk.lockPath);
      if (!lock) throw new Error('the lock of a dead process is still held');
      const life = await stage.startLife(await disk.open(stage.clock), lock).catch(unlessCrashed);
      const finished = life !== undefined && (await live(stage, life, report));
      lock.release();
      if (finished) await stage.judgeEnd(life.raw, report);
      if (finished || breaches.length > 0) break;
      report.crashes += 1;
      await bury(stage, report);
    }
  } catch (error) {
    breaches.push(`the world ended: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  } finally {
    disk.kill();
    disk.remove();
  }
  report.requests = stage.requests();
  return report;
}

/** A process may die before it has begun to work: then there is none. */
function unlessCrashed(error: unknown): undefined {
  if (!(error instanceof Crash)) throw error;
}

/** Runs the engine until the process dies or the world is at its end. */
async function live(stage: Stage, life: Life, report: Report): Promise<boolean> {
  const { clock } = stage;
  const { engine } = life;
  const unlessDead = (error: unknown) => {
    if (!life.dead) throw error;
  };
  let polling = 0;
  let dueAt = 0;
  const settle = async () => {
    await untilQuiet(life);
    if (!stage.oneAtATime) return;
    // Files are read meanwhile: who runs and does not wait for the clock is not done yet, or waits for somebody's token.
    const until = performance.now() + (life.renewing > 0 ? RENEWAL_PATIENCE_MS : PATIENCE_MS);
    const working = () => life.busy > 0 || engine.running() + polling > life.asleep;
    while (!life.dead && working() && (life.busy > 0 || performance.now() < until)) await untilQuiet(life);
  };

  await engine.recover().catch(unlessDead);
  while (!life.dead) {
    report.turns += 1;
    if (report.turns > MOST_TURNS) throw new Error(`no end after ${MOST_TURNS} turns`);
    if (stage.suspendedUntil > clock.now()) {
      clock.moveTo(Math.min(clock.nextWakeAt() ?? NEVER, stage.suspendedUntil), stage.oneAtATime ? 1 : NEVER);
      // Nobody can be patient while the machine sleeps.
      life.startedAt = clock.now();
      await settle();
      continue;
    }
    await runScript(stage, life, report);
    if (life.ended > 0 || dueAt <= clock.now()) {
      life.ended = 0;
      if (polling === 0 && dueAt <= clock.now()) {
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
      if (life.ended > 0) continue;
      dueAt = (await engine.nextDueAt().catch(unlessDead)) ?? NEVER;
      await stage.judgeNow(life);
      if (stage.breaches.length > 0) return false;
      if (engine.running() === 0 && polling === 0 && stage.calm && (await stage.atEnd(life))) return true;
    }
    const next = Math.min(
      clock.nextWakeAt() ?? NEVER,
      dueAt > clock.now() ? dueAt : NEVER,
      stage.events[0]?.at ?? NEVER,
    );
    if (!Number.isFinite(next)) throw new Error('nothing will ever happen again');
    clock.moveTo(Math.max(next, clock.now()), stage.oneAtATime ? 1 : NEVER);
    await settle();
  }
  await untilQuiet(life);
  return false;
}

/** The process is dead: its disk is as it is, or as the power left it; time goes on until somebody starts it again. */
async function bury(stage: Stage, report: Report): Promise<void> {
  const { death, clock, disk } = stage;
  note(stage, 'the process died');
  if (death.chance(0.3)) {
    report.powerCuts += 1;
    disk.cutPower(death);
    note(stage, 'the power failed');
  } else disk.kill();
  const restartAt = clock.now() + (death.chance(0.7) ? SECOND : death.between(0, 20 * MINUTE));
  for (;;) {
    const next = Math.min(clock.nextWakeAt() ?? NEVER, restartAt);
    clock.moveTo(next);
    // What was under way without the process goes on: the network delivers it, the platform does its work.
    for (let turn = 0; turn < (stage.oneAtATime ? 20 : 1); turn += 1) await new Promise(setImmediate);
    if (next >= restartAt) return;
  }
}

async function runScript(stage: Stage, life: Life, report: Report): Promise<void> {
  const { clock, events } = stage;
  while ((events[0]?.at ?? NEVER) <= clock.now()) {
    const event = events.shift();
    if (event?.what === 'intruder') await intrude(stage);
    else if (event) await stage.happen(life, event);
  }
  if (stage.calm || !events.every(({ what }) => what === 'person')) return;
  stage.calm = true;
  stage.calmSince = clock.now();
  report.troubled = stage.posts();
  stage.calmDown();
}

/** Somebody starts a second daemon on the same home: it must be turned away. */
async function intrude({ disk, breaches }: Stage): Promise<void> {
  const lock = await tryLock(disk.lockPath);
  if (!lock) return;
  breaches.push('a second process got the lock of a home that is worked on');
  lock.release();
}
