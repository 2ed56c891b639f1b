import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { simulate } from './lean/drive.ts';
import { usualWeather } from './lean/world.ts';
import type { Report } from './stage.ts';

/** Which worlds: the small one, all real platforms, or the small one with two hosts over PostgreSQL. */
export type Kind = 'small' | 'full' | 'postgres';

/** Plays worlds, one after the other. */
interface Player {
  play(seed: number): Promise<Report>;
  /** Takes away what was set up for it, also while a world is under way. */
  end(): void;
}

async function player(kind: Kind): Promise<Player> {
  const end = () => undefined;
  switch (kind) {
    case 'small':
      return { play: (seed) => simulate(seed, usualWeather), end };
    case 'full':
      return { play: (await import('./full/drive.ts')).simulateAll, end };
    case 'postgres': {
      const { createPostgres, postgresPrograms } = await import('../store/postgres-program.ts');
      const { hostsWeather, simulateHosts } = await import('./hosts/drive.ts');
      const programs = postgresPrograms();
      if (!programs) throw new Error('The Debian package postgresql is missing.');
      const server = createPostgres(programs);
      server.start();
      return { play: (seed) => simulateHosts(seed, hostsWeather, server), end: () => server.remove() };
    }
  }
}

export interface Orders {
  firstSeed: number;
  workers: number;
  kind: Kind;
  /** Told of each world as it ends. Returns false where that was the last. */
  onReport(report: Report): boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Plays one seed after the other, in so many threads, until told that it is enough. What becomes of a seed does
 * not depend on who plays it. Worlds that are under way then are given up.
 */
export async function playSeeds(program: URL, { firstSeed, workers, kind, onReport }: Orders): Promise<void> {
  if (workers === 1) {
    const { play, end } = await player(kind);
    for (const signal of SIGNALS) process.once(signal, () => process.exit(130));
    process.once('exit', end);
    for (let seed = firstSeed; onReport(await play(seed)); seed += 1);
    return;
  }
  let seed = firstSeed;
  const threads = Array.from({ length: workers }, () => new Worker(program, { workerData: { kind } }));
  await new Promise<void>((resolve, reject) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
    for (const thread of threads) {
      const next = () => {
        thread.postMessage(seed);
        seed += 1;
      };
      thread.on('error', reject);
      thread.on('message', (report: Report) => {
        if (onReport(report)) next();
        else resolve();
      });
      next();
    }
  }).finally(() => Promise.all(threads.map(dismiss)));
}

function dismiss(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    thread.once('exit', () => resolve());
    thread.postMessage('end');
  });
}

/** True in a thread that `playSeeds` started; it then plays what it is told. */
export async function joinCrew(): Promise<boolean> {
  const port = parentPort;
  if (isMainThread || !port) return false;
  const { play, end } = await player((workerData as { kind: Kind }).kind);
  port.on('message', (order: number | 'end') => {
    if (order !== 'end') return void play(order).then((report) => port.postMessage(report));
    end();
    process.exit();
  });
  return true;
}
