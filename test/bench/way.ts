import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openApp } from '../../src/cli/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { PlatformId } from '../../src/core/names.ts';
import { scopeKey } from '../../src/engine/meter.ts';
import { registry } from '../../src/platforms/index.ts';
import { saveGrant } from '../../src/vault/grants.ts';
import { bareFolder, environmentOf } from './homes.ts';
import { timed } from './race.ts';
import { type Chart, type Findings, figure, judged, median, ratios, spread, stated } from './report.ts';
import { serve } from './servers.ts';
import type { WayRun } from './way-client.ts';
import { originsOf } from './zero-delay.ts';

export interface WaySize {
  bytes: number;
  /** Videos after the first, of one process. */
  videos: number;
  /** Processes, each on a home of its own. */
  rounds: number;
  /** Destinations for the picture. */
  growth: readonly number[];
}

/** Three ways of uploading: chunks, segments, one stream. */
const platforms: readonly PlatformId[] = ['youtube', 'x', 'facebook'];

/** A new video seen at a poll → three posts confirmed, beside curl moving the same bytes; no network delay. */
export async function way(self: readonly string[], size: WaySize): Promise<Findings> {
  const server = await serve(self, 'platforms', String(size.bytes));
  const origin = `http://127.0.0.1:${server.port}`;
  try {
    const runs: WayRun[] = [];
    for (let round = 0; round < size.rounds; round += 1)
      runs.push(await oneProcess(self, origin, platforms.length, size.videos));
    const chart = await growth(self, origin, size);
    return { rows: rowsOf(runs, size), ...(chart ? { charts: [chart] } : {}) };
  } finally {
    await server.close();
  }
}

function rowsOf(runs: readonly WayRun[], { bytes, rounds }: WaySize) {
  const own = runs.flatMap((run) => run.ownMs);
  const curl = runs.flatMap((run) => run.curlMs);
  const first = runs.map((run) => run.firstMs);
  const warm = runs.map((run) => median(run.ownMs));
  const what = `a new video of ${Math.round(bytes / 1e6)} MB, from the poll to three posts confirmed`;
  return [
    judged(
      what,
      '`curl -o`, then `curl -T` three times at once',
      { atMost: 1.25 },
      ratios(own, curl),
      `${figure(median(own))} ms; curl ${figure(median(curl))} ms; ${own.length} videos in ${rounds} processes`,
    ),
    judged(
      'the first video of a fresh process',
      'a later one of the same process',
      { atMost: 2.5 },
      ratios(first, warm),
      `${figure(median(first))} ms`,
    ),
    stated(
      'CPU time and memory of it',
      '–',
      spread(
        runs.map((run) => run.cpuMs),
        'ms',
      ),
      `peak ${figure(median(runs.map((run) => run.peakMiB)))} MiB`,
    ),
  ];
}

const GROWTH_VIDEOS = 5;

async function growth(self: readonly string[], origin: string, size: WaySize): Promise<Chart | undefined> {
  if (size.growth.length === 0) return undefined;
  const lines: Chart['lines'] = [
    { name: 'repost', points: [] },
    { name: 'curl', points: [] },
  ];
  for (const destinations of size.growth) {
    const run = await oneProcess(self, origin, destinations, GROWTH_VIDEOS);
    lines[0]?.points.push([destinations, median(run.ownMs)]);
    lines[1]?.points.push([destinations, median(run.curlMs)]);
  }
  return {
    name: 'growth-destinations',
    title: 'The whole way of a 20 MB video, by how many accounts it goes to',
    x: 'destinations',
    y: 'ms',
    lines,
  };
}

async function oneProcess(
  self: readonly string[],
  origin: string,
  destinations: number,
  videos: number,
): Promise<WayRun> {
  const folder = bareFolder();
  try {
    const env = await furnish(folder, origin, destinations);
    const words = ['way', origin, folder, String(destinations), String(videos)];
    return JSON.parse(timed([...self, ...words], env).out) as WayRun;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A feed, so many signed-in accounts, and a rule that sends each of its videos to all of them at once. */
async function furnish(folder: string, origin: string, destinations: number): Promise<NodeJS.ProcessEnv> {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'origins.json'), JSON.stringify(originsOf(origin)));
  const env = { ...environmentOf(folder), REPOST_ORIGINS: join(folder, 'origins.json') };
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: process.stderr, env };
  const app = openApp(io, { noInput: true, warn: () => undefined, clock: systemClock });
  const store = await app.store();
  const now = Date.now();
  const ids: number[] = [];
  for (let n = 0; n < destinations; n += 1) {
    const platform = platforms[n % platforms.length] ?? 'youtube';
    const remoteId = `${platform === 'youtube' ? 'UC-youtube-' : ''}${n}`;
    const account = await store.accounts.save(
      { platform, handle: `@bench${n}`, name: 'Bench', remoteId, user: 'me', scopes: [], settings: {} },
      now,
    );
    await saveGrant(await app.vault(), account, { accessToken: `bench-${n}`, scopes: [], obtainedAt: now });
    ids.push(account.id);
    // More than a channel may have in a day.
    for (const limit of registry.platform(platform)?.limits ?? [])
      await store.limits.setMax(scopeKey(limit, account), limit.bucket, 1_000_000);
  }
  const source = await store.sources.add(
    { kind: 'feed', accountId: null, locator: 'https://bench.example/feed', name: 'feed:bench', user: 'me' },
    now,
  );
  await store.rules.add(
    {
      name: 'everywhere',
      user: 'me',
      sourceId: source.id,
      destinations: ids.map((accountId) => ({ accountId, options: {} })),
      media: [],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      // The feed shows the films of earlier rounds as well: the first poll only takes note of them.
      startsAt: now,
      spec: {},
    },
    now,
  );
  await app.close();
  return env;
}
