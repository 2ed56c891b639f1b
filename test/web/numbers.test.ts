import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY } from '../../src/core/clock.ts';
import { openTerminal } from '../cli/terminal.ts';
import { T0 } from '../store/examples.ts';
import { openWebBench, type WebBench } from './bench.ts';
import { type Owned, settleUser } from './world.ts';

let bench: WebBench;
let anna: Owned;
let viewer: { token: string };
let terminal: ReturnType<typeof openTerminal>;

const numbers = {
  views: 12_345,
  likes: 67,
  comments: null,
  shares: 1,
  gone: false,
  readAt: new Date(T0 + DAY).toISOString(),
};

beforeAll(async () => {
  bench = await openWebBench();
  const { store } = bench;
  anna = await settleUser(store, 'anna', 1);
  await store.numbers.enrol([anna.account], { since: 0, until: T0 + DAY }, 0);
  const told = { views: 12_345, likes: 67, shares: 1 };
  await store.numbers.keep([{ jobId: anna.jobs.published, told, nextAt: null }], T0 + DAY);
  const job = await store.jobs.get(anna.jobs.published);
  const original = { remoteId: job?.video.remoteId ?? '', numbers: { views: 9_000_001 } };
  await store.numbers.keepOriginals(anna.source, [original], T0 + DAY);
  viewer = { token: await bench.token('viewer', 'anna') };
  terminal = openTerminal({ env: bench.app.io.env as Record<string, string> });
});
afterAll(async () => {
  expect(bench.complaints).toEqual([]);
  await bench.close();
});

it('the API and the commands give the same numbers', async () => {
  const { body: posts } = await bench.ask('GET', '/api/v1/posts', viewer);
  expect(posts.items).toMatchObject([{ numbers }]);
  const id = String(anna.jobs.published);
  expect((await bench.ask('GET', `/api/v1/jobs/${id}`, viewer)).body).toMatchObject({ post: { numbers } });
  expect(await terminal.json(['posts'])).toMatchObject([{ numbers }]);
  expect(await terminal.json(['jobs', 'show', id])).toMatchObject({ post: { numbers } });
  const videos = (await terminal.json(['videos'])) as { numbers: { views: number } | null }[];
  expect(videos.flatMap(({ numbers: known }) => known ?? [])).toMatchObject([
    { views: 9_000_001, likes: null },
  ]);
  const sum = { told: 1, views: 12_345, likes: 67, comments: null, shares: 1 };
  const since = '2026-01-01';
  const { body } = await bench.ask('GET', `/api/v1/analytics?since=${since}`, viewer);
  expect(body).toMatchObject({ total: { numbers: sum }, rows: [{ name: 'youtube', numbers: sum }] });
  expect(await terminal.json(['analytics', '--since', since])).toMatchObject({ total: { numbers: sum } });
});

it('they are words on the terminal and on the pages', async () => {
  const id = String(anna.jobs.published);
  expect((await terminal.run(['posts'])).out).toContain('12,345 views, 67 likes');
  expect((await terminal.run(['jobs', 'show', id])).out).toContain(
    'seen     12,345 views, 67 likes, 1 share (',
  );
  const analytics = (await terminal.run(['analytics', '--since', '2026-01-01'])).out;
  expect(analytics).toContain('12,345 views, 67 likes (of 1 post that was asked about)');
  expect(analytics).toMatch(/VIEWS +LIKES/u);
  const video = (await bench.store.jobs.get(anna.jobs.published))?.videoId;
  for (const path of ['/posts', `/jobs/${id}`])
    expect((await bench.ask('GET', path, viewer)).text, path).toContain('12,345 views, 67 likes, 1 share');
  expect((await bench.ask('GET', `/videos/${video}`, viewer)).text).toContain('9,000,001 views');
  const { text } = await bench.ask('GET', '/', viewer);
  expect(text).toContain('9,000,001 views');
  expect(text).toContain('its posts: 12,345 views, 67 likes');
});

it('they are columns of the CSV; what is not told is empty, and no nought', async () => {
  const { text } = await bench.ask('GET', '/api/v1/analytics.csv?since=2026-01-01', viewer);
  const [head = '', row = ''] = text.split('\r\n');
  expect(head).toMatch(/,postsTold,views,likes,comments,shares$/u);
  expect(row).toMatch(/,1,12345,67,,1$/u);
  const printed = (await terminal.run(['analytics', '--since', '2026-01-01', '--csv'])).out;
  expect(printed).toContain(row);
});

it('a setting ends the reading', async () => {
  expect(await terminal.json(['config', 'set', 'analytics.numbers', 'off'])).toMatchObject({ value: 'off' });
  expect((await terminal.run(['config', 'set', 'analytics.interval', '1s'])).code).toBe(1);
});
