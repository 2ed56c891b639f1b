import { statSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { download } from '../../src/net/download.ts';
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import type { RawBody, Transport } from '../../src/net/wire.ts';
import { segmentSizes } from '../../src/platforms/x-segments.ts';
import { memoryMiB } from './memory.ts';

/** One transfer by the product’s own code, in a process of its own; says what it cost. */
export async function runClient(way: string, origin: string, path: string, bytes: number): Promise<void> {
  const origins = originMap({ 'https://bench.example': origin });
  const transport = undiciTransport({ origins });
  const from = performance.now();
  if (way === 'download') {
    const url = `https://bench.example/${bytes}`;
    const bounds = { maxBytes: bytes, timeoutMs: 600_000 };
    await download({ transport, origins, clock: systemClock, url, path, ...bounds });
  } else await upload(transport, way, path);
  const wallMs = performance.now() - from;
  await transport.close();
  sayCost(wallMs);
}

/** For the process that measures. */
export function sayCost(wallMs: number): void {
  const { user, system } = process.cpuUsage();
  const cost = { wallMs, cpuMs: (user + system) / 1000, peakMiB: memoryMiB('VmHWM') };
  process.stdout.write(JSON.stringify(cost));
}

async function upload(transport: Transport, way: string, path: string): Promise<void> {
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

const MIB = 2 ** 20;
/** As the platforms’ own rooms cut: YouTube’s chunks, X’s segments, Meta’s one stream. */
function pieceOf(way: string, size: number): number {
  if (way === 'chunks') return 8 * MIB;
  return (way === 'segments' ? segmentSizes(size)[0] : undefined) ?? size;
}

function cuts(way: string, size: number): [number, number][] {
  const piece = Math.min(size, pieceOf(way, size));
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
