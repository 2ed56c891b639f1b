import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { race } from './race.ts';
import type { Chart } from './report.ts';
import type { Cost } from './transfer-rows.ts';

interface Uploads {
  own(path: string): () => Cost;
  curl(path: string): () => Cost;
  median(runs: readonly Cost[]): { wallMs: number; peakMiB: number };
}

const ROUNDS = 3;

/** Pictures of how an upload’s time and memory grow with the file. */
export async function growth(
  folder: string,
  { bytes }: { bytes: number },
  uploads: Uploads,
): Promise<Chart[]> {
  const times: Chart['lines'] = [
    { name: 'repost', points: [] },
    { name: 'curl', points: [] },
  ];
  const memory: Chart['lines'] = [{ name: 'repost', points: [] }];
  const path = join(folder, 'growing.mp4');
  for (const size of [1e6, 1e7, 1e8, bytes]) {
    writeFileSync(path, Buffer.alloc(size, 7));
    const { own, curl } = await race(ROUNDS, { own: uploads.own(path), curl: uploads.curl(path) });
    const [ours, theirs] = [uploads.median(own), uploads.median(curl)];
    times[0]?.points.push([size / 1e6, ours.wallMs]);
    times[1]?.points.push([size / 1e6, theirs.wallMs]);
    memory[0]?.points.push([size / 1e6, ours.peakMiB]);
  }
  rmSync(path, { force: true });
  return [
    {
      name: 'growth-file-time',
      title: 'An upload’s time by the size of the file',
      x: 'MB',
      y: 'ms',
      lines: times,
    },
    {
      name: 'growth-file-memory',
      title: 'An upload’s memory by the size of the file',
      x: 'MB',
      y: 'MiB',
      lines: memory,
    },
  ];
}
