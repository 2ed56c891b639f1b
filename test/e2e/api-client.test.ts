import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, openCliHome } from './home.ts';
import { daemonOf } from './web-daemon.ts';

const folder = join(import.meta.dirname, '../client');
const bin = (name: string) => join(folder, 'node_modules', '.bin', name);

/** The generator wants another TypeScript than we do, and is a package of its own. */
const isInstalled = existsSync(bin('openapi-typescript')) || process.env['REPOST_TEST_REQUIRE'] === 'all';

describe.skipIf(!isInstalled)('the generated client (wants npm run setup:client)', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
  });
  afterAll(() => home.close());

  it('compiles, and works with a real daemon', async () => {
    const daemon = await daemonOf(home);
    try {
      const { token } = JSON.parse(await home.repost.run(['token', 'add', '--role', 'admin', '--json'])) as {
        token: string;
      };
      const document = await (await fetch(`${daemon.origin}/docs/openapi.json`)).text();
      const out = join(folder, 'out');
      mkdirSync(out, { recursive: true });
      writeFileSync(join(out, 'openapi.json'), document);
      const run = (program: string, args: string[]) =>
        execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      run(bin('openapi-typescript'), ['out/openapi.json', '--output', 'out/schema.d.ts']);
      run(bin('tsc'), []);
      const printed = run(process.execPath, ['out/program.js', daemon.origin, token]);
      expect(JSON.parse(printed)).toEqual({
        daemon: 'running',
        role: 'operator',
        names: ['me', 'clara'],
        code: 'E_NOT_FOUND',
        refused: 400,
      });
    } finally {
      await daemon.stop();
    }
  });
});
