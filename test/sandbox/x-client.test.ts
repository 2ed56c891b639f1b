import { Agent } from 'node:https';
import { connect } from 'node:net';
import { type ITwitterApiClientPlugin, TwitterApi } from 'twitter-api-v2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { approve } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../src/sandbox/server.ts';
import { createX } from '../../src/sandbox/x.ts';

/**
 * The simulated X against a client that was not written here: node-twitter-api-v2. It knows one host, speaks
 * https only and has no setting for another address, so two of its own hooks lead it to the sandbox: a plugin
 * puts the host before the path, where the sandbox wants it, and an agent opens a plain connection to the
 * sandbox's port in place of a TLS one to api.x.com.
 */
const redirectUri = 'http://127.0.0.1:8765/callback';
const scopes = ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access'];
let sandbox: Sandbox;
let server: SandboxServer;

beforeAll(async () => {
  const app = { clientId: 'foreign-app', clientSecret: 'foreign-secret', redirectUris: [redirectUri] };
  const apps = { x: [{ ...app, settings: { confidential: true } }] };
  sandbox = createSandbox({ clock: systemClock, seed: 3, simulators: [createX], apps });
  server = await serveSandbox(sandbox);
});
afterAll(() => server.close());

function settings(): { httpAgent: Agent; plugins: ITwitterApiClientPlugin[] } {
  const { port } = new URL(server.url);
  const httpAgent = new Agent();
  Object.assign(httpAgent, { createConnection: () => connect(Number(port), '127.0.0.1') });
  const toSandbox: ITwitterApiClientPlugin = {
    onBeforeRequest: ({ computedParams: { url } }) => {
      url.pathname = `/${url.host}${url.pathname}`;
    },
  };
  return { httpAgent, plugins: [toSandbox] };
}

/** Signs in as the client does it: its own PKCE, its own requests. */
async function signIn(): Promise<{ client: TwitterApi; refreshToken: string }> {
  await sandbox.control('x', 'quirks', { wantsClientId: false });
  const anonymous = new TwitterApi({ clientId: 'foreign-app', clientSecret: 'foreign-secret' }, settings());
  const { url, codeVerifier } = anonymous.generateOAuth2AuthLink(redirectUri, { scope: scopes });
  const asked = new URL(url);
  const page = `${server.url}/x.com/i/oauth2/authorize${asked.search}`;
  const { redirectedTo } = await approve(page, { follow: false });
  const code = new URL(redirectedTo).searchParams.get('code') ?? '';
  const result = await anonymous.loginWithOAuth2({ code, codeVerifier, redirectUri });
  expect(result.expiresIn).toBe(7200);
  return { client: new TwitterApi(result.accessToken, settings()), refreshToken: result.refreshToken! };
}

describe('node-twitter-api-v2 on the sandbox', () => {
  it('signs in, uploads, posts and reads it back', async () => {
    const { client } = await signIn();
    const me = await client.v2.me({ 'user.fields': ['verified_type', 'subscription_type'] });
    expect(me.data).toMatchObject({
      id: '1790000000000000101',
      username: 'creator',
      subscription_type: 'None',
    });

    const bytes = Buffer.alloc(2.5 * 2 ** 20, 'foreign video ');
    await sandbox.control('x', 'quirks', { processingSeconds: 2, checkAfterSeconds: 1, listSeconds: 0 });
    const mediaId = await client.v2.uploadMedia(bytes, { media_type: 'video/mp4' as never });
    const created = await client.v2.tweet('Made by another client & found', {
      media: { media_ids: [mediaId] },
    });
    expect(created.data.text).toMatch(/^Made by another client &amp; found https:\/\/t\.co\//);

    const timeline = await client.v2.userTimeline(me.data.id, {
      max_results: 5,
      expansions: ['attachments.media_keys'],
    });
    expect(timeline.tweets).toHaveLength(1);
    expect(timeline.tweets[0]).toMatchObject({
      id: created.data.id,
      attachments: { media_keys: [`7_${mediaId}`] },
    });
    expect(timeline.includes.media[0]).toMatchObject({ media_key: `7_${mediaId}`, type: 'video' });
    expect(timeline.rateLimit).toMatchObject({ limit: 900, remaining: 899 });

    const [post] = sandbox.posts();
    expect(post).toMatchObject({ id: created.data.id, bytes: bytes.length });
    expect(sandbox.world.media(post!.sha256)?.equals(bytes)).toBe(true);
    expect(sandbox.complaints()).toEqual([]);
  }, 30_000);

  it('pages through a timeline', async () => {
    const { client } = await signIn();
    for (let n = 0; n < 12; n += 1) await client.v2.tweet(`post ${n}`);
    const timeline = await client.v2.userTimeline('1790000000000000101', { max_results: 5 });
    await timeline.fetchLast(100);
    const texts = timeline.tweets.map(({ text }) => text).filter((text) => text.startsWith('post '));
    expect(texts).toEqual(Array.from({ length: 12 }, (_, n) => `post ${11 - n}`));
  });

  it('refreshes once with each refresh token', async () => {
    const { refreshToken } = await signIn();
    const client = new TwitterApi({ clientId: 'foreign-app', clientSecret: 'foreign-secret' }, settings());
    const fresh = await client.refreshOAuth2Token(refreshToken);
    expect(fresh.refreshToken).not.toBe(refreshToken);
    await expect(client.refreshOAuth2Token(refreshToken)).rejects.toMatchObject({ code: 400 });
    // Whoever uses one twice loses both.
    await expect(client.refreshOAuth2Token(fresh.refreshToken!)).rejects.toMatchObject({ code: 400 });
  });

  it('understands the refusals', async () => {
    const { client } = await signIn();
    await client.v2.tweet('once');
    await expect(client.v2.tweet('once')).rejects.toMatchObject({
      code: 403,
      data: { detail: 'You are not allowed to create a Tweet with duplicate content.' },
    });
    await sandbox.control('x', 'limit', { endpoint: 'POST /2/tweets', calls: 0 });
    const limited = await client.v2.tweet('too many').catch((error: unknown) => error);
    expect(limited).toMatchObject({ code: 429, rateLimitError: true, rateLimit: { remaining: 0 } });
    await sandbox.control('x', 'limit', { endpoint: 'POST /2/tweets', calls: 100 });
    const stranger = new TwitterApi('no-such-token', settings());
    await expect(stranger.v2.me()).rejects.toMatchObject({ code: 401, isAuthError: true });
  });
});
