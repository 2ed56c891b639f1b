import { afterAll, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { faketimeLibrary } from '../faketime.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface Job {
  id: number;
  state: string;
  runAt: string;
  createdAt: string;
}

describeWithPostgres('a host of a shared store', (server) => {
  describeWith({ faketime: 'faketime' }, 'whose clock is wrong', () => {
    let home: CliHome;
    afterAll(() => home?.close());

    it('goes by the database’s', async () => {
      home = await openCliHome();
      const { repost } = home;
      await repost.run(['config', 'set', 'store', server.address('clock')]);
      await home.sandbox.control('youtube', 'quirks', { testing: false });
      for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
      const rule = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--delay', '1h'];
      await repost.run([...rule, '--media', `folder:${home.originals}`]);
      await repost.run(['sync']);
      const withClock = async (offset: string, args: readonly string[]) => {
        const preload = {
          LD_PRELOAD: faketimeLibrary(),
          FAKETIME: offset,
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        };
        expect((await runRepost({ ...home.env, ...preload }, args)).code).toBe(0);
      };
      await home.publish('in an hour');
      const made = Date.now();
      await withClock('+3h', ['sync', '--json']);
      const jobs = async () => JSON.parse(await repost.run(['jobs', 'list', '--json'])) as Job[];
      const [job] = await jobs();
      expect(Date.parse(job?.createdAt ?? '') - made).toBeLessThan(5 * MINUTE);
      expect(Date.parse(job?.runAt ?? '') - made).toBeLessThan(HOUR + 5 * MINUTE);
      // For its own clock the hour is over, and the sign-ins are.
      await withClock('+3h', ['sync', '--json']);
      expect((await jobs()).map(({ state }) => state)).toEqual(['waiting']);
      expect(server.sql('SELECT count(*) FROM clock.posts')).toBe('0');
      await home.publish('in an hour, too');
      await withClock('-3h', ['sync', '--json']);
      const [latest] = await jobs();
      expect(latest?.id).not.toBe(job?.id);
      expect(Math.abs(Date.parse(latest?.createdAt ?? '') - Date.now())).toBeLessThan(5 * MINUTE);
    });
  });
});
