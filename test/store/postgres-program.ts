import { execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian keeps the server's programs, newest first: they are not on the PATH. */
export function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((one) => join(root, one, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/** A PostgreSQL server of a test's own, on a socket in a folder of its own. */
export interface PostgresServer {
  /** The address of a store with tables of its own, or of the schema of that name. */
  address(schema?: string): string;
  /** Ends it: `fast` cuts every connection, `immediate` is a crash. */
  stop(how: 'fast' | 'immediate'): void;
  start(settings?: string): void;
  /** Lets the server itself do something, as its administrator. */
  sql(text: string): string;
  /** All that is in it, as pg_dump writes it for another server. */
  dump(): string;
  /** Puts what `dump` gave into a server that is empty. */
  load(dump: string): void;
}

const nobody = () => (process.getuid?.() === 0 ? idOf('postgres') : undefined);
const idOf = (user: string) => ({
  uid: Number(execFileSync('id', ['-u', user], { encoding: 'utf8' })),
  gid: Number(execFileSync('id', ['-g', user], { encoding: 'utf8' })),
});

/** It has a cluster, and is not started yet. On the network it is at that address too, and believes whoever comes from its subnet. */
export function createPostgres(
  bin: string,
  { listen }: { listen?: string } = {},
): PostgresServer & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'repost-pg-'));
  const owner = nobody();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const run = (program: string, args: readonly string[], input = '') =>
    execFileSync(join(bin, program), args, {
      ...owner,
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      ...(input === '' ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
    });
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'repost', '-E', 'UTF8', '--no-locale', '--no-sync']);
  if (listen !== undefined) appendFileSync(join(data, 'pg_hba.conf'), `host all all ${listen}/24 trust\n`);
  let schemas = 0;
  const server = {
    address(schema?: string) {
      schemas += 1;
      const name = schema ?? `s${schemas}`;
      return listen === undefined
        ? `postgres:///postgres?host=${folder}&user=repost&schema=${name}`
        : `postgres://repost@${listen}/postgres?sslmode=disable&schema=${name}`;
    },
    start(settings = '') {
      const options = `-c listen_addresses='${listen ?? ''}' -k ${folder} -c max_connections=200 -c fsync=off ${settings}`;
      run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
    },
    stop(how: 'fast' | 'immediate') {
      run('pg_ctl', ['-D', data, '-w', '-m', how, 'stop']);
    },
    sql: (text: string) => run('psql', ['-h', folder, '-U', 'repost', '-AtX', '-c', text, 'postgres']).trim(),
    dump: () => run('pg_dump', ['-h', folder, '-U', 'repost', 'postgres']),
    load(dump: string) {
      run('psql', ['-h', folder, '-U', 'repost', '-qX', '-v', 'ON_ERROR_STOP=1', 'postgres'], dump);
    },
    remove() {
      if (existsSync(join(data, 'postmaster.pid'))) server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return server;
}
