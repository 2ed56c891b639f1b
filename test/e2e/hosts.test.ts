import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

/** Where the daemon of a home answers, as its person is told. */
async function originOf(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await runRepost(env, ['dashboard', '--no-browser', '--json']);
  return new URL((JSON.parse(stdout) as { url: string }).url).origin;
}

interface Host {
  name: string;
  state: string;
  running: number;
}

describeWithPostgres('two daemons over one PostgreSQL store', (server) => {
  let home: CliHome;
  afterAll(() => home?.close());

  it('share the work, and one goes on where the other was killed', async () => {
    home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
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
    // Each serves its pages: a command asks the daemon of its own home.
    const origins = await Promise.all([home.env, env].map(originOf));
    expect(new Set(origins).size).toBe(2);
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
    const { token } = await json<{ token: string }>(['token', 'add', '--role', 'admin']);
    const ask = (path: string, method = 'GET') =>
      fetch(`${origins[1]}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
    const [first] = status.hosts;
    const drained = await ask(`/api/v1/hosts/${first?.name}/drain`, 'POST');
    expect(await drained.json()).toMatchObject({ name: first?.name, state: 'draining' });
    const { items } = (await (await ask('/api/v1/hosts')).json()) as { items: Host[] };
    expect(items.map(({ name: one }) => one)).toEqual(status.hosts.map(({ name: one }) => one));
    const page = await (await ask('/')).text();
    for (const host of items) expect(page).toContain(host.name);
    expect(page).toContain('Draining');
    await ask(`/api/v1/hosts/${first?.name}/resume`, 'POST');
    daemons[1].kill('SIGTERM');
    await once(daemons[1], 'exit');
    expect((await hosts()).map(({ state }) => state).sort()).toEqual(['stopped', 'working']);
    expect(server.sql('SELECT count(*), count(DISTINCT remote_id) FROM hosts.posts')).toBe('2|2');
  }, 180_000);
});
