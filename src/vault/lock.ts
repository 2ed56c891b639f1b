import { randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import { vaultUnreachable } from './failures.ts';
import { takeTurns } from './turns.ts';

/** Nobody holds this lock for longer than it takes to write a small file; older ones belong to the dead. */
const STALE_MS = MINUTE;
const WAIT_MS = 15 * SECOND;
const LOOK_AGAIN_MS = 20;

interface Holder {
  pid: number;
  host: string;
  token: string;
  at: number;
}

/** Within one process the lock's file would be its own contender; here they queue up instead. */
const queues = new Map<string, ReturnType<typeof takeTurns>>();

/**
 * Does the work while no other process does work under the same lock file. `stillMine` must be asked right
 * before the work takes effect: a process that slept (a closed laptop) may find its lock taken over.
 * Throws E_VAULT_UNREACHABLE where the lock can't be had within 15 s.
 */
export function withFileLock<T>(
  path: string,
  clock: Clock,
  work: (stillMine: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const queue = queues.get(path) ?? takeTurns();
  queues.set(path, queue);
  return queue(async () => {
    const token = randomBytes(12).toString('hex');
    await acquire(path, token, clock);
    const stillMine = async () => (await readHolder(path))?.token === token;
    try {
      return await work(stillMine);
    } finally {
      if (await stillMine()) await rm(path, { force: true });
    }
  });
}

async function acquire(path: string, token: string, clock: Clock): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const me: Holder = { pid: process.pid, host: hostname(), token, at: clock.now() };
    if (await createAlone(path, JSON.stringify(me))) return;
    if (await isStale(path, clock)) {
      await breakLock(path, clock);
      continue;
    }
    if (waitedMs >= WAIT_MS)
      throw vaultUnreachable(
        `Another repost has held the vault’s lock ${path} for ${WAIT_MS / SECOND} s.`,
        'Wait for it to end; if none is running, delete that file.',
      );
    await clock.sleep(LOOK_AGAIN_MS);
  }
}

async function createAlone(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string, clock: Clock): Promise<boolean> {
  const holder = await readHolder(path);
  if (!holder) return await isOld(path, clock);
  if (holder.host === hostname() && holder.pid !== process.pid && !isAlive(holder.pid)) return true;
  return Math.abs(clock.now() - holder.at) > STALE_MS;
}

/** Only one process may break it: else the second would delete the lock that the first has just made anew. */
async function breakLock(path: string, clock: Clock): Promise<void> {
  const guard = `${path}.break`;
  if (!(await createAlone(guard, ''))) {
    if (await isOld(guard, clock)) await rm(guard, { force: true });
    await clock.sleep(LOOK_AGAIN_MS);
    return;
  }
  try {
    if (await isStale(path, clock)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** For a file without content, left by a process that died between making and filling it. */
async function isOld(path: string, clock: Clock): Promise<boolean> {
  try {
    return Math.abs(clock.now() - (await stat(path)).mtimeMs) > STALE_MS;
  } catch {
    return false;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder> | null;
    const { pid, host, token, at } = holder ?? {};
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    if (typeof token !== 'string' || typeof at !== 'number') return undefined;
    return { pid, host, token, at };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
