import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, entry, openCliHome } from './home.ts';
import { daemonOf, type WebDaemon } from './web-daemon.ts';

interface Job {
  id: number;
  state: string;
  reason: string | null;
}

let home: CliHome;
let daemon: WebDaemon;
let token: string;
let jobId: number;

const ask = async (path: string, init: RequestInit = {}, as = token) => {
  const answer = await fetch(`${daemon.origin}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json', ...init.headers },
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  };
};
const cli = async (...args: string[]) => JSON.parse(await home.repost.run([...args, '--json'])) as unknown;

beforeAll(async () => {
  home = await openCliHome({ env: { REPOST_HTTP: '127.0.0.1:0' } });
  await home.signIn('tiktok');
  await home.signIn('youtube');
  await home.publish('First <b>video</b> #one');
  const rule = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--approve'];
  await home.repost.run([...rule, '--backfill', '5', '--media', `folder:${home.originals}`]);
  daemon = await daemonOf(home);
  ({ token } = (await cli('token', 'add', '--role', 'admin')) as { token: string });
  const jobs = await home.repost.waitFor<Job[]>(
    ['jobs', 'list', '--json'],
    (found) => found.length === 1,
    20_000,
  );
  jobId = jobs[0]?.id ?? 0;
});
afterAll(async () => {
  await daemon?.stop();
  await home?.close();
});

describe('the API of a running daemon', () => {
  it('gives the same objects that --json prints', async () => {
    const pairs = [
      ['/accounts', ['accounts', 'list']],
      ['/sources', ['source', 'list']],
      ['/rules', ['rule', 'list']],
      ['/videos', ['videos', 'list']],
      ['/jobs', ['jobs', 'list']],
      ['/posts', ['posts']],
      ['/limits', ['limits']],
      ['/users', ['users']],
      ['/tokens', ['token', 'list']],
      ['/settings', ['config', 'list']],
      ['/warnings', ['warnings']],
      ['/errors?limit=200', ['errors', 'list']],
      ['/apps', ['app', 'list']],
      ['/alerts', ['alerts', 'list']],
      ['/alerts/deliveries', ['alerts', 'list', '--deliveries']],
      ['/alerts/rules', ['alerts', 'rules']],
      ['/alerts/problems', ['alerts', 'problems']],
      ['/audit', ['audit']],
    ] as const;
    for (const [path, args] of pairs) {
      const { body } = await ask(`/api/v1${path}`);
      expect({ path, items: body['items'] }).toEqual({ path, items: await cli(...args) });
    }
    const single = [
      ['/status', ['status']],
      [`/jobs/${jobId}`, ['jobs', 'show', String(jobId)]],
      ['/accounts/1', ['accounts', 'show', '1']],
      ['/rules/to-youtube', ['rule', 'show', 'to-youtube']],
      ['/rules/export', ['rule', 'export']],
      ['/rules/schema', ['rule', 'schema']],
      ['/analytics/week', ['analytics', '--week']],
      ['/host', ['host']],
      ['/errors/E_QUOTA', ['errors', 'explain', 'E_QUOTA']],
      ['/quarantine', ['quarantine']],
    ] as const;
    for (const [path, args] of single) {
      const strip = (value: unknown) =>
        JSON.parse(JSON.stringify(value).replace(/"(from|to)":"[^"]*Z"/gu, '"$1":""'));
      const { body } = await ask(`/api/v1${path}`);
      expect({ path, body: strip(body) }).toEqual({ path, body: strip(await cli(...args)) });
    }
  });

  it('controls the daemon as the commands do', async () => {
    const post = async (path: string, body: object = {}) =>
      (await ask(`/api/v1${path}`, { method: 'POST', body: JSON.stringify(body) })).body;
    expect(await post('/daemon/pause')).toMatchObject({ state: 'paused' });
    expect(await cli('daemon', 'status')).toMatchObject({ state: 'paused' });
    expect(await post('/daemon/resume')).toMatchObject({ state: 'running' });
    expect(await post('/daemon/poll')).toMatchObject({ polled: 1 });
    const { settings } = (await post('/daemon/reload')) as { settings: object };
    expect(settings).toEqual(((await cli('daemon', 'reload')) as { settings: object }).settings);
    const { body } = await ask('/api/v1/daemon');
    const { nextDueAt: _, ...state } = body;
    expect(await cli('daemon', 'status')).toMatchObject(state);
  });

  it('copies the database, gives the ledger and takes it in again', async () => {
    const post = async (path: string, body: object) =>
      ask(`/api/v1${path}`, { method: 'POST', body: JSON.stringify(body) });
    const { body } = await post('/backups', { name: 'today.db' });
    expect(await cli('backup', String(body['path']), '--verify')).toMatchObject({ ok: true });
    expect((await post('/backups', { name: 'today.db' })).status).toBe(409);
    expect((await post('/backups', { name: '../today.db' })).status).toBe(400);
    const file = join(home.dir, 'history.jsonl');
    await cli('ledger', 'export', file);
    const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
    const ledger = (await ask('/api/v1/ledger')).body;
    expect(ledger['items']).toEqual(lines.map((line) => JSON.parse(line) as unknown));
    const dry = { path: file, dryRun: true };
    expect((await post('/ledger/import', dry)).body).toEqual(
      await cli('ledger', 'import', file, '--dry-run'),
    );
    const missing = await post('/imports', { path: join(home.dir, 'none.zip') });
    expect(missing.body).toMatchObject({ code: 'E_EXPORT' });
    expect(missing.status).toBeLessThan(500);
  });

  it('tells live changes to those whom they concern, and what was missed', async () => {
    const first = await follow({});
    await ask(`/api/v1/accounts/1/pause`, { method: 'POST' });
    await first.until((text) => text.includes('event: changed'));
    const lastId = /id: (\d+)/u.exec(first.text())?.[1] ?? '';
    first.end();
    await ask(`/api/v1/accounts/1/resume`, { method: 'POST' });
    const second = await follow({ 'last-event-id': String(Number(lastId) - 1) });
    await second.until((text) => text.includes(`id: ${lastId}`));
    second.end();
  });

  it('signs a browser in once with a code, and takes changes from its page only', async () => {
    const printed = (await cli('dashboard', '--no-browser')) as { url: string };
    const { origin, hash } = new URL(printed.url);
    const signIn = () =>
      fetch(`${origin}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ code: hash.slice(1) }),
      });
    const answer = await signIn();
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^repost_session=\S+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/u);
    expect((await signIn()).status).toBe(401);
    const headers = { cookie: cookie.split(';')[0] ?? '', origin };
    const session = (await (await fetch(`${origin}/api/v1/session`, { headers })).json()) as { csrf: string };
    const change = (more: Record<string, string>) =>
      fetch(`${origin}/api/v1/rules/to-youtube/pause`, { method: 'POST', headers: { ...headers, ...more } });
    expect((await change({})).status).toBe(403);
    expect((await change({ 'x-csrf-token': 'wrong' })).status).toBe(403);
    expect((await change({ 'x-csrf-token': session.csrf })).status).toBe(200);
    await home.repost.run(['rule', 'resume', 'to-youtube']);
    const signedOut = await fetch(`${origin}/api/v1/session`, {
      method: 'DELETE',
      headers: { ...headers, 'x-csrf-token': session.csrf },
    });
    expect(signedOut.status).toBe(200);
    expect((await fetch(`${origin}/api/v1/session`, { headers })).status).toBe(401);
  });

  it('ends a token when it is revoked', async () => {
    const other = (await cli('token', 'add', '--role', 'viewer')) as { id: string; token: string };
    expect((await ask('/api/v1/status', {}, other.token)).status).toBe(200);
    await cli('token', 'revoke', other.id);
    expect((await ask('/api/v1/status', {}, other.token)).status).toBe(401);
  });
});

describe('repost mcp', () => {
  it('looks, plans, and approves nothing without a confirmation', async () => {
    const client = new Client({ name: 'test', version: '1' });
    const env = Object.fromEntries(Object.entries(home.env).filter(([, value]) => value !== undefined));
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [entry, 'mcp'],
        env: env as Record<string, string>,
      }),
    );
    const call = async (name: string, input: Record<string, unknown> = {}) => {
      const answer = await client.callTool({ name, arguments: input });
      const [first] = answer.content as { text: string }[];
      return JSON.parse(first?.text ?? 'null');
    };
    try {
      const names = (await client.listTools()).tools.map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining(['status', 'list_jobs', 'plan', 'approve_job', 'retry_job']),
      );
      expect(await call('status')).toMatchObject({ daemon: 'running' });
      expect(await call('list_jobs')).toMatchObject([{ id: jobId, reason: 'approval' }]);
      expect(await call('plan')).toMatchObject({ posts: [{ job: jobId }] });
      expect(await call('list_jobs', { limit: 'all' })).toMatchObject({ error: { code: 'E_USAGE' } });
      const asked = await call('cancel_job', { job: jobId });
      expect(asked).toMatchObject({ done: false, job: { id: jobId } });
      // A confirmation of one thing is none of another.
      const other = await call('approve_job', { job: jobId, confirmation: asked.confirmation });
      expect(other).toMatchObject({ done: false });
      expect(await cli('jobs', 'show', String(jobId))).toMatchObject({
        state: 'waiting',
        reason: 'approval',
      });
    } finally {
      await client.close();
    }
  });
});

describe('an approval link', () => {
  it('lets a client without an account decide once, and nobody afterwards', async () => {
    const forged = await fetch(`${daemon.origin}/approve/${'a'.repeat(18)}.${'b'.repeat(43)}`);
    expect(forged.status).toBe(404);
    const first = (await cli('jobs', 'approve-link', String(jobId))) as { url: string };
    await cli('jobs', 'approve-link', String(jobId), '--revoke');
    expect((await fetch(first.url)).status).toBe(404);
    const { url } = (await cli('jobs', 'approve-link', String(jobId))) as { url: string };
    const page = await fetch(url);
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).toContain('First &lt;b&gt;video&lt;/b&gt;');
    expect(text).not.toContain('<b>');
    // Looking changes nothing, not even by somebody's preview of the link.
    expect(await cli('jobs', 'show', String(jobId))).toMatchObject({ reason: 'approval' });
    const decide = () =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: daemon.origin },
        body: 'answer=approve',
      });
    expect((await decide()).status).toBe(200);
    expect((await decide()).status).toBe(404);
    await home.repost.run(['jobs', 'wait', String(jobId), '--timeout', '30s']);
    expect(await cli('jobs', 'show', String(jobId))).toMatchObject({ state: 'published' });
    const { body } = await ask('/api/v1/analytics');
    expect(body).toMatchObject({ total: { published: 1, successRate: 1 }, rows: [{ name: 'youtube' }] });
  });
});

describe('the end', () => {
  it('is answered before the daemon that is drained stops', async () => {
    const { status, body } = await ask('/api/v1/daemon/drain', { method: 'POST' });
    expect([status, body['state']]).toEqual([200, 'draining']);
    const gone = () =>
      fetch(`${daemon.origin}/livez`).then(
        () => false,
        () => true,
      );
    while (!(await gone()));
    expect(await cli('status')).toMatchObject({ daemon: 'stopped' });
  });
});

/** The stream of live changes, read as it comes. */
async function follow(headers: Record<string, string>) {
  const stop = new AbortController();
  const answer = await fetch(`${daemon.origin}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: stop.signal,
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    text: () => text,
    end: () => stop.abort(),
    async until(satisfied: (text: string) => boolean) {
      while (!satisfied(text)) {
        const piece = await reader?.read();
        if (!piece || piece.done) throw new Error(`the stream ended: ${text}`);
        text += decoder.decode(piece.value, { stream: true });
      }
    },
  };
}
