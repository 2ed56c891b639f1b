import { parseArgs } from 'node:util';
import { type Report, simulate } from './lean/drive.ts';
import { usualWeather, type Weather } from './lean/world.ts';

/** `npm run sim`: worlds, one seed after the other, until enough was published or time is up. */

const { values } = parseArgs({
  options: {
    publishes: { type: 'string' },
    minutes: { type: 'string' },
    seeds: { type: 'string' },
    full: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run sim -- [--publishes N] [--minutes M] [--seeds N] [--full] [--quiet]
  SEED=N   the first seed; with it alone, that world only, with what happened last where something broke
  --full   all real platforms against their simulators, in place of the small world
`;

const firstSeed = Number(process.env['SEED'] ?? 1);
const wanted = {
  publishes: values.publishes === undefined ? Number.POSITIVE_INFINITY : Number(values.publishes),
  ms: values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes) * 60_000,
  seeds:
    values.seeds !== undefined
      ? Number(values.seeds)
      : values.publishes === undefined && values.minutes === undefined
        ? 1
        : Number.POSITIVE_INFINITY,
};

interface Totals {
  worlds: number;
  published: number;
  unknown: number;
  dead: number;
  cancelled: number;
  crashes: number;
  powerCuts: number;
  requests: number;
  breaches: number;
}

const worldOf = async (): Promise<(seed: number) => Promise<Report>> => {
  if (values.full) {
    const { simulateAll } = await import('./full/drive.ts');
    return simulateAll;
  }
  const weather: Weather = usualWeather;
  return (seed) => simulate(seed, weather);
};

function add(totals: Totals, report: Report): void {
  totals.worlds += 1;
  totals.published += report.ended['published'] ?? 0;
  totals.unknown += report.ended['unknown'] ?? 0;
  totals.dead += report.ended['dead'] ?? 0;
  totals.cancelled += report.ended['cancelled'] ?? 0;
  totals.crashes += report.crashes;
  totals.powerCuts += report.powerCuts;
  totals.requests += report.requests;
  totals.breaches += report.breaches.length;
}

function tell(report: Report): void {
  console.log(`seed ${report.seed}: ${report.breaches.length} breaches`);
  for (const line of report.trail.slice(-Number(process.env['TRAIL'] ?? 40))) console.log(`  ${line}`);
  for (const breach of report.breaches) console.log(`  BREACH ${breach}`);
  console.log(`replay: SEED=${report.seed} npm run sim${values.full ? ' -- --full' : ''}`);
}

async function run(): Promise<void> {
  const simulateOne = await worldOf();
  const startedAt = performance.now();
  const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
  const cpuAtStart = cpu();
  const totals: Totals = {
    worlds: 0,
    published: 0,
    unknown: 0,
    dead: 0,
    cancelled: 0,
    crashes: 0,
    powerCuts: 0,
    requests: 0,
    breaches: 0,
  };
  const line = () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const coreSeconds = (cpu() - cpuAtStart) / 1e6;
    return JSON.stringify({
      ...totals,
      firstSeed,
      seconds: Math.round(seconds),
      coreSeconds: Math.round(coreSeconds),
      publishesPerCoreSecond: Math.round(totals.published / coreSeconds),
    });
  };
  for (let seed = firstSeed; totals.worlds < wanted.seeds; seed += 1) {
    if (totals.published >= wanted.publishes || performance.now() - startedAt >= wanted.ms) break;
    const report = await simulateOne(seed);
    add(totals, report);
    if (report.breaches.length > 0) {
      tell(report);
      process.exitCode = 1;
      break;
    }
    if (!values.quiet && totals.worlds % 20 === 0) console.error(line());
  }
  console.log(line());
}

if (values.help) console.log(usage);
else await run();
