import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { addCode } from '../../src/web/credentials.ts';
import { T0 } from '../store/examples.ts';
import { type Ask, openWebBench, type WebBench } from './bench.ts';
import { type Owned, settleUser } from './world.ts';

let bench: WebBench;
let anna: Owned;
let bob: Owned;
let annas: Ask;

beforeAll(async () => {
  bench = await openWebBench();
  anna = await settleUser(bench.store, 'anna', 1);
  bob = await settleUser(bench.store, 'bob', 2);
  annas = { token: await bench.token('operator', 'anna') };
});
afterAll(async () => {
  expect(bench.complaints).toEqual([]);
  await bench.close();
});

const lists = [
  ...['/', '/posts', '/jobs', '/jobs?state=waiting', '/dead', '/unknown', '/approvals'],
  ...['/rules', '/accounts', '/limits', '/calendar', '/alerts'],
];
const pagesOf = ({ video, rule, jobs }: Owned) => [
  `/videos/${video}`,
  `/rules/${rule}`,
  ...Object.values(jobs).map((id) => `/jobs/${id}`),
];

/** Posts a form as a browser would. */
async function post(path: string, form: Record<string, string>, headers: Record<string, string>) {
  const answer = await bench.server.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });
  return { status: answer.statusCode, location: answer.headers.location, text: answer.payload };
}

const as = ({ token }: Ask) => ({ authorization: `Bearer ${token}` });

describe('what a page shows', () => {
  it('is what its user owns, and nothing of others', async () => {
    for (const path of [...lists, ...pagesOf(anna)]) {
      const { status, text } = await bench.ask('GET', path, annas);
      expect(status, path).toBe(200);
      expect(text, path).not.toMatch(/bob/u);
    }
    for (const path of [...pagesOf(bob), `/jobs/${bob.jobs.unknown}/evidence`])
      expect((await bench.ask('GET', path, annas)).status, path).toBe(404);
  });

  it('is text, whatever a caption says', async () => {
    const { text } = await bench.ask('GET', `/jobs/${anna.jobs.approval}`, annas);
    expect(text).toContain('&lt;script&gt;alert(&quot;secret-of-anna&quot;)&lt;/script&gt;');
    expect(text).not.toMatch(/<script>|onerror=/u);
    expect(text.match(/<script/gu)).toHaveLength(1);
  });

  it('has no button for those who may only look', async () => {
    const viewer = { token: await bench.token('viewer', 'anna') };
    for (const path of [...lists, ...pagesOf(anna)]) {
      const { text } = await bench.ask('GET', path, viewer);
      expect(text.match(/<form/gu), path).toHaveLength(2);
    }
    expect((await bench.ask('GET', `/jobs/${anna.jobs.unknown}/evidence`, viewer)).status).toBe(403);
    expect((await post(`/jobs/${anna.jobs.dead}/retry`, {}, as(viewer))).status).toBe(403);
  });

  it('asks whoever is nobody to sign in, in words', async () => {
    for (const path of lists) {
      const { status, text, headers } = await bench.ask('GET', path);
      expect(status, path).toBe(401);
      expect(headers['content-type']).toContain('text/html');
      expect(text).toContain('repost dashboard');
      expect(text).not.toContain('anna');
    }
  });

  it('loads only what this server has', async () => {
    const { text } = await bench.ask('GET', '/', annas);
    const loaded = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/gu)].map(([, path]) => path ?? '');
    expect(new Set(loaded).size).toBeGreaterThan(4);
    for (const path of loaded) expect((await bench.ask('GET', path)).status, path).toBe(200);
    expect(text).not.toMatch(/ style="|<style| on[a-z]+="/u);
    expect((await bench.ask('GET', '/assets/..%2fdashboard.ts')).status).toBe(404);
  });

  it('is a plain tile where a video has no picture', async () => {
    const { status, headers } = await bench.ask('GET', `/videos/${anna.video}/cover`, annas);
    expect([status, headers['content-type']]).toEqual([200, 'image/svg+xml']);
    expect((await bench.ask('GET', `/videos/${bob.video}/cover`, annas)).text).toContain('<svg');
  });
});

describe('what a page changes', () => {
  it('needs the session’s word, and a browser of ours', async () => {
    const code = await addCode(bench.store, systemClock.now());
    const { headers } = await bench.ask('POST', '/api/v1/session', { body: { code } });
    const [cookie = ''] = String(headers['set-cookie']).split(';');
    const { csrf } = (await bench.ask('GET', '/api/v1/session', { headers: { cookie } })).body as {
      csrf: string;
    };
    const path = `/jobs/${bob.jobs.dead}/retry`;
    for (const form of [{}, { _csrf: '' }, { _csrf: `${csrf}x` }])
      expect((await post(path, form as Record<string, string>, { cookie })).status).toBe(403);
    expect((await bench.store.jobs.get(bob.jobs.dead))?.state).toBe('dead');
    const done = await post(path, { _csrf: csrf, back: '/dead' }, { cookie });
    expect([done.status, done.location]).toEqual([303, '/dead']);
    expect(await bench.store.jobs.get(bob.jobs.dead)).toMatchObject({ state: 'waiting', attempt: 0 });
  });

  it('is nothing of others', async () => {
    for (const path of [
      ...['retry', 'cancel', 'approve', 'resolve?answer=not-published'].map(
        (verb) => `/jobs/${bob.jobs.approval}/${verb}`,
      ),
      `/accounts/${bob.account}/pause`,
      `/rules/${bob.rule}/pause`,
    ])
      expect((await post(path, {}, as(annas))).status, path).toBe(404);
    const all = await post('/jobs/retry', { which: 'all' }, as(annas));
    expect(all.status).toBe(303);
    expect((await bench.store.jobs.get(anna.jobs.dead))?.state).toBe('waiting');
  });

  it('leads back to pages of ours only', async () => {
    for (const back of [
      '//evil.example',
      'https://evil.example/',
      '/\\evil.example',
      '/x\r\nset-cookie: a=b',
    ]) {
      const { location } = await post(`/rules/${anna.rule}/pause`, { back }, as(annas));
      expect(location).toBe('/');
    }
    const { location } = await post(`/rules/${anna.rule}/resume`, { back: '/jobs?state=dead' }, as(annas));
    expect(location).toBe('/jobs?state=dead');
  });

  it('is refused in words where it can’t be', async () => {
    const { status, text } = await post(`/jobs/${anna.jobs.published}/retry`, {}, as(annas));
    expect(status).toBe(409);
    expect(text).toContain('E_WRONG_STATE');
    expect(text).toContain('class="problem"');
    expect((await post('/jobs/retry', { which: 'selected' }, as(annas))).status).toBe(400);
    expect(
      (await post(`/jobs/${anna.jobs.unknown}/resolve`, { published: 'no address' }, as(annas))).status,
    ).toBe(400);
    expect((await bench.store.jobs.get(anna.jobs.unknown))?.updatedAt).toBe(T0);
  });
});
