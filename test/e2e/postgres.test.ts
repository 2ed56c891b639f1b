import { afterAll, expect, it } from 'vitest';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

describeWithPostgres('a home whose store is a PostgreSQL server', (server) => {
  let home: CliHome;
  afterAll(() => home?.close());

  it('is set up, syncs, and shows what went out, as any other', async () => {
    home = await openCliHome();
    const { repost } = home;
    await repost.run(['config', 'set', 'store', server.address('e2e')]);
    await home.sandbox.control('youtube', 'quirks', { testing: false });
    for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
    const media = ['--media', `folder:${home.originals}`];
    await repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
    await repost.run(['sync']);
    await home.publish('from the server');
    await repost.run(['sync']);
    const posts = JSON.parse(await repost.run(['posts', '--json'])) as { video: { caption: string } }[];
    expect(posts.map(({ video }) => video.caption)).toEqual(['from the server']);
    expect(server.sql('SELECT count(*) FROM e2e.posts')).toBe('1');
  });

  it('refuses what works on a file, and names what to do instead', async () => {
    for (const args of [
      ['backup', 'copy.db'],
      ['restore', 'copy.db'],
    ]) {
      const { stderr, code } = await runRepost(home.env, [...args, '--json']);
      expect({ code, error: JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error.code }).toEqual({
        code: 1,
        error: 'E_DB_SERVER',
      });
    }
  });

  it('says in one line that the server is away, and goes on when it is back', async () => {
    server.stop('fast');
    const { stderr, code } = await runRepost({ ...home.env, REPOST_STORE: 'postgres://127.0.0.1:1/none' }, [
      'status',
    ]);
    expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining('E_DB_UNREACHABLE') });
    server.start();
    expect((await runRepost(home.env, ['status'])).code).toBe(0);
  });
});
