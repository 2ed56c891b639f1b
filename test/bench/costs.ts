import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { bareFolder, homeWithAccounts } from './homes.ts';
import { pollsQuick } from './polls.ts';
import { race, timed } from './race.ts';
import { type Findings, figure, judged, median, type Row, ratios, single, stated } from './report.ts';
import { serve } from './servers.ts';
import { type Cost, memoryRow, uploadRows, type Way } from './transfer-rows.ts';

const MIB = 2 ** 20;
const UPLOAD = 128 * MIB;
const ROUNDS = 2;
const POLLS = 1_000;
const JOBS = 500;

/**
 * The short form of what takes the long form minutes: CPU time and memory alone, beside references that every machine
 * has, for what else runs on it changes these least.
 */
export async function costs(program: string, self: readonly string[]): Promise<Findings> {
  return {
    rows: [
      ...(await pollsQuick(self, POLLS, ROUNDS)).rows,
      ...(await uploads(self)),
      await engine(self),
      await daemon(program),
    ],
  };
}

async function uploads(self: readonly string[]): Promise<Row[]> {
  const folder = bareFolder();
  const file = join(folder, 'video.mp4');
  writeFileSync(file, Buffer.alloc(UPLOAD, 7));
  const sink = await serve(self, 'sink');
  const origin = `http://127.0.0.1:${sink.port}`;
  const own = (way: Way) => () =>
    JSON.parse(timed([...self, 'client', way, origin, file, String(UPLOAD)]).out) as Cost;
  try {
    const found = await race<string, Cost>(ROUNDS, {
      curl: () => {
        const words = ['-sS', '-o', '/dev/null', '-H', 'Expect:', '-T', file, `${origin}/upload`];
        const { wallMs, cpuMs } = timed(['curl', ...words]);
        return { wallMs, cpuMs, peakMiB: 0 };
      },
      stream: own('stream'),
      chunks: own('chunks'),
      segments: own('segments'),
    });
    const cpu = uploadRows(found, 'plain', UPLOAD).filter(({ id }) => id !== undefined);
    return [
      ...cpu,
      ...(['stream', 'chunks', 'segments'] as const).map((way) => memoryRow(found, way, UPLOAD)),
    ];
  } finally {
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function engine(self: readonly string[]): Promise<Row> {
  const cpu = (way: string) => () =>
    (JSON.parse(timed([...self, 'engine', way, String(JOBS)]).out) as { cpuMs: number }).cpuMs;
  const found = await race(ROUNDS, { engine: cpu('engine'), raw: cpu('raw') });
  const each = (values: readonly number[]) => figure((median(values) * 1000) / JOBS);
  return stated(
    'engine, no-op jobs: CPU time',
    'four prepared statements a job, the same disk',
    ratios(found.engine, found.raw),
    `${each(found.engine)} µs a job; ${each(found.raw)} µs`,
    'engine cpu',
  );
}

const SETTLE_MS = 5_000;

/** Memory of a daemon that rests. */
async function daemon(program: string): Promise<Row> {
  const env = await homeWithAccounts(50);
  const daemon = spawn(process.execPath, [program, 'daemon'], { env, stdio: 'ignore' });
  const node = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { env, stdio: 'ignore' });
  const ended = [daemon, node].map((child) => new Promise((done) => child.once('exit', done)));
  try {
    await systemClock.sleep(SETTLE_MS);
    const [own = 0, bare = 0] = [daemon, node].map(
      ({ pid }) => Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    );
    return judged(
      'idle daemon, 50 accounts, HTTP off: memory',
      'bare Node',
      { atMost: 1.25 },
      single(own / bare),
      `${figure(own)} MiB; Node ${figure(bare)} MiB`,
      'idle memory',
    );
  } finally {
    for (const child of [daemon, node]) child.kill('SIGKILL');
    await Promise.all(ended);
    rmSync(env['REPOST_HOME'] ?? '', { recursive: true, force: true });
  }
}
