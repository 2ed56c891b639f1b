import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { simulate } from './lean/drive.ts';
import { usualWeather } from './lean/world.ts';
import type { Report } from './stage.ts';

/** Plays the world of one seed. */
export type Play = (seed: number) => Promise<Report>;

/** Plays worlds in this thread. */
export async function player(full: boolean): Promise<Play> {
  if (!full) return (seed) => simulate(seed, usualWeather);
  const { simulateAll } = await import('./full/drive.ts');
  return simulateAll;
}

export interface Orders {
  firstSeed: number;
  workers: number;
  full: boolean;
  /** Told of each world as it ends. Returns false where that was the last. */
  onReport(report: Report): boolean;
}

/**
 * Plays one seed after the other, in so many threads, until told that it is enough. What becomes of a seed does
 * not depend on who plays it. Worlds that are under way then are given up.
 */
export async function playSeeds(program: URL, { firstSeed, workers, full, onReport }: Orders): Promise<void> {
  if (workers === 1) {
    const play = await player(full);
    for (let seed = firstSeed; onReport(await play(seed)); seed += 1);
    return;
  }
  let seed = firstSeed;
  const threads = Array.from({ length: workers }, () => new Worker(program, { workerData: { full } }));
  await new Promise<void>((resolve, reject) => {
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
  }).finally(() => Promise.all(threads.map((thread) => thread.terminate())));
}

/** True in a thread that `playSeeds` started; it then plays what it is told. */
export async function joinCrew(): Promise<boolean> {
  const port = parentPort;
  if (isMainThread || !port) return false;
  const play = await player((workerData as { full: boolean }).full);
  port.on('message', (seed: number) => void play(seed).then((report) => port.postMessage(report)));
  return true;
}
