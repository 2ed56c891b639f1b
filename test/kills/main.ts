import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Chapter, runChapter } from './chapter.ts';

/** `npm run kills`: worlds in which the real program is killed again and again, until there were enough kills. */

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '2' },
    chapter: { type: 'string', default: '500' },
    program: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run kills -- [--kills N] [--workers W] [--chapter N]
  --kills N     how many processes die (default 10000)
  --workers W   worlds at once (default 2)
  --chapter N   kills in one world, which is then judged and thrown away (default 500)
  SEED=N        the first world's seed (default 1): its plan of kills. When exactly a process dies is the
                machine's matter, so a replay is the same plan and not the same instant.
`;

interface Totals {
  chapters: number;
  kills: number;
  atMoments: number;
  beforeWork: number;
  afterWork: number;
  untouched: number;
  videos: number;
  posts: number;
  resolvedPublished: number;
  resolvedNotPublished: number;
  retried: number;
  signedInAgain: number;
  breaches: number;
}

const videos = fileURLToPath(new URL('videos', import.meta.url));
const startedAt = performance.now();
const under = new Map<number, Chapter>();
const done: Chapter[] = [];
const firstSeed = Number(process.env['SEED'] ?? 1);
const wanted = Number(values.kills);
let seed = firstSeed - 1;
let given = 0;

function totals(): Totals & { seconds: number; killsPerSecond: number } {
  const all = [...done, ...under.values()];
  const sum = (of: (chapter: Chapter) => number) => all.reduce((total, one) => total + of(one), 0);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const kills = sum((one) => one.kills);
  return {
    chapters: done.length,
    kills,
    atMoments: sum((one) => one.atMoments),
    beforeWork: sum((one) => one.beforeWork),
    afterWork: sum((one) => one.afterWork),
    untouched: sum((one) => one.untouched),
    videos: sum((one) => one.videos),
    posts: sum((one) => one.posts),
    resolvedPublished: sum((one) => one.resolvedPublished),
    resolvedNotPublished: sum((one) => one.resolvedNotPublished),
    retried: sum((one) => one.retried),
    signedInAgain: sum((one) => one.signedInAgain),
    breaches: sum((one) => one.breaches.length),
    seconds,
    killsPerSecond: Math.round((kills / seconds) * 10) / 10,
  };
}

/** World after world, until all kills are given out or one broke. */
async function work(): Promise<void> {
  while (given < wanted && done.every((chapter) => chapter.breaches.length === 0)) {
    const kills = Math.min(Number(values.chapter), wanted - given);
    given += kills;
    seed += 1;
    const mine = seed;
    const tell = (chapter: Chapter) => {
      under.set(mine, chapter);
      console.error(JSON.stringify(totals()));
    };
    const chapter = await runChapter({ seed: mine, kills, program: values.program, videos, tell });
    under.delete(mine);
    done.push(chapter);
    if (chapter.breaches.length > 0) report(chapter, kills);
    else console.error(`world ${mine} is sound: ${chapter.kills} kills, ${chapter.posts} posts`);
  }
}

function report(chapter: Chapter, kills: number): void {
  for (const breach of chapter.breaches) console.log(`BREACH (seed ${chapter.seed}): ${breach}`);
  console.log(`kept: ${chapter.dir}`);
  console.log(`again: SEED=${chapter.seed} npm run kills -- --kills ${kills} --workers 1`);
  process.exitCode = 1;
}

// Whoever stops this stops the sandboxes and homes at work with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (values.help) console.log(usage);
else {
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  console.log(JSON.stringify(totals()));
}
