import { type Random, randomOf } from '../sim/random.ts';
import { breachesOf } from './judge.ts';
import { lookIn, type PersonsWork } from './person.ts';
import type { Started } from './program.ts';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** What one world went through. */
export interface Chapter extends PersonsWork {
  seed: number;
  kills: number;
  /** Kills at a random moment of the process's life, whatever it was doing. */
  atMoments: number;
  /** Kills when a request had left and the platform had not begun. */
  beforeWork: number;
  /** Kills when the platform had done its work and the answer had not arrived. */
  afterWork: number;
  /** Lives that ended by themselves before their kill, or that nobody meant to kill. */
  untouched: number;
  videos: number;
  posts: number;
  breaches: string[];
  /** The folder that is kept where something broke. */
  dir: string;
}

export interface ChapterOptions extends WorldOptions {
  seed: number;
  kills: number;
  /** Called now and then. */
  tell?: (chapter: Chapter) => void;
}

const MINUTE = 60_000;
/** Every so many lives a person looks in, and a process may live to its end: how long lives are is seen then. */
const LOOK_IN_EVERY = 25;
/** A life brings a new video as often as this: enough that most find work, and few find much. */
const NEW_VIDEO = 0.25;
/** So many lives are a daemon's, which never ends by itself; the others are one `sync`. */
const DAEMONS = 0.7;
/** More open jobs than this: no new video comes. */
const ENOUGH_OPEN = 24;
/** A life that was not killed is ended by SIGTERM after this. */
const LONGEST_LIFE_MS = 60_000;
/** Looks at the end, half an hour apart: far more than any platform's settle time and any quota needs. */
const MOST_LAST_LIVES = 300;

/** How lives are that end by themselves: kills are planned within them. */
interface Observed {
  /** How long a life with work is, and how many requests it makes. */
  lifeMs: number;
  requests: number;
  open: number;
}

/** What one life did, as seen from outside. */
interface Course {
  requests: number;
  /** From its start to its last answer. */
  busyMs: number;
}

/** Takes note of a life's requests; `onRequest` and `onAnswer` hear of each. */
function follow(
  world: World,
  { onRequest, onAnswer }: { onRequest?: (nth: number) => void; onAnswer?: (nth: number) => void } = {},
): Course {
  const startedAt = performance.now();
  const course: Course = { requests: 0, busyMs: 0 };
  let answers = 0;
  world.lookout.watch = {
    before() {
      course.requests += 1;
      onRequest?.(course.requests);
    },
    after() {
      answers += 1;
      course.busyMs = performance.now() - startedAt;
      onAnswer?.(answers);
    },
  };
  return course;
}

function learn(observed: Observed, course: Course): void {
  observed.lifeMs += (Math.min(5000, Math.max(500, course.busyMs)) - observed.lifeMs) / 4;
  learnRequests(observed, course);
}

function learnRequests(observed: Observed, { requests }: Course): void {
  observed.requests += Math.round((Math.min(200, Math.max(8, requests)) - observed.requests) / 4);
}

/** Many short lives of the real program over one world, killed; then the judgement. */
export async function runChapter(options: ChapterOptions): Promise<Chapter> {
  const { seed, kills } = options;
  const random = randomOf(seed, 'kills');
  const world = await openWorld(options);
  const chapter: Chapter = {
    ...{ seed, kills: 0, atMoments: 0, beforeWork: 0, afterWork: 0, untouched: 0, videos: 0, posts: 0 },
    ...{ resolvedPublished: 0, resolvedNotPublished: 0, retried: 0, signedInAgain: 0 },
    breaches: [],
    dir: world.dir,
  };
  const observed: Observed = { lifeMs: 1500, requests: 60, open: 0 };
  try {
    for (let life = 0; chapter.kills < kills && chapter.breaches.length === 0; life += 1) {
      if (observed.open < ENOUGH_OPEN && random.chance(life === 0 ? 1 : NEW_VIDEO))
        await addVideo(world, chapter);
      await world.skip(random.between(1, 30 * MINUTE));
      if (life % LOOK_IN_EVERY === 2) {
        await visit(world, chapter);
        await liveOn(world, chapter, observed);
        options.tell?.(chapter);
      } else await liveAndDie(world, chapter, observed, random);
    }
    await liveToTheEnd(world, chapter, observed);
    chapter.posts = (await world.posts()).length - chapter.videos;
    if (chapter.breaches.length === 0) chapter.breaches.push(...(await breachesOf(world, chapter.videos)));
  } catch (error) {
    chapter.breaches.push(`the chapter itself failed: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await world.close({ keep: chapter.breaches.length > 0 });
  }
  return chapter;
}

async function addVideo(world: World, chapter: Chapter): Promise<void> {
  chapter.videos += 1;
  await world.publish(`A ride in the hills v${chapter.seed}x${chapter.videos}e`);
}

async function visit(world: World, chapter: Chapter): Promise<void> {
  const work = await lookIn(world);
  chapter.resolvedPublished += work.resolvedPublished;
  chapter.resolvedNotPublished += work.resolvedNotPublished;
  chapter.retried += work.retried;
  chapter.signedInAgain += work.signedInAgain;
}

/** One life that shall be killed: at a moment, or at a request before or after the platform's work. */
async function liveAndDie(world: World, chapter: Chapter, observed: Observed, random: Random): Promise<void> {
  const daemon = random.chance(DAEMONS);
  const how = random.pick(['atMoments', 'beforeWork', 'afterWork'] as const);
  const moment = random.next() * observed.lifeMs;
  const nth = random.between(1, observed.requests);
  const life = world.repost.start(daemon ? ['daemon', '--json'] : ['sync', '--json']);
  const killAt = (wanted: typeof how) => (count: number) => {
    if (how === wanted && count === nth) life.child.kill('SIGKILL');
  };
  const course = follow(world, { onRequest: killAt('beforeWork'), onAnswer: killAt('afterWork') });
  // A daemon with nothing left to do lives on: then the moment is its end.
  const wait = how === 'atMoments' ? moment : 2 * observed.lifeMs;
  let cause = how;
  const timer = setTimeout(() => {
    cause = 'atMoments';
    life.child.kill('SIGKILL');
  }, wait);
  const { code, stderr } = await life.ended;
  clearTimeout(timer);
  world.lookout.watch = { before() {}, after() {} };
  if (life.child.signalCode === 'SIGKILL') {
    chapter.kills += 1;
    chapter[cause] += 1;
    // It was to die at a request that never came. How long lives are is seen at those that nobody ends.
    if (cause !== how) learnRequests(observed, course);
  } else {
    chapter.untouched += 1;
    if (checkEnd(chapter, code, stderr)) learnRequests(observed, course);
  }
}

/** One life to its natural end: shows how long a life is. */
async function liveOn(world: World, chapter: Chapter, observed: Observed): Promise<void> {
  const course = follow(world);
  const life = world.repost.start(['sync', '--json']);
  const timer = setTimeout(() => stop(life), LONGEST_LIFE_MS);
  const { code, stdout, stderr } = await life.ended;
  clearTimeout(timer);
  world.lookout.watch = { before() {}, after() {} };
  chapter.untouched += 1;
  // So slow a start that it was told to stop before it listened: nothing was seen.
  if (life.child.signalCode === 'SIGTERM') return;
  if (!checkEnd(chapter, code, stderr)) return;
  observed.open = (JSON.parse(stdout) as { waiting: number }).waiting;
  learn(observed, course);
}

function stop({ child }: Started): void {
  child.kill('SIGTERM');
}

/** 0: all well; 3: some job needs its person; 130: stopped. Anything else is no way to end. */
function checkEnd(chapter: Chapter, code: number | null, stderr: string): boolean {
  if (code === 0 || code === 3 || code === 130) return true;
  chapter.breaches.push(`a process ended with ${code}: ${stderr.trim().slice(-2000)}`);
  return false;
}

/** Until nothing is open, and a person has dealt with the rest. */
async function liveToTheEnd(world: World, chapter: Chapter, observed: Observed): Promise<void> {
  for (let turn = 0; turn < MOST_LAST_LIVES; turn += 1) {
    if (chapter.breaches.length > 0) return;
    await world.skip(31 * MINUTE);
    await liveOn(world, chapter, observed);
    if (observed.open > 0 && turn % 8 !== 7) continue;
    const before = chapter.resolvedNotPublished + chapter.retried + chapter.signedInAgain;
    await visit(world, chapter);
    const after = chapter.resolvedNotPublished + chapter.retried + chapter.signedInAgain;
    if (observed.open === 0 && before === after) return;
  }
}
