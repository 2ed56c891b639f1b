import { cpus } from 'node:os';
import type { Agency } from '../load/agency.ts';
import { judge, type Verdict } from '../load/judge.ts';
import { randomOf } from '../sim/random.ts';
import { failovers } from './failovers.ts';
import { type Each, measurePolls, measurePosts, outOf } from './measure.ts';
import { lookIn, type PersonsWork, type Repost } from './person.ts';
import { moveBack, type Stage } from './stage.ts';
import { type Trouble, trouble } from './troubles.ts';
import { wait } from './wait.ts';
import {
  AHEAD,
  calm,
  daemons,
  everyMs,
  films,
  longestMs,
  quick,
  SECOND,
  SETTINGS,
  say,
  size,
} from './words.ts';

export interface Results {
  machine: string;
  daemons: number;
  store: 'postgres' | 'sqlite';
  troubles: Record<Trouble, number> | null;
  restarts: Record<string, number>;
  seconds: number;
  /** While films appeared. */
  publishesPerSecond: number;
  /** What one post and one poll cost; only where nobody was killed. `bytesKept`: of a post, in the database. */
  costs: { post: Each; bytesKept: number; poll: Each; pollsPerSecond: number } | null;
  person: PersonsWork;
  failoverSeconds: number[];
  movedBack: boolean | null;
  verdict: Verdict;
}

/** Films appear, troubles strike, a person looks in; then the judgement. */
export async function live(stage: Stage): Promise<Results> {
  const { agency, repost, hosts, networks, postgres } = stage;
  for (const host of hosts) host.start();
  const store = await agency.app.store();
  while ((await store.sources.list()).some(({ baselineAt }) => baselineAt === null)) await wait(SECOND);
  const polls = calm ? await measurePolls(stage) : null;
  say('every source was looked at once; films appear');
  const beganAt = Date.now();
  const over = new AbortController();
  const random = randomOf(Number(process.env['SEED'] ?? 1), 'hosts');
  const befalling =
    calm || !networks || !postgres
      ? undefined
      : trouble({ hosts, networks, postgres, settings: SETTINGS, random, everyMs, say }, over.signal);
  const measured = measurePosts(stage);
  const marks = await shoot(agency);
  const { perSecond, each, bytesKept } = measured();
  // A quick look, too, sees each of them.
  if (quick) await wait(90 * SECOND);
  over.abort();
  const troubles = (await befalling) ?? null;
  say(`${marks.length} films have appeared, the troubles are over; what is left goes out`);
  const person = await drain(agency, repost, marks.length);
  const seconds = Math.round((Date.now() - beganAt) / SECOND);
  const failoverSeconds = await failovers(stage, marks);
  if (failoverSeconds.length > 0) await drain(agency, repost, marks.length);
  for (const host of hosts) await host.end();
  const verdict = await judge(agency, marks, size.destinations);
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}`,
    daemons,
    store: postgres ? 'postgres' : 'sqlite',
    troubles,
    restarts: sum(hosts.map(({ fell }) => fell)),
    seconds,
    publishesPerSecond: perSecond,
    costs: polls && { post: each, bytesKept, poll: polls.each, pollsPerSecond: polls.perSecond },
    person,
    failoverSeconds,
    movedBack: postgres ? await moveBack(agency, repost, verdict) : null,
    verdict,
  };
}

/** Films appear as fast as they are taken, on one account after the other. */
async function shoot(agency: Agency): Promise<string[]> {
  const marks: string[] = [];
  let said = 0;
  const over = Date.now() + longestMs;
  while (marks.length < films && Date.now() < over) {
    const out = outOf(agency) / size.destinations;
    while (marks.length < films && marks.length < out + AHEAD)
      marks.push(await agency.film(marks.length % size.accounts));
    if (Math.floor(out / 100) > said) {
      said = Math.floor(out / 100);
      const { doubled, posts } = await judge(agency, marks, size.destinations);
      say(`${posts} posts are out, ${doubled} of them twice`);
      if (doubled > 0) return marks;
    }
    await wait(250);
  }
  return marks;
}

/** Until nothing is open, and a person has dealt with what asks for one. */
async function drain(agency: Agency, repost: Repost, made: number): Promise<PersonsWork> {
  const work: PersonsWork = { resolvedPublished: 0, resolvedNotPublished: 0, retried: 0 };
  const store = await agency.app.store();
  for (let turn = 0, still = 0, before = -1; still < 300; turn += 1) {
    const counts = await store.jobs.counts();
    const all = Object.values(counts).reduce((total, count) => total + count, 0);
    const open = counts.waiting + counts.running + (made * size.destinations - all);
    const asked = counts.unknown + counts.dead;
    if (open === 0 && asked === 0) break;
    if (asked > 0 && (open === 0 || turn % 30 === 29)) {
      const did = await lookIn(repost, store, agency.sandbox);
      for (const key of Object.keys(work) as (keyof PersonsWork)[]) work[key] += did[key];
    }
    still = counts.published === before ? still + 1 : 0;
    before = counts.published;
    await wait(SECOND);
  }
  return work;
}

function sum(tables: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of tables)
    for (const [key, count] of Object.entries(one)) total[key] = (total[key] ?? 0) + count;
  return total;
}
