import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openApp } from '../../src/cli/app.ts';
import type { OpenEngine } from '../../src/cli/engine.ts';
import { openEngine } from '../../src/cli/engine.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { memoryMiB } from './memory.ts';

/** What one process saw: milliseconds of each video, the first of a fresh process apart. */
export interface WayRun {
  firstMs: number;
  ownMs: number[];
  curlMs: number[];
  cpuMs: number;
  peakMiB: number;
}

/**
 * The engine on a furnished home, as `repost sync` opens it: a new video appears at the source, is polled, fetched,
 * checked, and published to so many accounts, all that is kept about it on the disk. After each, curl moves the same
 * bytes: one download, then as many uploads side by side.
 */
export async function runWay(
  origin: string,
  folder: string,
  destinations: number,
  videos: number,
): Promise<void> {
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: process.stderr,
    env: process.env,
  };
  const app = openApp(io, { noInput: true, warn: () => undefined, clock: systemClock });
  const open = await openEngine(app);
  const count: Count = { published: 0, failed: [] };
  listen(open, count);
  // The source’s first poll only takes note of what is there.
  await open.engine.sync();
  const ownMs: number[] = [];
  const curlMs: number[] = [];
  for (let n = 0; n <= videos; n += 1) {
    const { published } = await appear(origin);
    ownMs.push(await publishOne(open.engine, count, destinations));
    curlMs.push(curl(origin, folder, published, destinations));
  }
  const { user, system } = process.cpuUsage();
  const [firstMs = Number.NaN, ...warm] = ownMs;
  const run: WayRun = {
    firstMs,
    ownMs: warm,
    curlMs: curlMs.slice(1),
    cpuMs: (user + system) / 1000 / (videos + 1),
    peakMiB: memoryMiB('VmHWM'),
  };
  await app.close();
  process.stdout.write(JSON.stringify(run));
}

/** What went out; what went otherwise ends the measurement, for one of failures would be worth nothing. */
interface Count {
  published: number;
  failed: string[];
}

function listen({ on }: OpenEngine, count: Count): void {
  on((event) => {
    if (event.kind === 'poll-failed') count.failed.push(event.message);
    if (event.kind !== 'job-ended') return;
    const { state, reason, error, account } = event.job;
    if (state === 'published') count.published += 1;
    else count.failed.push(`${account.account} ${state} ${reason ?? ''}: ${error?.message ?? 'no reason'}`);
  });
}

/** By Node’s plain client: `fetch` would cost memory that is not the product’s. */
function appear(origin: string): Promise<{ published: number }> {
  return new Promise((resolve, reject) => {
    const asking = request(`${origin}/site/new`, { method: 'POST' }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      answer.on('end', () => resolve(JSON.parse(text) as { published: number }));
    });
    asking.on('error', reject).end();
  });
}

async function publishOne(engine: Engine, count: Count, wanted: number): Promise<number> {
  const before = count.published;
  const from = performance.now();
  await engine.sync();
  const ms = performance.now() - from;
  const out = count.published - before;
  if (out !== wanted || count.failed.length > 0)
    throw new Error(`${out} of ${wanted} posts were published; ${count.failed.join('; ')}`);
  return ms;
}

function curl(origin: string, folder: string, n: number, destinations: number): number {
  const path = join(folder, 'curl.mp4');
  const upload = `curl -sS -o /dev/null -H Expect: -T ${path} ${origin}/site/upload`;
  const script = [
    `curl -sS -o ${path} ${origin}/site/${n}.mp4`,
    ...Array.from({ length: destinations }, () => `${upload} &`),
    'wait',
  ].join('\n');
  writeFileSync(join(folder, 'curl.sh'), script);
  const from = performance.now();
  const { status } = spawnSync('sh', [join(folder, 'curl.sh')], { stdio: 'ignore' });
  const ms = performance.now() - from;
  if (status !== 0) throw new Error(`curl ended with ${status}`);
  // What it left in memory for the disk would be written by the next to ask for its own to be there: the product.
  rmSync(path);
  return ms;
}
