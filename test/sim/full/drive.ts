import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import { simulateStage } from '../drive.ts';
import type { Life, Report, ScriptEvent, Stage } from '../stage.ts';
import { judgeFullEnd, judgeFullNow, postsOf } from './judges.ts';
import { startFullLife } from './life.ts';
import { createFullWorld, type FullWorld, furnishFull, signInAgain } from './world.ts';

/** One world of all real platforms, from its first video to the last job's end. */
export function simulateAll(seed: number): Promise<Report> {
  const world = createFullWorld(seed);
  const stage: Stage = Object.assign(world, {
    death: world.random.death,
    oneAtATime: true,
    furnish: () => furnishFull(world),
    startLife: (...given: Parameters<Stage['startLife']>) => startFullLife(world, ...given),
    happen: (life: Life, event: ScriptEvent) => happen(world, life, event),
    calmDown: () => world.sandbox.faults.clear(),
    judgeNow: (life: Life) => judgeFullNow(world, life),
    judgeEnd: (...given: Parameters<Stage['judgeEnd']>) => judgeFullEnd(world, ...given),
    atEnd: (life: Life) => atEnd(world, life),
    requests: () => world.sandbox.requestCount(),
    posts: () => world.sandbox.posts().filter(({ platform }) => platform !== 'tiktok').length,
  });
  return simulateStage(stage);
}

async function happen(world: FullWorld, life: Life, { what }: ScriptEvent): Promise<void> {
  const { sandbox, clock, films } = world;
  const random = world.random.script;
  switch (what) {
    case 'publish':
    case 'late': {
      const tag = `no${films.length + 1}q${world.seed}x`;
      const ageMs = what === 'late' ? random.between(HOUR, 30 * HOUR) : 0;
      const { id } = (await sandbox.control('tiktok', 'publish', {
        caption: `Morning ride ${tag} #bike`,
        durationSeconds: 12,
        width: 576,
        height: 1024,
        createTime: Math.floor((clock.now() - ageMs) / 1000),
      })) as { id: string };
      films.push({ id, tag, hidden: false });
      return;
    }
    case 'hide': {
      const film = films.at(-1);
      if (!film) return;
      film.hidden = true;
      await sandbox.control('tiktok', 'setPrivacy', { id: film.id, private: true });
      return;
    }
    case 'revoke':
      await sandbox.control('tiktok', 'expireTokens', {});
      return;
    case 'outage': {
      const platform = random.pick(world.platforms);
      const until = sandbox.faults.add({ platform, action: { kind: 'status', status: 503 } });
      void clock.sleep(random.between(20 * MINUTE, 2 * HOUR)).then(until);
      return;
    }
    case 'suspend':
      world.suspendedUntil = clock.now() + random.between(5 * MINUTE, 2 * HOUR);
      return;
    case 'person':
      return visit(world, life);
  }
}

/** The person looks at the accounts: signs in where it is asked, says what became of unknown posts, retries what is dead. */
async function visit(world: FullWorld, life: Life): Promise<void> {
  const store = life.raw;
  const now = world.clock.now();
  for (const account of await store.accounts.list())
    if (account.status === 'login-needed') await signInAgain(world, account.platform);
  for (const job of await store.jobs.list({ states: ['unknown', 'dead'], limit: 1000 })) {
    if (now - job.updatedAt < 2 * HOUR || !world.random.person.chance(0.7)) continue;
    const [post] = postsOf(world, job);
    if (job.state === 'dead') {
      if (world.random.person.chance(0.5)) await store.jobs.retry(job.id, now);
    } else if (post) {
      const published = { id: post.id, url: post.url, publishedAt: post.publishedAt, lagMs: 0, warnings: [] };
      await store.jobs.resolve(job.id, { published }, now);
    } else await store.jobs.resolve(job.id, 'not-published', now);
  }
  life.ended += 1;
}

/** Everything has been said, and every job has come to its end. */
async function atEnd(world: FullWorld, life: Life): Promise<boolean> {
  const { waiting, running } = await life.raw.jobs.counts();
  if (waiting + running > 0) return false;
  const [source] = await life.raw.sources.list();
  return source?.failures === 0 && (source.lastGoodPollAt ?? 0) > world.calmSince + 30 * MINUTE;
}
