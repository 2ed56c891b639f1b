import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/child.ts';
import { type CliHome, openCliHome } from './home.ts';

let home: CliHome | undefined;
afterEach(() => home?.close());

it('a sign-in moves from a laptop to a server, sealed', { timeout: 120_000 }, async () => {
  home = await openCliHome({ env: { REPOST_BACKUP_PASSPHRASE: 'a long enough phrase' } });
  await home.signIn('tiktok');
  await home.signIn('youtube');
  const file = join(home.dir, 'logins.sealed');
  const flags = ['--output', file, '--json'];
  const sent = JSON.parse(
    await home.repost.run(['login', 'export', 'tiktok:@creator', 'youtube:@creator', ...flags]),
  );
  expect(sent).toMatchObject([{ account: 'tiktok:@creator' }, { account: 'youtube:@creator' }]);
  expect(readFileSync(file, 'utf8')).not.toMatch(/sandbox-\w+-secret|access|refresh/iu);

  const env = { ...home.env, REPOST_HOME: join(home.dir, 'server') };
  const server = createProgram(env);
  await expect(
    createProgram({ ...env, REPOST_BACKUP_PASSPHRASE: 'another long phrase' }).run(['login', 'import', file]),
  ).rejects.toThrow(/E_VAULT_PASSPHRASE/u);
  expect(existsSync(join(home.dir, 'server', 'data', 'vault.json'))).toBe(false);
  await server.run(['login', 'import', file]);
  expect(JSON.parse(await server.run(['accounts', 'list', '--json']))).toMatchObject([
    { account: 'tiktok:@creator', status: 'ok' },
    { account: 'youtube:@creator', status: 'ok' },
  ]);
  await server.run(['accounts', 'check']);

  // Forgotten on the laptop only, it goes on working on the server.
  await home.repost.run(['logout', 'tiktok:@creator', '--local']);
  await home.repost.run(['logout', 'youtube:@creator', '--local']);
  const media = ['--media', `folder:${home.originals}`];
  await server.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
  await server.run(['sync']);
  await home.publish('Moved house');
  await server.run(['sync']);
  expect(JSON.parse(await server.run(['posts', '--json']))).toHaveLength(1);
});
