import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

interface JobLine {
  state: string;
  reason: string | null;
  error: { code: string } | null;
}

it('adds users, changes them, and removes only who owns nothing', async () => {
  const { terminal } = bench;
  expect(await terminal.json(['users'])).toMatchObject([{ name: 'me', role: 'admin', limits: {} }]);
  const added = ['users', 'add', 'anna', '--role', 'viewer', '--limit', 'storage=1MB'];
  expect(await terminal.json(added)).toMatchObject({ role: 'viewer', limits: { storageBytes: 1e6 } });
  const set = ['users', 'set', 'anna', '--limit', 'storage=none', '--limit', 'accounts=0'];
  expect(await terminal.json(set)).toMatchObject({ role: 'viewer', limits: { accounts: 0 } });
  const token = await terminal.json<{ id: string; token: string; role: string }>([
    'token',
    'add',
    '--user',
    'anna',
  ]);
  expect(token).toMatchObject({ role: 'viewer', token: expect.stringMatching(/^rpt_/u) });
  const listed = await terminal.json(['token', 'list']);
  expect(listed).toMatchObject([{ id: token.id, user: 'anna' }]);
  expect(JSON.stringify(listed)).not.toContain(token.token.slice(-20));
  await terminal.json(['users', 'remove', 'anna']);
  expect(await terminal.json(['token', 'list'])).toEqual([]);
});

it('lets a user sign in as many accounts as the user may have', async () => {
  await bench.addApp('youtube');
  await bench.terminal.json(['users', 'add', 'bob', '--limit', 'accounts=0']);
  const { code, err } = await bench.login(['youtube', '--as', 'bob', '--account', '@creator']);
  expect(code).toBe(5);
  expect(err).toContain('E_USER_LIMIT');
  expect(await bench.terminal.json(['accounts'])).toEqual([]);
});

it('holds a user’s posts beyond the day’s number, and counts a post once', async () => {
  const { terminal } = bench;
  await bench.signIn('tiktok', 'youtube');
  await terminal.json(['users', 'set', 'me', '--limit', 'posts-per-day=1']);
  await bench.publish('first');
  await bench.publish('second');
  const rule = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--backfill', '2'];
  await terminal.json([...rule, '--media', `folder:${bench.originals}`]);
  await terminal.run(['sync', '--json']);
  const jobs = await terminal.json<JobLine[]>(['jobs', 'list']);
  expect(jobs.map(({ state, reason }) => `${state} ${reason}`).sort()).toEqual([
    'published null',
    'waiting quota',
  ]);
  expect(jobs.find(({ state }) => state === 'waiting')?.error).toMatchObject({ code: 'E_USER_LIMIT' });
  const limits = await terminal.json<{ bucket: string }[]>(['limits']);
  expect(limits.find(({ bucket }) => bucket === 'posts-per-day')).toMatchObject({ used: 1, max: 1, left: 0 });
});
