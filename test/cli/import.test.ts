import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildZip } from '../media/build-zip.ts';
import { type Bench, openBench, video } from './bench.ts';

interface Imported {
  dryRun: boolean;
  posts: number;
  known: number;
  captions: number;
  added: number;
  leftOut: { caption: string; why: string }[];
  links: number;
  linksUntil: string | null;
  rules: { rule: string; backfill: boolean; videos: number; posts: number; days: number; heldBy: string[] }[];
}

const LONG = `A caption that goes on: ${'word after word, '.repeat(12)}to its very end #bike`;
const DAY = 86_400;

describe('repost import', () => {
  it('needs a watched account, and says how to get one', async () => {
    const empty = await openBench();
    const path = join(empty.dir, 'export.json');
    writeFileSync(path, JSON.stringify({ Post: { Posts: {} } }));
    const failed = await empty.terminal.failure(['import', path]);
    expect([failed.code, failed.exit, failed.command]).toEqual(['E_NOT_FOUND', 1, 'repost login tiktok']);
    await empty.close();
  });
});

describe('an export of the watched account', () => {
  let bench: Bench;
  let file: string;
  const now = Math.floor(Date.now() / 1000);

  const publish = (caption: string, daysAgo: number, more: Record<string, unknown> = {}) =>
    bench.sandbox.control('tiktok', 'publish', {
      caption,
      durationSeconds: 12,
      width: 576,
      height: 1024,
      file: video('sunrise.mp4'),
      createTime: now - daysAgo * DAY,
      ...more,
    });
  const run = (...args: string[]) => bench.terminal.json<Imported>(['import', file, ...args]);
  const jobs = () =>
    bench.terminal.json<{ video: { caption: string } }[]>(['jobs', 'list', '--limit', '100']);

  beforeAll(async () => {
    bench = await openBench();
    await bench.signIn('tiktok', 'youtube');
    await publish(LONG, 40);
    await publish('The second one', 30);
    await publish('Not for everybody', 20, { private: true });
    file = join(bench.dir, 'TikTok_Data.zip');
    const told = (await bench.sandbox.control('tiktok', 'export', {})) as {
      Post: { Posts: { VideoList: Record<string, unknown>[] } };
      Profile?: unknown;
    };
    const list = told.Post.Posts.VideoList;
    const gone = { ...list[0], Title: 'Shown by the export only', Date: '2025-03-04 05:06:07' };
    list.push(
      { ...gone, WhoCanView: 'Everyone' },
      { ...gone, Date: '2025-03-05 05:06:07', WhoCanView: 'Only me' },
    );
    told.Profile = { 'Profile Info': { ProfileMap: { userName: 'creator' } } };
    writeFileSync(file, buildZip({ 'user_data_tiktok.json': JSON.stringify(told) }));
  });
  afterAll(() => bench.close());

  it('says in a dry run what would become known and what it would take, and changes nothing', async () => {
    const rule = ['rule', 'add', '--name', 'all', '--from', 'tiktok:@creator', '--to', 'youtube:@creator'];
    await bench.terminal.json([...rule, '--backfill', '10', '--per-day', '1']);
    const plan = await run('--dry-run');
    expect(plan).toMatchObject({ dryRun: true, posts: 5, known: 2, captions: 1, added: 1, links: 5 });
    expect(plan.leftOut.map(({ why }) => why)).toEqual(['it was not public', 'it was not public']);
    expect(plan.rules).toMatchObject([{ rule: 'all', backfill: true, videos: 3, posts: 3, days: 2 }]);
    expect(await jobs()).toEqual([]);
    expect(await bench.terminal.json(['videos'])).toEqual([]);
  });

  it('takes it in, says first what happens, and does nothing the second time', async () => {
    const { out, err, code } = await bench.terminal.run(['import', file]);
    expect(code).toBe(0);
    expect(out).toBe('Imported.\n');
    expect(err).toMatch(/5 posts of tiktok:@creator from 2025-03-04/);
    expect(err).toMatch(/2 known already, of which 1 get their whole caption/);
    expect(err).toMatch(/“all”: 3 posts of 3 videos within 2 days/);
    const made = await jobs();
    expect(made.map((job) => job.video.caption).sort()).toEqual([
      LONG,
      'Shown by the export only',
      'The second one',
    ]);
    const again = await run();
    expect(again).toMatchObject({ posts: 5, known: 3, captions: 0, added: 0 });
    expect(again.rules).toMatchObject([{ videos: 0, posts: 0 }]);
    expect(await jobs()).toHaveLength(3);
  });

  it('finds the files by the links of the export', async () => {
    const synced = await bench.terminal.json<{ published: number }>(['sync']);
    expect(synced.published).toBe(1);
    const [post] = await bench.terminal.json<{ video: { caption: string } }[]>(['posts']);
    expect(post?.video.caption).toBe('Shown by the export only');
  });

  it('refuses the export of another account', async () => {
    const other = join(bench.dir, 'other.json');
    const profile = { Profile: { 'Profile Info': { ProfileMap: { userName: 'somebody' } } } };
    writeFileSync(other, JSON.stringify({ ...profile, Post: { Posts: { VideoList: null } } }));
    const failed = await bench.terminal.failure(['import', other]);
    expect([failed.code, failed.message]).toEqual([
      'E_EXPORT',
      'This is the export of @somebody, not of tiktok:@creator.',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['half a ZIP', buildZip({ 'user_data_tiktok.json': '{"Post":{}}' }).subarray(0, 60)],
    ['no export', '{"hello": "world"}'],
    ['a very deep one', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
    ['a bomb', buildZip({ 'user_data_tiktok.json': Buffer.alloc(300 * 2 ** 20, ' ') })],
    [
      'posts without end',
      `{"Post":{"Posts":{"VideoList":[${'{"Date":"2026-01-01 00:00:00"},'.repeat(150_000)}{}]}}}`,
    ],
  ])(
    'refuses %s within seconds',
    async (name, content) => {
      const bad = join(bench.dir, `${name}.zip`);
      writeFileSync(bad, content);
      const before = Date.now();
      const failed = await bench.terminal.failure(['import', bad]);
      expect(failed.code).toBe('E_EXPORT');
      expect(Date.now() - before).toBeLessThan(10_000);
    },
    30_000,
  );
});
