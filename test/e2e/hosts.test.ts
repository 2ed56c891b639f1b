import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface Host {
  name: string;
  state: string;
  running: number;
}

describeWithPostgres('two daemons over one PostgreSQL store', (server) => {
  let home: CliHome;
  afterAll(() => home?.close());

  it('share the work, and one goes on where the other was killed', async () => {
    home = await openCliHome();
    const { repost } = home;
    await repost.run(['config', 'set', 'store', server.address('hosts')]);
    await repost.run(['config', 'set', 'poll.interval', '1s']);
    await home.sandbox.control('youtube', 'quirks', { testing: false });
    for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
    const media = ['--media', `folder:${home.originals}`];
    await repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
    await repost.run(['sync']);
    // The second home is a copy of the first, with a folder of its own: the same keys and settings.
    const env = { ...home.env, REPOST_HOME: join(home.dir, 'home 2') };
    cpSync(join(home.dir, 'home'), env.REPOST_HOME, { recursive: true });
    const start = (its: NodeJS.ProcessEnv) =>
      spawn(process.execPath, [entry, 'daemon', '--json'], { env: its, stdio: 'ignore' });
    const daemons = [start(home.env), start(env)] as const;
    onTestFinished(() => {
      for (const daemon of daemons) daemon.kill('SIGKILL');
    });
    const json = async <T>(args: readonly string[]) => JSON.parse(await repost.run([...args, '--json'])) as T;
    const hosts = () => json<Host[]>(['hosts']);
    await expect
      .poll(async () => (await hosts()).map(({ state }) => state), { timeout: 30_000 })
      .toEqual(['working', 'working']);
    await home.publish('with both');
    const captions = async () =>
      (await json<{ video: { caption: string } }[]>(['posts'])).map(({ video }) => video.caption);
    await expect.poll(captions, { timeout: 60_000 }).toEqual(['with both']);
    daemons[0].kill('SIGKILL');
    await once(daemons[0], 'exit');
    await home.publish('with one');
    await expect.poll(captions, { timeout: 60_000 }).toEqual(['with one', 'with both']);
    const status = await json<{ hosts: Host[] }>(['status']);
    expect(status.hosts).toHaveLength(2);
    const [name] = status.hosts.map((host) => host.name);
    const { code, stderr } = await runRepost(home.env, ['hosts', 'forget', name ?? '', '--yes', '--json']);
    expect({ code, error: JSON.parse(stderr.trim()).error.code }).toEqual({
      code: 1,
      error: 'E_WRONG_STATE',
    });
    daemons[1].kill('SIGTERM');
    await once(daemons[1], 'exit');
    expect((await hosts()).map(({ state }) => state).sort()).toEqual(['stopped', 'working']);
    expect(server.sql('SELECT count(*), count(DISTINCT remote_id) FROM hosts.posts')).toBe('2|2');
  }, 180_000);
});
