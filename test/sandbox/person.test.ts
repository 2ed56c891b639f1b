import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { approve, approveWithin } from '../../src/sandbox/person.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxServer } from '../../src/sandbox/server.ts';
import { serveSandbox } from '../../src/sandbox/server.ts';
import { pigeon } from './pigeon.ts';

const sandbox = createSandbox({ clock: new TestClock(), seed: 7, simulators: [pigeon] });
const [creator, second] = sandbox.world.accounts('mastodon').map(({ id }) => id);
let server: SandboxServer;
const callbacks: string[] = [];
const listener = (request: IncomingMessage, response: ServerResponse) => {
  callbacks.push(request.url ?? '');
  response.end('You may close this tab.');
};
const http = createHttp(listener);
const made = await generate([{ name: 'commonName', value: 'localhost' }]);
const https = createHttps({ key: made.private, cert: made.cert }, listener);

beforeAll(async () => {
  server = await serveSandbox(sandbox);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await server.close();
  http.close();
  https.close();
});

const redirect = (which: 'http' | 'https') => {
  const { port } = (which === 'http' ? http : https).address() as AddressInfo;
  return `${which}://${which === 'http' ? '127.0.0.1' : 'localhost'}:${port}/callback/?kept=1`;
};

const login = (uri: string) => `/login?state=st%26ate&redirect_uri=${encodeURIComponent(uri)}`;

describe('a person in front of the consent page', () => {
  it('approves over HTTP and lets the browser go back to the client', async () => {
    const outcome = await approve(`${server.url}/pigeon.example${login(redirect('http'))}`);
    const back = new URL(outcome.redirectedTo);
    expect(back.searchParams.get('code')).toBe(`${creator}/read+write/"7"`);
    expect(back.searchParams.get('state')).toBe('st&ate');
    expect(back.searchParams.get('kept')).toBe('1');
    expect(outcome).toMatchObject({ status: 200, body: 'You may close this tab.' });
    expect(callbacks.at(-1)).toBe(back.pathname + back.search);
  });

  it('accepts the certificate that the client made itself', async () => {
    const outcome = await approve(`${server.url}/pigeon.example${login(redirect('https'))}`);
    expect(outcome.status).toBe(200);
  });

  it('chooses an account by handle, unticks what may be unticked, denies', async () => {
    const url = `${server.url}/pigeon.example${login('http://127.0.0.1:1/callback')}`;
    const stopped = { follow: false };
    const chosen = await approve(url, { account: '@second', without: ['read', 'write'], ...stopped });
    expect(new URL(chosen.redirectedTo).searchParams.get('code')).toBe(`${second}/read/"7"`);
    const denied = await approve(url, { deny: true, ...stopped });
    expect(new URL(denied.redirectedTo).searchParams.get('error')).toBe('access_denied');
    await expect(approve(url, { account: '@nobody' })).rejects.toThrow('@nobody');
  });

  it('types the id of an account where the browser is signed in with very many', async () => {
    const mastodon = Array.from({ length: 101 }, (_, n) => {
      return { id: `9000${n}`, handle: `@c${n}`, name: `Client ${n}`, settings: {} };
    });
    const crowd = createSandbox({
      clock: new TestClock(),
      seed: 7,
      simulators: [pigeon],
      accounts: { mastodon },
    });
    const url = `https://pigeon.example${login('https://localhost:8443/callback')}`;
    const { redirectedTo } = await approveWithin(crowd, url, { account: '900077' });
    expect(new URL(redirectedTo).searchParams.get('code')).toMatch(/^900077\//u);
  });

  it('does the same without sockets', async () => {
    const { redirectedTo } = await approveWithin(
      sandbox,
      `https://pigeon.example${login('https://localhost:8443/callback')}`,
    );
    expect(new URL(redirectedTo).searchParams.get('code')).toBe(`${creator}/read+write/"7"`);
  });

  it('repeats the page’s words where there is no form', async () => {
    await expect(approve(`${server.url}/pigeon.example/nowhere`)).rejects.toThrow(
      '(404): {"error":"not found"}',
    );
  });

  it('shows a page that is escaped and has no script', async () => {
    const page = await fetch(`${server.url}/pigeon.example/consent?redirect_uri=x`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('Pigeon &lt;Post&gt;');
    expect(html).toContain('repost &amp; co');
    expect(html).toContain('Not &lt;verified&gt;');
    expect(html).not.toContain('<script');
  });
});
