import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

const account = 'telegram:@creator';

describe('Telegram with the real program', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome();
    await home.signIn('tiktok');
  });
  afterAll(() => home?.close());

  const shown = () => home.sandbox.posts().filter(({ platform }) => platform === 'telegram');

  it('signs in by a token from standard input and publishes to the channel', async () => {
    const nameless = await runRepost(home.env, ['login', 'telegram', '--token-stdin'], {
      stdin: sandboxBotToken,
    });
    expect([nameless.code, nameless.stderr]).toEqual([2, expect.stringContaining('--account @channel')]);
    await home.repost.run(
      ['login', 'telegram', '--token-stdin', '--account', '@creator'],
      `${sandboxBotToken}\n`,
    );
    const rule = [
      'rule',
      'add',
      '--from',
      'tiktok:@creator',
      '--to',
      account,
      '--media',
      `folder:${home.originals}`,
    ];
    await home.repost.run(rule);
    await home.repost.run(['sync', '--json']);
    await home.publish('A ride along the coast #bike');
    await home.repost.run(['sync', '--json']);
    expect(shown()).toMatchObject([{ text: 'A ride along the coast #bike', url: 'https://t.me/creator/1' }]);
    expect(home.sandbox.complaints()).toEqual([]);
  });

  it('shows its token nowhere', async () => {
    const secret = sandboxBotToken.split(':')[1] ?? '';
    const [job] = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as { id: number }[];
    const { stdout } = await runRepost(home.env, ['jobs', 'show', String(job?.id), '--raw', '--json']);
    expect(stdout).toContain('api.telegram.org');
    const { readFileSync, readdirSync } = await import('node:fs');
    const { join } = await import('node:path');
    const folder = home.env['REPOST_HOME'] ?? '';
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
    expect(files.length).toBeGreaterThan(2);
    expect([stdout, ...files].filter((text) => text.includes(secret))).toEqual([]);
  });
});
