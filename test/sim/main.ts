import { parseArgs } from 'node:util';
import { joinCrew, type Kind, playSeeds } from './crew.ts';
import type { Report } from './stage.ts';
import { add, type Goal, noTotals, reached, type Totals } from './totals.ts';

/** `npm run sim`: worlds, one seed after the other, until enough was published or time is up. */

const usage = `npm run sim -- [--posts N] [--crashes N] [--minutes M] [--seeds N] [--workers N] [--full | --postgres] [--quiet]
  SEED=N     the first seed; with it alone, that world only, with what happened last where something broke
  --posts    go on until so many posts are out; with --crashes, until both are reached
  --workers  so many worlds at a time, one for each processor
  --postgres two hosts over a PostgreSQL server of its own (Debian’s postgresql), in place of one over a file
  --full     all real platforms against their simulators, in place of the small world
  --quiet    only the closing line
Ends with 1, and the seed to play again, at the first thing that must never happen.
`;

function options() {
  const { values } = parseArgs({
    options: {
      posts: { type: 'string' },
      crashes: { type: 'string' },
      minutes: { type: 'string' },
      seeds: { type: 'string' },
      workers: { type: 'string', default: '1' },
      full: { type: 'boolean', default: false },
      postgres: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { posts, crashes, seeds, minutes, full, postgres, quiet, help } = values;
  const kind: Kind = postgres ? 'postgres' : full ? 'full' : 'small';
  const goal: Goal = {};
  if (posts !== undefined) goal.posts = Number(posts);
  if (crashes !== undefined) goal.crashes = Number(crashes);
  if (seeds !== undefined) goal.worlds = Number(seeds);
  if (minutes !== undefined) goal.ms = Number(minutes) * 60_000;
  if (Object.keys(goal).length === 0) goal.worlds = 1;
  return { goal, kind, quiet, help, workers: Number(values.workers) };
}

/** What happened last in a world where something broke, and how to see it again. */
function tell({ seed, trail, breaches }: Report, kind: Kind): void {
  console.log(`seed ${seed}: ${breaches.length} breaches`);
  const shown = Number(process.env['TRAIL'] ?? 40);
  for (const line of trail.slice(Math.max(0, trail.length - shown))) console.log(`  ${line}`);
  for (const breach of breaches) console.log(`  BREACH ${breach}`);
  console.log(`replay: SEED=${seed} npm run sim${kind === 'small' ? '' : ` -- --${kind}`}`);
}

/** How often a long run says how far it is. */
const WORD_EVERY_MS = 30_000;

async function run(): Promise<void> {
  const { goal, kind, quiet, help, workers } = options();
  if (help) {
    console.log(usage);
    return;
  }
  const firstSeed = Number(process.env['SEED'] ?? 1);
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const totals: Totals = noTotals();
  const line = () => {
    const { user, system } = process.cpuUsage();
    const coreSeconds = (user + system) / 1e6;
    return JSON.stringify({
      ...totals,
      firstSeed,
      workers,
      seconds: Math.round(elapsedMs() / 1000),
      coreSeconds: Math.round(coreSeconds),
      postsPerCoreSecond: Math.round(totals.posts / coreSeconds),
    });
  };
  let saidAt = elapsedMs();
  await playSeeds(new URL(import.meta.url), {
    firstSeed,
    workers,
    kind,
    onReport: (report) => {
      add(totals, report);
      if (report.breaches.length > 0) {
        tell(report, kind);
        process.exitCode = 1;
        return false;
      }
      if (!quiet && elapsedMs() > saidAt + WORD_EVERY_MS) {
        saidAt = elapsedMs();
        console.error(line());
      }
      return !reached(goal, totals, elapsedMs());
    },
  });
  console.log(line());
}

if (!(await joinCrew())) await run();
