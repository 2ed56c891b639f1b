import { readFileSync, statSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { download } from '../../src/net/download.ts';
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import type { RawBody } from '../../src/net/wire.ts';

/** One transfer by the product’s own code, in a process of its own; says what it cost. */
export async function runClient(way: string, port: string, path: string, bytes: number): Promise<void> {
  const origins = originMap({ 'https://bench.example': `http://127.0.0.1:${port}` });
  const transport = undiciTransport({ origins });
  const from = performance.now();
  if (way === 'download') {
    const url = `https://bench.example/${bytes}`;
    await download({
      transport,
      origins,
      clock: systemClock,
      url,
      path,
      maxBytes: bytes,
      timeoutMs: 600_000,
    });
  } else {
    const size = statSync(path).size;
    for (const [start, end] of cuts(way, size)) {
      const answer = await transport.send({
        method: 'PUT',
        url: 'https://bench.example/upload',
        headers: headersOf(way, start, end, size),
        body: bodyOf(way, path, start, end),
        timeoutMs: 600_000,
      });
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
    }
  }
  const wallMs = performance.now() - from;
  await transport.close();
  const { user, system } = process.cpuUsage();
  // The whole process’s peak, as the kernel keeps it.
  const peak = Number(/VmHWM:\s+(\d+)/u.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024;
  process.stdout.write(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, peakMiB: peak }));
}

const MIB = 2 ** 20;
const pieces: Readonly<Record<string, number>> = {
  stream: Number.POSITIVE_INFINITY,
  chunks: 8 * MIB,
  segments: 4 * MIB,
};

function cuts(way: string, size: number): [number, number][] {
  const piece = Math.min(size, pieces[way] ?? size);
  return Array.from({ length: Math.ceil(size / piece) }, (_, n) => [
    n * piece,
    Math.min(size, (n + 1) * piece),
  ]);
}

const boundary = 'repost-bench';

function headersOf(way: string, start: number, end: number, size: number): Record<string, string> {
  if (way === 'segments') return { 'content-type': `multipart/form-data; boundary=${boundary}` };
  return { 'content-type': 'video/mp4', 'content-range': `bytes ${start}-${end - 1}/${size}` };
}

function bodyOf(way: string, path: string, start: number, end: number): RawBody {
  const part = { path, start, end };
  return way === 'segments'
    ? { boundary, fields: [{ name: 'media', filename: 'a.mp4', value: part }] }
    : part;
}
