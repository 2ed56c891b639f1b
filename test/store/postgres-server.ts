import { afterAll, beforeAll, describe } from 'vitest';
import { createPostgres, type PostgresServer, postgresPrograms } from './postgres-program.ts';

/**
 * A describe block with a server that runs as long as its tests do. Where Debian's postgresql is not installed it is
 * skipped and says so; with REPOST_TEST_REQUIRE=all it fails.
 */
export function describeWithPostgres(name: string, body: (server: PostgresServer) => void): void {
  const bin = postgresPrograms();
  if (!bin && process.env['REPOST_TEST_REQUIRE'] !== 'all') {
    describe.skip(`${name} (skipped: wants the Debian package postgresql)`, () => undefined);
    return;
  }
  describe(name, () => {
    let server: ReturnType<typeof createPostgres> | undefined;
    const running = () => {
      if (!server) throw new Error('The server is started before the first test.');
      return server;
    };
    beforeAll(() => {
      if (!bin) throw new Error('The Debian package postgresql is missing.');
      server = createPostgres(bin);
      server.start();
    }, 60_000);
    afterAll(() => server?.remove());
    body({
      address: (schema) => running().address(schema),
      stop: (how) => running().stop(how),
      start: (settings) => running().start(settings),
      sql: (text) => running().sql(text),
      dump: () => running().dump(),
      load: (dump) => running().load(dump),
    });
  });
}
