import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { bareFolder } from './homes.ts';

/** The parts of BullMQ that are raced: https://docs.bullmq.io/ */
export interface BullMQ {
  Queue: new (name: string, options: object) => Queue;
  Worker: new (name: string, work: (() => Promise<unknown>) | undefined, options: object) => Worker;
}
interface Queue {
  add(name: string, data: object, options?: object): Promise<unknown>;
  addBulk(jobs: readonly { name: string; data: object; opts?: object }[]): Promise<unknown>;
  close(): Promise<void>;
}
interface Worker {
  getNextJob(
    token: string,
  ): Promise<{ moveToCompleted(value: unknown, token: string, next: boolean): Promise<unknown> } | undefined>;
  on(event: 'completed' | 'error', listener: () => void): void;
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
}

export interface Redis {
  child: ChildProcess;
  connection: { path: string };
  close(): Promise<void>;
}

/** A Redis server of its own on a socket in a folder; `always` waits for the disk at each write. */
export async function startRedis(appendfsync: 'always' | 'everysec'): Promise<Redis> {
  const folder = bareFolder();
  const path = join(folder, 'redis.sock');
  const words = ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', ''];
  const child = spawn('redis-server', [...words, '--appendonly', 'yes', '--appendfsync', appendfsync], {
    stdio: 'ignore',
  });
  for (let left = 100; !(await answers(path)); left -= 1) {
    if (left === 0) throw new Error('redis-server did not start');
    await systemClock.sleep(50);
  }
  return {
    child,
    connection: { path },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const payload = { video: randomBytes(100).toString('hex'), account: 'somebody' };
/** Finished jobs are removed, which is the faster way. */
const options = { removeOnComplete: true };

/** Adds, takes and completes jobs one after the other. Gives jobs a second. */
export async function bullOneByOne(
  { Queue, Worker }: BullMQ,
  { connection }: Redis,
  jobs: number,
): Promise<number> {
  const queue = new Queue('serial', { connection });
  const worker = new Worker('serial', undefined, { connection });
  await worker.waitUntilReady();
  const from = performance.now();
  for (let n = 0; n < jobs; n += 1) {
    await queue.add('post', payload, options);
    const job = await worker.getNextJob('token');
    await job?.moveToCompleted('done', 'token', false);
  }
  const rate = (jobs * 1000) / (performance.now() - from);
  await worker.close(true);
  await queue.close();
  return rate;
}

/** Adds jobs 50 at a time and works on 50 at once. Gives jobs a second. */
export async function bullAtOnce(
  { Queue, Worker }: BullMQ,
  { connection }: Redis,
  jobs: number,
): Promise<number> {
  const queue = new Queue('many', { connection });
  let done = 0;
  const worker = new Worker('many', async () => 'done', { connection, concurrency: 50 });
  await worker.waitUntilReady();
  const from = performance.now();
  const all = new Promise<void>((resolve) =>
    worker.on('completed', () => {
      done += 1;
      if (done === jobs) resolve();
    }),
  );
  for (let n = 0; n < jobs; n += 50)
    await queue.addBulk(
      Array.from({ length: Math.min(50, jobs - n) }, () => ({ name: 'post', data: payload, opts: options })),
    );
  await all;
  const rate = (jobs * 1000) / (performance.now() - from);
  await worker.close(true);
  await queue.close();
  return rate;
}
