import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';

/** Where Debian keeps the server's programs, newest first: they are not on the PATH. */
function programs(): string | undefined {
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
}

const nobody = () => (process.getuid?.() === 0 ? idOf('postgres') : undefined);
const idOf = (user: string) => ({
  uid: Number(execFileSync('id', ['-u', user], { encoding: 'utf8' })),
  gid: Number(execFileSync('id', ['-g', user], { encoding: 'utf8' })),
});

function createServer(bin: string): PostgresServer & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'repost-pg-'));
  const owner = nobody();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const run = (program: string, args: readonly string[]) =>
    execFileSync(join(bin, program), args, {
      ...owner,
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'repost', '-E', 'UTF8', '--no-locale', '--no-sync']);
  let schemas = 0;
  const server = {
    address(schema?: string) {
      schemas += 1;
      return `postgres:///postgres?host=${folder}&user=repost&schema=${schema ?? `s${schemas}`}`;
    },
    start(settings = '') {
      const options = `-c listen_addresses='' -k ${folder} -c max_connections=200 -c fsync=off ${settings}`;
      run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
    },
    stop(how: 'fast' | 'immediate') {
      run('pg_ctl', ['-D', data, '-w', '-m', how, 'stop']);
    },
    sql: (text: string) => run('psql', ['-h', folder, '-U', 'repost', '-AtX', '-c', text, 'postgres']).trim(),
    remove() {
      if (existsSync(join(data, 'postmaster.pid'))) server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return server;
}

/**
 * A describe block with a server that runs as long as its tests do. Where Debian's postgresql is not installed it is
 * skipped and says so; with REPOST_TEST_REQUIRE=all it fails.
 */
export function describeWithPostgres(name: string, body: (server: PostgresServer) => void): void {
  const bin = programs();
  if (!bin && process.env['REPOST_TEST_REQUIRE'] !== 'all') {
    describe.skip(`${name} (skipped: wants the Debian package postgresql)`, () => undefined);
    return;
  }
  describe(name, () => {
    let server: ReturnType<typeof createServer> | undefined;
    const running = () => {
      if (!server) throw new Error('The server is started before the first test.');
      return server;
    };
    beforeAll(() => {
      if (!bin) throw new Error('The Debian package postgresql is missing.');
      server = createServer(bin);
      server.start();
    }, 60_000);
    afterAll(() => server?.remove());
    body({
      address: (schema) => running().address(schema),
      stop: (how) => running().stop(how),
      start: (settings) => running().start(settings),
      sql: (text) => running().sql(text),
    });
  });
}
