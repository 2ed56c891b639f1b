import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import { createDisk } from '../disk.ts';
import { simulateStage } from '../drive.ts';
import type { Life, Report, ScriptEvent, Stage } from '../stage.ts';
import { judgeEnd, judgeNow } from './judges.ts';
import { startLife } from './life.ts';
import { visit } from './person.ts';
import { createWorld, furnish, type LeanWorld, type Weather } from './world.ts';

/** One small world, from its first video to the last job's end. */
export function simulate(seed: number, weather: Weather): Promise<Report> {
  const world = createWorld(seed, weather, createDisk());
  const stage: Stage = Object.assign(world, {
    death: world.random.death,
    oneAtATime: false,
    furnish: () => furnish(world),
    startLife: (...given: Parameters<Stage['startLife']>) => startLife(world, ...given),
    happen: (life: Life, event: ScriptEvent) => happen(world, life, event),
    calmDown: () => world.outages.clear(),
    judgeNow: (life: Life) => judgeNow(world, life),
    judgeEnd: (...given: Parameters<Stage['judgeEnd']>) => judgeEnd(world, ...given),
    atEnd: (life: Life) => atEnd(world, life),
    requests: () => world.server.requests,
    posts: () => world.server.posts,
  });
  return simulateStage(stage);
}

export async function happen(
  world: LeanWorld,
  life: Pick<Life, 'raw' | 'ended'>,
  { what }: ScriptEvent,
): Promise<void> {
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
    case 'suspend':
      world.suspendedUntil = clock.now() + random.between(5 * MINUTE, 2 * HOUR);
      return;
    case 'person':
      return visit(world, life);
  }
}

/** Everything has been said, and every job has come to its end. */
export async function atEnd(world: LeanWorld, life: Pick<Life, 'raw'>): Promise<boolean> {
  const { waiting, running } = await life.raw.jobs.counts();
  if (waiting + running > 0) return false;
  const sources = await life.raw.sources.list();
  const newest = Math.max(...world.server.videos.all.map(({ createdAt }) => createdAt));
  return sources.every(
    ({ lastGoodPollAt, failures }) =>
      failures === 0 && (lastGoodPollAt ?? 0) > newest && newest < world.clock.now() - 10 * MINUTE,
  );
}
