import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import { parseFaultRule } from '../../src/sandbox/faults.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxServer } from '../../src/sandbox/server.ts';
import { serveSandbox } from '../../src/sandbox/server.ts';
import { pigeon } from './pigeon.ts';

let sandbox: Sandbox;
let server: SandboxServer;

beforeEach(async () => {
  sandbox = createSandbox({ clock: new TestClock(), seed: 7, simulators: [pigeon] });
  server = await serveSandbox(sandbox);
});

afterEach(() => server.close());

interface Seen {
  status?: number;
  body: string;
  error?: string;
}

/** One POST over a connection of its own: what arrived of the answer, and how it ended. */
function post(body: Buffer = Buffer.from('0123456789'), signal?: AbortSignal): Promise<Seen> {
  return new Promise((resolve) => {
    const seen: Seen = { body: '' };
    const sent = request(`${server.url}/pigeon.example/post?text=t`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': body.length },
      ...(signal ? { signal } : {}),
    });
    const fail = (error: NodeJS.ErrnoException) => resolve({ ...seen, error: error.code ?? error.message });
    sent.on('error', fail);
    sent.on('response', (response) => {
      seen.status = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => {
        seen.body += chunk.toString();
      });
      response.on('error', fail);
      response.on('end', () => resolve(seen));
    });
    sent.end(body);
  });
}

async function add(rule: FaultRule): Promise<void> {
  const response = await fetch(`${server.control}/faults`, { method: 'POST', body: JSON.stringify(rule) });
  expect(response.status).toBe(200);
}

describe('faults over real connections', () => {
  it('refuse: reset, nothing processed', async () => {
    await add({ action: 'refuse', times: 1 });
    expect(await post()).toEqual({ body: '', error: 'ECONNRESET' });
    expect(sandbox.posts()).toHaveLength(0);
    expect(await post()).toMatchObject({ status: 201 });
  });

  it('lost: processed whole, no answer', async () => {
    await add({ action: 'lost', times: 1 });
    expect(await post()).toEqual({ body: '', error: 'ECONNRESET' });
    expect(sandbox.posts()).toHaveLength(1);
    expect(sandbox.requests()).toMatchObject([{ status: null, fault: 'lost' }]);
  });

  it('status: answered without processing; status-after: processed first', async () => {
    await add({
      times: 1,
      action: { kind: 'status', status: 429, headers: { 'Retry-After': '7' }, body: { slow: true } },
    });
    expect(await post()).toEqual({ status: 429, body: '{"slow":true}' });
    expect(sandbox.posts()).toHaveLength(0);
    await add({ times: 1, action: { kind: 'status-after', status: 500 } });
    expect(await post()).toEqual({ status: 500, body: '' });
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('garbage: a page with 200, before or after processing', async () => {
    await add({ times: 1, action: 'garbage' });
    expect((await post()).body).toMatch(/^<html>/u);
    expect(sandbox.posts()).toHaveLength(0);
    await add({ times: 1, action: { kind: 'garbage', processed: true } });
    expect((await post()).status).toBe(200);
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('cut-body: the connection breaks within the answer; truncate: it ends too early but properly', async () => {
    await add({ times: 1, action: { kind: 'cut-body', bytes: 4 } });
    expect(await post()).toMatchObject({ status: 201, body: '{"id', error: 'ECONNRESET' });
    await add({ times: 1, action: { kind: 'truncate', bytes: 4 } });
    expect(await post()).toEqual({ status: 201, body: '{"id' });
    expect(sandbox.posts()).toHaveLength(2);
  });

  it('hang: nothing until the client gives up', async () => {
    await add({ times: 1, action: { kind: 'hang', processed: true } });
    const gaveUp = new AbortController();
    const answer = post(undefined, gaveUp.signal);
    await expect.poll(() => sandbox.posts().length).toBe(1);
    gaveUp.abort();
    expect(await answer).toEqual({ body: '', error: 'ABORT_ERR' });
  });

  it('cut-upload: the simulator sees the part that arrived, and that it is a part', async () => {
    await add({ times: 1, action: { kind: 'cut-upload', bytes: 100_000 } });
    expect(await post(Buffer.alloc(3_000_000, 1))).toMatchObject({
      error: expect.stringMatching(/ECONNRESET|EPIPE/u),
    });
    expect(await sandbox.control('mastodon', 'uploads')).toEqual([{ bytes: 100_000, complete: false }]);
  });

  it('a client that breaks off is seen as an upload that is not complete', async () => {
    const sent = request(`${server.url}/pigeon.example/post`, {
      method: 'POST',
      agent: false,
      headers: { 'content-length': 50 },
    });
    sent.on('error', () => {});
    sent.write('0123456789', () => setImmediate(() => sent.destroy()));
    await expect.poll(() => sandbox.control('mastodon', 'uploads')).toEqual([{ bytes: 10, complete: false }]);
  });

  it('lists and clears the rules', async () => {
    await add({ path: '/post', action: 'lost' });
    await post();
    const listed = await (await fetch(`${server.control}/faults`)).json();
    expect(listed).toEqual([{ path: '/post', action: { kind: 'lost' }, matched: 1, fired: 1 }]);
    await fetch(`${server.control}/faults`, { method: 'DELETE' });
    expect((await post()).status).toBe(201);
  });

  it('says what is wrong with a rule', async () => {
    for (const rule of [
      null,
      {},
      { action: 'explode' },
      { action: 'status' },
      { action: 'cut-upload' },
      { nth: 1.5, action: 'lost' },
      { platform: 'myspace', action: 'lost' },
    ])
      expect(() => parseFaultRule(rule)).toThrow();
    const response = await fetch(`${server.control}/faults`, {
      method: 'POST',
      body: '{"action":"explode"}',
    });
    expect(response.status).toBe(400);
  });
});

describe('fault rules without sockets', () => {
  const ask = (path: string, method = 'GET') =>
    sandbox.dispatch({
      origin: 'https://pigeon.example',
      method,
      path,
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.from('0123456789'),
      complete: true,
    });

  it('befalls the n-th matching request and as many as it says', async () => {
    sandbox.faults.add({ nth: 3, times: 2, action: 'lost' });
    const outcomes = [];
    for (let n = 0; n < 6; n += 1) outcomes.push('cut' in (await ask('/echo')));
    expect(outcomes).toEqual([false, false, true, true, false, false]);
  });

  it('matches by platform, origin, method, prefix and pattern; the first rule that is due wins', async () => {
    const cases: [Omit<FaultRule, 'action'>, boolean][] = [
      [{ platform: 'mastodon' }, true],
      [{ platform: 'x' }, false],
      [{ origin: 'https://pigeon.example' }, true],
      [{ origin: 'https://media.pigeon.example' }, false],
      [{ method: 'get' }, true],
      [{ method: 'POST' }, false],
      [{ path: '/ec' }, true],
      [{ path: '/cho' }, false],
      [{ path: '^/e.*o$' }, true],
      [{ path: '^/e$' }, false],
    ];
    for (const [rule, hit] of cases) {
      const remove = sandbox.faults.add({ ...rule, action: 'refuse' });
      expect(['cut' in (await ask('/echo')), rule]).toEqual([hit, rule]);
      remove();
    }
    sandbox.faults.add({ action: 'hang', times: 1 });
    sandbox.faults.add({ action: 'refuse', times: 1 });
    expect(await ask('/echo')).toEqual({ cut: 'hang' });
    expect(await ask('/echo')).toEqual({ cut: 'refused' });
    expect(await ask('/echo')).toMatchObject({ status: 200 });
  });

  it('cuts an upload at the same byte as a connection would', async () => {
    sandbox.faults.add({ action: { kind: 'cut-upload', bytes: 4 } });
    expect(await ask('/post', 'POST')).toEqual({ cut: 'upload' });
    expect(await sandbox.control('mastodon', 'uploads')).toEqual([{ bytes: 4, complete: false }]);
  });

  it('gives the part of a cut answer', async () => {
    sandbox.faults.add({ action: { kind: 'cut-body', bytes: 2 } });
    const result = await ask('/echo');
    expect(result).toMatchObject({ cut: 'body', partial: { status: 200, body: Buffer.from('{"') } });
  });

  it('throws for an origin that nobody stands in for', async () => {
    await expect(
      sandbox.dispatch({
        origin: 'https://nowhere.example',
        method: 'GET',
        path: '/',
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.alloc(0),
        complete: true,
      }),
    ).rejects.toThrow('nowhere.example');
  });
});
