import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, openCliHome } from './home.ts';

interface JobJson {
  id: number;
  state: string;
  reason: string | null;
  runAt: string;
  error: { code: string; message: string } | null;
}

/** A post without a link, in millicents: https://docs.x.com/x-api/getting-started/pricing */
const POST = 1500;

describe('a monthly maximum of money at X', () => {
  let home: CliHome;

  beforeAll(async () => {
    home = await openCliHome();
    for (const platform of ['tiktok', 'x']) await home.signIn(platform);
    await home.repost.run([
      ...['rule', 'add', '--from', 'tiktok:@creator', '--to', 'x:@creator'],
      ...['--media', `folder:${home.originals}`, '--fit', 'transcode', '--caption', '{title}'],
    ]);
    await home.repost.run(['limits', 'set', 'x:@creator', 'money', String(POST + POST / 2)]);
    await home.repost.run(['sync']);
  });
  afterAll(() => home.close());

  async function syncUntil(count: (jobs: JobJson[]) => boolean): Promise<JobJson[]> {
    for (let turn = 0; turn < 30; turn += 1) {
      await home.repost.run(['sync']);
      const jobs = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as JobJson[];
      if (count(jobs)) return jobs;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error('it never came to that');
  }
  const published = (jobs: JobJson[]) => jobs.filter(({ state }) => state === 'published');

  it('lets through what it pays for, and holds the rest until the next month', async () => {
    await home.publish('One');
    await home.publish('Two');
    const jobs = await syncUntil(
      (all) => published(all).length === 1 && all.some(({ reason }) => reason === 'quota'),
    );
    const held = jobs.find(({ state }) => state === 'waiting');
    const now = new Date();
    const nextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    expect(Date.parse(held?.runAt ?? '')).toBeGreaterThanOrEqual(nextMonth);
    expect(Date.parse(held?.runAt ?? '')).toBeLessThan(nextMonth + 60 * 60_000);
    await home.repost.run(['sync']);
    expect(home.sandbox.posts().filter(({ platform }) => platform === 'x')).toHaveLength(1);
  });

  it('lets the rest out when there is more of it', async () => {
    await home.repost.run(['limits', 'set', 'x:@creator', 'money', String(4 * POST)]);
    await syncUntil((all) => published(all).length === 2);
    expect(home.sandbox.posts().filter(({ platform }) => platform === 'x')).toHaveLength(2);
  });
});
