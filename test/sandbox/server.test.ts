import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxServer } from '../../src/sandbox/server.ts';
import { serveSandbox } from '../../src/sandbox/server.ts';
import { pigeon } from './pigeon.ts';

let clock: TestClock;
let sandbox: Sandbox;
let server: SandboxServer;

beforeEach(async () => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 7, simulators: [pigeon] });
  server = await serveSandbox(sandbox);
});

afterEach(() => server.close());

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(server.control + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

describe('the served sandbox', () => {
  it('maps every production origin to its own path on loopback', async () => {
    expect(server.origins).toEqual({
      'https://pigeon.example': `${server.url}/pigeon.example`,
      'https://media.pigeon.example': `${server.url}/media.pigeon.example`,
    });
    const response = await fetch(`${server.origins['https://pigeon.example']}/echo?q=a%2Fb`);
    expect(await response.json()).toEqual({
      origin: 'https://pigeon.example',
      q: 'a/b',
      host: 'pigeon.example',
    });
    expect((await fetch(`${server.url}/other.example/echo`)).status).toBe(404);
  });

  it('sends a browser that is redirected between simulated origins to the mapped address', async () => {
    const response = await fetch(`${server.url}/pigeon.example/login?state=s`, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(`${server.url}/media.pigeon.example/consent?state=s`);
  });

  it('shows state, requests, posts and complaints, and pulls levers', async () => {
    await fetch(`${server.url}/pigeon.example/post?text=hi`, { method: 'POST', body: 'video' });
    await fetch(`${server.url}/pigeon.example/nowhere`);
    expect((await control('GET', '/posts')).body).toMatchObject([
      { text: 'hi', bytes: 5, platform: 'mastodon' },
    ]);
    expect((await control('GET', '/requests')).body).toEqual([
      {
        platform: 'mastodon',
        origin: 'https://pigeon.example',
        method: 'POST',
        path: '/post',
        status: 201,
        at: clock.now(),
      },
      {
        platform: 'mastodon',
        origin: 'https://pigeon.example',
        method: 'GET',
        path: '/nowhere',
        status: 404,
        at: clock.now(),
      },
    ]);
    expect((await control('GET', '/complaints')).body).toEqual([
      { platform: 'mastodon', what: 'unknown GET /nowhere', at: clock.now() },
    ]);
    expect((await control('POST', '/mastodon/say', { a: 1 })).body).toEqual({ said: { a: 1 } });
    expect((await control('POST', '/mastodon/fly')).status).toBe(400);
    expect((await control('GET', '/state')).body).toMatchObject({
      now: clock.now(),
      requests: 2,
      platforms: [
        {
          platform: 'mastodon',
          levers: ['say', 'uploads'],
          accounts: [{ handle: '@creator' }, { handle: '@second' }],
        },
      ],
    });
  });

  it('moves the clock', async () => {
    const before = clock.now();
    expect((await control('POST', '/clock', { advanceMs: 5000 })).body).toEqual({ now: before + 5000 });
    expect(clock.now()).toBe(before + 5000);
    expect((await control('POST', '/clock', { advanceMs: 'soon' })).status).toBe(400);
  });

  it('refuses control to web pages of other origins', async () => {
    const response = await fetch(`${server.control}/mastodon/say`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: '{}',
    });
    expect(response.status).toBe(403);
  });

  it('tells of a simulator that breaks', async () => {
    expect((await fetch(`${server.url}/pigeon.example/broken`)).status).toBe(500);
    expect(sandbox.complaints()[0]?.what).toContain('bug in the simulator');
  });

  it('shows the feeds without script, text escaped, video playable by range', async () => {
    await fetch(
      `${server.url}/pigeon.example/post?text=${encodeURIComponent('<script>alert(1)</script> & "you"')}`,
      {
        method: 'POST',
        body: 'abcdefghij',
      },
    );
    const page = await fetch(server.feeds);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const html = await page.text();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;you&quot;');
    expect(html).not.toContain('<script');
    const source = /<video[^>]* src="(\/_media\/[0-9a-f]{64})"/u.exec(html)?.[1];
    const whole = await fetch(server.url + source);
    expect([whole.status, whole.headers.get('accept-ranges'), await whole.text()]).toEqual([
      200,
      'bytes',
      'abcdefghij',
    ]);
    const ranges: [string, number, string, string | null][] = [
      ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
      ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
      ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
      ['bytes=5-99', 206, 'fghij', 'bytes 5-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'],
    ];
    for (const [range, status, text, contentRange] of ranges) {
      const part = await fetch(server.url + source, { headers: { range } });
      expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
        status,
        text,
        contentRange,
      ]);
    }
    expect((await fetch(`${server.url}/_media/${'0'.repeat(64)}`)).status).toBe(404);
  });
});
