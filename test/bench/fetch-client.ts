import { remoteIds } from './answer.ts';
import { atOnce } from './at-once.ts';
import { memoryMiB } from './memory.ts';

/** So many polls with Node’s own `fetch`, in a process of its own: the request and JSON alone. */
export async function runFetches(origin: string, polls: number): Promise<void> {
  const known = new Set(remoteIds);
  const from = performance.now();
  const done = await atOnce(polls, async () => {
    const answer = await fetch(`${origin}/v2/video/list/`, { method: 'POST', body: '{"max_count":20}' });
    const { data } = (await answer.json()) as { data: { videos: { id: string }[] } };
    if (data.videos.some(({ id }) => !known.has(id))) throw new Error('a video is new');
  });
  const rate = (done * 1000) / (performance.now() - from);
  const { user, system } = process.cpuUsage();
  const cost = { rate, cpuMs: (user + system) / 1000, peakMiB: memoryMiB('VmHWM') };
  process.stdout.write(JSON.stringify(cost));
  // Its connections are kept alive and would keep the process.
  process.exit();
}
