import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { bareFolder } from './homes.ts';

export interface Postgres {
  /** For clients: its socket lies in a folder. */
  connectionString: string;
  host: string;
  close(): Promise<void>;
}

const INSTALLED = '/usr/lib/postgresql';

/** Where Debian puts PostgreSQL’s programs, the newest version; undefined where there is none. */
export function postgresPrograms(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const [newest] = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a));
  const folder = join(INSTALLED, newest ?? '', 'bin');
  return existsSync(join(folder, 'postgres')) ? folder : undefined;
}

/** It refuses to run as root: then it runs as the user that its package made, who else would be anybody. */
function runAs(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** A server of its own at its defaults, each commit on the disk, on a socket in a folder: https://www.postgresql.org/docs/ */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = bareFolder();
  const user = runAs();
  chmodSync(folder, 0o700);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, stdio: 'ignore' as const };
  const data = join(folder, 'data');
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-A', 'trust', '-U', 'bench', '-E', 'UTF8'],
    options,
  );
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status}`);
  const child = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses='],
    options,
  );
  await untilReady(programs, folder, child);
  return {
    host: folder,
    connectionString: `postgres://bench@/postgres?host=${encodeURIComponent(folder)}`,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // At once, but in order: its children and their shared memory go with it.
      child.kill('SIGQUIT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(programs: string, host: string, child: ChildProcess): Promise<void> {
  const words = ['-h', host, '-U', 'bench', '-q'];
  for (let left = 200; spawnSync(join(programs, 'pg_isready'), words).status !== 0; left -= 1) {
    if (left === 0 || child.exitCode !== null) throw new Error('postgres did not start');
    await systemClock.sleep(100);
  }
}
