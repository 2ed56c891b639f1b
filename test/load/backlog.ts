import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { MINUTE } from '../../src/core/clock.ts';
import type { Agency } from './agency.ts';
import { residentBytes } from './memory.ts';

export interface Backlog {
  jobs: number;
  /** From the start of the process until it says that it is ready. */
  startMs: number;
  /** A while later. */
  residentBytes: number;
  statusMs: number;
}

/** Makes jobs that wait for tomorrow. */
export async function pile({ app }: Agency, jobs: number): Promise<void> {
  const store = await app.store();
  const now = app.clock.now();
  const rules = await store.rules.list();
  let made = 0;
  for (let n = 0; made < jobs; n += 1) {
    const rule = rules[n % rules.length];
    if (!rule) return;
    const item = {
      remoteId: `99${String(n).padStart(17, '0')}`,
      url: `https://www.tiktok.com/@c/video/99${n}`,
      caption: `backlog ${n}`,
      publishedAt: now,
      kind: 'video' as const,
      facts: {},
    };
    const fresh = rule.destinations.slice(0, jobs - made).map(({ accountId }) => ({
      accountId,
      ruleId: rule.id,
      user: rule.user,
      state: 'waiting' as const,
      reason: 'delay' as const,
      runAt: now + (24 * 60 + (n % 600)) * MINUTE,
      maxAttempts: 5,
    }));
    made += fresh.length;
    await store.videos.take(rule.sourceId, [{ item, jobs: fresh, skipped: [] }], now);
  }
}

/** Starts the real program on the home as it is. */
export async function measureStart(agency: Agency, program: string): Promise<Backlog> {
  const counts = await (await agency.app.store()).jobs.counts();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'daemon', '--json'], {
    env: agency.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await says(child, '"event":"started"');
  const startMs = Math.round(performance.now() - startedAt);
  await pause(5_000);
  const bytes = residentBytes(child.pid ?? 0);
  const asked = performance.now();
  const status = spawn(process.execPath, [program, 'status', '--json'], { env: agency.env, stdio: 'ignore' });
  await new Promise((resolve) => status.once('exit', resolve));
  const statusMs = Math.round(performance.now() - asked);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  return { jobs: counts.waiting, startMs, residentBytes: bytes, statusMs };
}

function says(child: ChildProcess, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stderr) return reject(new Error('the program has no output'));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes(words)) resolve(line);
    });
    child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
  });
}
