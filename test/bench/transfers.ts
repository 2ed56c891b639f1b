import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { race, timed } from './race.ts';
import { figure, median, type Row, ratios } from './report.ts';

interface Cost {
  wallMs: number;
  cpuMs: number;
  peakMiB: number;
}

const ways = {
  stream: 'one stream',
  chunks: 'chunks of 8 MiB with `Content-Range`',
  segments: 'multipart segments of 4 MiB',
};
const MIB = 2 ** 20;

/** `self` starts this program again as a client; the server is another process. */
export async function transfers(
  self: readonly string[],
  port: number,
  bytes: number,
  rounds: number,
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'repost-bench-'));
  const file = join(folder, 'video.mp4');
  writeFileSync(file, Buffer.alloc(bytes, 7));
  const url = `http://127.0.0.1:${port}`;
  const own = (way: string, path: string) => () =>
    JSON.parse(timed([...self, 'client', way, String(port), path, String(bytes)]).out) as Cost;
  const curl =
    (...args: string[]) =>
    () => {
      const { wallMs, cpuMs, out } = timed(['curl', '-sS', '-w', '%{time_total}', ...args]);
      const seconds = Number(/[\d.]+$/u.exec(out)?.[0]);
      return { wallMs: seconds > 0 ? seconds * 1000 : wallMs, cpuMs, peakMiB: 0 };
    };
  const fetched = join(folder, 'fetched');
  const results = await race<string, Cost>(rounds, {
    curl: curl('-T', file, '-H', 'Expect:', `${url}/upload`),
    ...Object.fromEntries(Object.keys(ways).map((way) => [way, own(way, file)])),
    curlDownload: curl('-o', fetched, `${url}/${bytes}`),
    download: own('download', fetched),
  });
  rmSync(folder, { recursive: true });
  const size = `${Math.round(bytes / MIB)} MiB`;
  const of = (name: string, what: keyof Cost) => (results[name] ?? []).map((cost) => cost[what]);
  const rate = (name: string) => `${Math.round(bytes / 1e3 / median(of(name, 'wallMs')))} MB/s`;
  const faster = (name: string, reference: string) => ratios(of(reference, 'wallMs'), of(name, 'wallMs'));
  const uploads = Object.entries(ways).flatMap(([way, words]): Row[] => {
    const speed = faster(way, 'curl');
    const cpu = ratios(of(way, 'cpuMs'), of('curl', 'cpuMs'));
    const peak = Math.max(...of(way, 'peakMiB'));
    return [
      {
        what: `upload, ${words}, ${size}: rate`,
        reference: '`curl -T`',
        target: 'at least 1.0',
        measured: speed,
        met: speed.median >= 1,
        note: `${rate(way)}; curl ${rate('curl')}`,
      },
      {
        what: `upload, ${words}, ${size}: CPU time`,
        reference: '`curl -T`',
        target: 'at most 1.1',
        measured: cpu,
        met: cpu.median <= 1.1,
        note: `the start of Node included: ${figure(median(of(way, 'cpuMs')))} ms; curl ${figure(median(of('curl', 'cpuMs')))} ms`,
      },
      {
        what: `upload, ${words}, ${size}: peak memory`,
        reference: '–',
        target: 'at most 80 MiB',
        measured: { median: peak, min: peak, max: peak, unit: 'MiB' },
        met: peak <= 80,
        note: 'highest of all rounds',
      },
    ];
  });
  const down = faster('download', 'curlDownload');
  return [
    ...uploads,
    {
      what: `download with SHA-256 to disk, ${size}`,
      reference: '`curl -o`, without a hash',
      target: 'at least 0.5',
      measured: down,
      met: down.median >= 0.5,
      note: `${rate('download')}; curl ${rate('curlDownload')}`,
    },
  ];
}
