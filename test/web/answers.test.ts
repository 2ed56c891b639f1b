import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyticsCsv, analyticsView, cell } from '../../src/web/analytics.ts';
import { html } from '../../src/web/html.ts';
import { isSame, mintSecret, readSecret } from '../../src/web/secrets.ts';
import { openWebBench, type WebBench } from './bench.ts';
import { type Owned, settleUser } from './world.ts';

let bench: WebBench;
let anna: Owned;
let admin: string;
beforeAll(async () => {
  bench = await openWebBench();
  anna = await settleUser(bench.store, 'anna', 1);
  admin = await bench.token('admin');
});
afterAll(() => bench.close());

it('does a change with a key once, and says so', async () => {
  const body = { name: 'clara' };
  const headers = { 'idempotency-key': 'k1' };
  const first = await bench.ask('POST', '/api/v1/users', { token: admin, body, headers });
  const again = await bench.ask('POST', '/api/v1/users', { token: admin, body, headers });
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
  const without = await bench.ask('POST', '/api/v1/users', { token: admin, body });
  expect([without.status, without.body['code']]).toEqual([409, 'E_EXISTS']);
  const other = await bench.ask('POST', '/api/v1/users', { token: admin, body: { name: 'dora' }, headers });
  expect([other.status, other.body['code']]).toEqual([422, 'E_API_KEY']);
  // The key is the caller's own: somebody else's is another one.
  const second = await bench.token('admin');
  const theirs = await bench.ask('POST', '/api/v1/users', { token: second, body: { name: 'emma' }, headers });
  expect(theirs.status).toBe(200);
});

it('gives lists page by page, each thing once', async () => {
  for (const path of [
    '/api/v1/jobs',
    '/api/v1/videos',
    '/api/v1/errors',
    '/api/v1/accounts',
    '/api/v1/posts',
  ]) {
    const whole = await bench.ask('GET', `${path}?limit=200`, { token: admin });
    const seen: unknown[] = [];
    for (let cursor = ''; ; ) {
      const page = await bench.ask('GET', `${path}?limit=2${cursor}`, { token: admin });
      expect(page.body.items?.length).toBeLessThanOrEqual(2);
      seen.push(...(page.body.items ?? []));
      if (page.body['next'] === null) break;
      cursor = `&cursor=${encodeURIComponent(String(page.body['next']))}`;
    }
    expect(seen).toEqual(whole.body.items);
  }
});

it('answers an address that is wrong or too long as a problem, like all else', async () => {
  const long = await bench.ask('POST', `/api/v1/warnings/${'a'.repeat(2000)}/restore`, { token: admin });
  expect([long.status, long.body['code']]).toEqual([400, 'E_USAGE']);
  const nobody = await bench.ask('POST', `/api/v1/warnings/${'a'.repeat(2000)}/restore`, {});
  expect([nobody.status, nobody.body['code']]).toEqual([401, 'E_API_SIGN_IN']);
  const wrong = await bench.ask('GET', '/api/v1/jobs/%E0%A4%A', { token: admin });
  expect(wrong.headers['content-type']).toContain('application/problem+json');
  expect([wrong.status, wrong.body['code']]).toEqual([400, 'E_USAGE']);
});

it('counts a user’s own jobs only, and answers as many requests a minute as the user may send', async () => {
  const token = await bench.token('viewer', 'anna');
  const { body } = await bench.ask('GET', '/api/v1/status', { token });
  expect(body['jobs']).toMatchObject({ published: 1, dead: 1, unknown: 1, waiting: 2 });
  await bench.store.users.save({ name: 'anna', role: 'viewer', limits: { requestsPerMinute: 3 } }, 0);
  const fresh = await openWebBench();
  await fresh.store.users.save({ name: 'anna', role: 'viewer', limits: { requestsPerMinute: 3 } }, 0);
  const limited = await fresh.token('viewer', 'anna');
  const other = await fresh.token('viewer');
  const statuses = [];
  for (let n = 0; n < 5; n += 1)
    statuses.push((await fresh.ask('GET', '/api/v1/session', { token: limited })).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await fresh.ask('GET', '/api/v1/session', { token: other })).status).toBe(200);
  const wrong = [];
  for (let n = 0; n < 25; n += 1) {
    const guess = mintSecret('token').text;
    wrong.push((await fresh.ask('GET', '/api/v1/session', { token: guess })).status);
  }
  expect(wrong.filter((status) => status === 429).length).toBeGreaterThan(0);
  // Guessing holds up nobody who has a right one.
  expect((await fresh.ask('GET', '/api/v1/session', { token: other })).status).toBe(200);
  await fresh.close();
});

it('shows a bound viewer the audit of its user alone, page by page', async () => {
  const bob = await settleUser(bench.store, 'bob', 2);
  const all = await bench.ask('GET', '/api/v1/audit', { token: admin });
  expect(new Set(all.body.items?.map(({ user }) => user))).toEqual(new Set(['anna', 'bob']));
  const token = await bench.token('viewer', 'bob');
  const own = await bench.ask('GET', '/api/v1/audit?limit=1', { token });
  expect(own.body).toMatchObject({ items: [{ user: 'bob', job: bob.jobs.published }], next: null });
  const theirs = await bench.ask('GET', `/api/v1/audit?job=${anna.jobs.published}`, { token });
  expect(theirs.body.items).toEqual([]);
});

it('keeps a bound operator from the files of the machine', async () => {
  await bench.store.users.save({ name: 'anna', role: 'operator', limits: {} }, 0);
  const token = await bench.token('operator', 'anna');
  const rule = { name: 'sly', from: 'tiktok:@anna', to: ['youtube:@anna'], media: ['folder:/home/other'] };
  const answer = await bench.ask('POST', '/api/v1/rules', { token, body: { rule } });
  expect([answer.status, answer.body['code']]).toEqual([403, 'E_API_ROLE']);
  const good = await bench.ask('POST', '/api/v1/rules', {
    token,
    body: { rule: { name: 'fine', from: 'tiktok:@anna', to: ['youtube:@anna'] } },
  });
  expect([good.status, good.body['user']]).toEqual([200, 'anna']);
  const own = await bench.ask('GET', `/api/v1/rules/${anna.rule}`, { token });
  expect(own.status).toBe(200);
});

it('has no secret in the database for a token, and compares in whole', async () => {
  const text = await bench.token('viewer');
  const stored = JSON.stringify(await bench.store.credentials.list('token'));
  expect(stored).not.toContain(text.split('_')[2]);
  expect(readSecret('token', text)?.id).toBe(text.split('_')[1]);
  expect(readSecret('session', text)).toBeUndefined();
  expect([isSame('a', 'a'), isSame('a', 'b'), isSame('a', 'aa')]).toEqual([true, false, false]);
});

it('escapes whatever a caption holds', () => {
  const evil = `<img src=x onerror="alert('1')">&\u202egnp.exe`;
  expect(html`<p title="${evil}">${[evil, html`<b>${1}</b>`]}</p>`.html).toBe(
    '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;�gnp.exe">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;�gnp.exe<b>1</b></p>',
  );
});

it('writes CSV that no spreadsheet runs', () => {
  for (const formula of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '＝1'])
    expect(cell(formula)).toMatch(/^"'/u);
  expect([cell('a,b'), cell('say "hi"'), cell('plain'), cell(-1), cell(null)]).toEqual([
    '"a,b"',
    '"say ""hi"""',
    'plain',
    '-1',
    '',
  ]);
  const row = analyticsView({
    name: '=cmd()',
    platform: null,
    published: 1,
    dead: 1,
    unknown: 0,
    cancelled: 3,
    lagMs: { median: 61_000, p95: 61_000, longest: 61_000 },
    numbers: { told: 1, views: 1200, likes: 34, comments: null, shares: 0 },
  });
  expect(analyticsCsv([row]).split('\r\n')[1]).toBe(`"'=cmd()",,1,1,0,3,0.5,61,61,61,1,1200,34,,0`);
});
