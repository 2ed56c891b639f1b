import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Agency, openAgency } from './agency.ts';
import { type Backlog, measureStart, pile } from './backlog.ts';
import { type ClientReport, type ClientWork, runClients } from './clients.ts';
import { FastClock } from './clock.ts';
import { runDaemon } from './daemon.ts';
import { judge } from './judge.ts';
import { quarters, watchMemory } from './memory.ts';
import { type Results, tableOf } from './table.ts';

/** `npm run load`: an agency at work, faster than life, with programs and pages that look on. */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    accounts: { type: 'string' },
    destinations: { type: 'string', default: '8' },
    daily: { type: 'string' },
    speed: { type: 'string', default: '10' },
    minutes: { type: 'string' },
    programs: { type: 'string', default: '200' },
    pages: { type: 'string', default: '50' },
    think: { type: 'string', default: '4000' },
    backlog: { type: 'string', default: '100000' },
    profile: { type: 'string', default: '' },
    program: { type: 'string', default: '' },
    role: { type: 'string', default: 'all' },
    started: { type: 'string', default: '0' },
    ahead: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run load -- [--quick] [--minutes M] [--accounts N] [--destinations D] [--daily P] [--speed S]
                    [--programs C] [--pages W] [--think MS] [--backlog J] [--profile DIR]
  --quick          20 accounts that post as much as 1,000, half a minute, a backlog of 5,000: for a look
  --minutes M      how long films appear (default 30)
  --accounts N     TikTok accounts, each with a rule of its own (default 1000)
  --destinations D accounts that each posts to, on four platforms (default 8)
  --daily P        films of an account in a day (default 10)
  --speed S        how fast the clocks of the daemon and the platforms run (default 10)
  --programs C     programs that ask the API at once (default 200), each every --think ms (4000)
  --pages W        dashboards that listen (default 50)
  --backlog J      waiting jobs for the measure of the start (default 100000; 0: none)
  --profile DIR    where the daemon leaves its CPU profile
The last lines are the rows of docs/performance.md. Exits 1 where anything was lost, doubled or over quota.
`;

const quick = values.quick;
const speed = Number(values.speed);
const size = {
  accounts: Number(values.accounts ?? (quick ? 20 : 1000)),
  destinations: Number(values.destinations),
  users: quick ? 5 : 100,
};
// Few accounts post as often together as many: up to the 25 a day that Bluesky lets one publish.
const daily = Number(values.daily ?? (quick ? 24 : 10));
const films = quick ? Math.round((1000 * 10 * speed * 30) / 86_400) : null;
const liveMs = Number(values.minutes ?? (quick ? 0.5 : 30)) * 60_000;

// Nobody outlives the one who started them all.
if (values.role !== 'all') process.once('disconnect', () => process.exit(1));
// The daemon ends by itself: that it could be told so keeps it from nothing.
if (values.role === 'daemon') process.channel?.unref();

if (values.help) process.stdout.write(usage);
else if (values.role === 'daemon')
  await runDaemon(new FastClock(Number(values.started), speed, Number(values.ahead)));
else if (values.role === 'clients') playClients();
else process.exitCode = await run();

/** The process of those who look on: told what to do, and when to end, by its parent. */
function playClients(): void {
  const over = new AbortController();
  process.on('message', (message: ClientWork | 'end') => {
    if (message === 'end') over.abort();
    else
      void runClients(message, over.signal).then((report) => process.send?.(report, () => process.exit(0)));
  });
}

function play(role: string, agency: Agency, startedAt: number) {
  const clock = [
    '--speed',
    values.speed,
    '--started',
    String(startedAt),
    '--ahead',
    String(agency.clock.aheadMs),
  ];
  const args = ['--role', role, ...clock];
  const profile = role === 'daemon' && values.profile !== '';
  return fork(process.argv[1] ?? '', args, {
    env: agency.env,
    execArgv: [...process.execArgv, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [])],
    stdio: ['ignore', 'inherit', role === 'daemon' ? 'pipe' : 'inherit', 'ipc'],
  });
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

async function run(): Promise<number> {
  const startedAt = Date.now();
  const clock = new FastClock(startedAt, speed);
  say(`${size.accounts} accounts sign in, with ${size.destinations} destinations each`);
  const agency = await openAgency(clock, size, { http: '127.0.0.1:0' });
  // What a platform said while all came in at once is no part of the play.
  agency.answers.clear();
  say(`signed in, in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  try {
    const results = await live(agency, startedAt);
    process.stdout.write(`${JSON.stringify(results)}\n${tableOf(results)}`);
    const { verdict, clients } = results;
    const sound = verdict.lost === 0 && verdict.doubled === 0 && verdict.refusedForQuota === 0;
    return sound && verdict.complaints.length === 0 && Object.keys(clients.bad).length === 0 ? 0 : 1;
  } finally {
    await agency.app.close();
    await agency.server.close();
    rmSync(agency.dir, { recursive: true, force: true });
  }
}

async function live(agency: Agency, startedAt: number): Promise<Results> {
  const store = await agency.app.store();
  const daemon = play('daemon', agency, startedAt);
  const lookers = play('clients', agency, startedAt);
  let origin = '';
  // A daemon tells what it does on standard error.
  daemon.stderr?.on('data', (text: Buffer) => {
    origin ||= /"event":"listening","address":"(http:[^"]+)"/u.exec(text.toString())?.[1] ?? '';
  });
  while ((await store.sources.list()).some(({ baselineAt }) => baselineAt === null)) await pause(1000);
  say('every source was looked at once; films appear, programs ask, pages listen');
  const memory = watchMemory(daemon.pid ?? 0, 2000);
  const report = new Promise<ClientReport>((resolve) =>
    lookers.once('message', (one) => resolve(one as ClientReport)),
  );
  const work: ClientWork = {
    origin,
    programs: await agency.tokens(Number(values.programs)),
    pages: await agency.tokens(Number(values.pages)),
    thinkMs: Number(values.think),
  };
  lookers.send(work);
  const beganAt = Date.now();
  const marks = await shoot(agency);
  const shotAt = Date.now();
  // While all is under way: what the platforms show now, by the second.
  const before = publishedBetween(agency, beganAt + (shotAt - beganAt) / 4, shotAt);
  lookers.send('end');
  const clients = await report;
  say(`${marks.length} films have appeared; what is left goes out`);
  const left = async () => {
    const counts = await store.jobs.counts();
    return counts.waiting + counts.running > 0 || !(await allSeen(agency, marks.length));
  };
  // What is late is not lost: only where nothing has gone out for two minutes is the rest given up.
  let [out, still] = [-1, 0];
  while (still < 120 && (await left())) {
    const { published } = await store.jobs.counts();
    [out, still] = [published, published === out ? still + 1 : 0];
    await pause(1000);
  }
  memory.end();
  const verdict = await judge(agency, marks, size.destinations);
  daemon.kill('SIGTERM');
  await new Promise((resolve) => daemon.once('exit', resolve));
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}`,
    command: `npm run load${process.argv.slice(2).includes('--quick') ? ' -- --quick' : ''}`,
    size: {
      ...size,
      daily,
      speed,
      minutes: liveMs / 60_000,
      programs: work.programs.length,
      pages: work.pages.length,
    },
    publishesPerSecond: Math.round(before * 100) / 100,
    drainedSeconds: Math.round((Date.now() - shotAt) / 1000),
    clients,
    memoryMiB: quarters(memory.samples),
    verdict,
    backlog: await backlogOf(agency),
  };
}

/** Films appear at their rate, on any of the accounts. */
async function shoot(agency: Agency): Promise<string[]> {
  const marks: string[] = [];
  const beganAt = Date.now();
  const rate = films === null ? (size.accounts * daily * speed) / 86_400_000 : films / liveMs;
  const today = new Map<number, number>();
  while (Date.now() - beganAt < liveMs) {
    while (marks.length < (Date.now() - beganAt) * rate) {
      const account = Math.floor(Math.random() * size.accounts);
      // A platform lets one account do so much in a day; the dice would not.
      if ((today.get(account) ?? 0) >= 24) continue;
      today.set(account, (today.get(account) ?? 0) + 1);
      marks.push(await agency.film(account));
    }
    await pause(50);
  }
  return marks;
}

async function allSeen({ app }: Agency, films: number): Promise<boolean> {
  const counts = await (await app.store()).jobs.counts();
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all >= films * size.destinations;
}

/** Posts a second of real time. */
function publishedBetween({ sandbox, clock }: Agency, from: number, to: number): number {
  const posts = sandbox
    .posts()
    .filter(
      ({ platform, publishedAt }) =>
        platform !== 'tiktok' && publishedAt >= clock.at(from) && publishedAt < clock.at(to),
    );
  return posts.length / ((to - from) / 1000);
}

async function backlogOf(agency: Agency): Promise<{ empty: Backlog; full: Backlog } | null> {
  const jobs = quick ? Math.min(5_000, Number(values.backlog)) : Number(values.backlog);
  if (jobs === 0 || values.program === '') return null;
  say(`a backlog of ${jobs} jobs`);
  const empty = await measureStart(agency, values.program);
  await pile(agency, jobs);
  return { empty, full: await measureStart(agency, values.program) };
}
