import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { clip, redirectUri, Servers, scope } from './mastodon-ask.ts';

// A verifier and its challenge, computed outside of this code.
const verifier = 'repost-pkce-vector-0123456789-ABCDEFGHIJKLMN._~';
const challenge = '2FeeIJU4O0WrnvnmpfuVKGnym9l7aHg_q_DtMFD4_Bw';
const OOB = 'urn:ietf:wg:oauth:2.0:oob';

let here: Servers;
beforeEach(() => {
  here = new Servers();
});

describe('apps', () => {
  it('take a list of addresses from 4.3 on, and a text with lines always', async () => {
    const uris = [redirectUri, OOB];
    expect(await here.register({ redirect_uris: uris })).toMatchObject({
      redirect_uris: uris,
      redirect_uri: uris.join('\n'),
      scopes: scope.split(' '),
      client_secret_expires_at: 0,
    });
    await here.quirks({ version: '4.2.10' });
    const old = await here.register({ redirect_uris: uris.join('\n') });
    expect(old).toMatchObject({ redirect_uri: uris.join('\n') });
    expect(old).not.toHaveProperty('redirect_uris');
    expect(here.sandbox.complaints()).toEqual([]);
    expect(await here.register({ redirect_uris: uris })).toHaveProperty('error');
    expect(here.sandbox.complaints()).toHaveLength(1);
  });

  it.each([
    [{ redirect_uris: 'callback' }, 'Validation failed: Redirect URI must be an absolute URI.'],
    [{ redirect_uris: '' }, "Validation failed: Redirect URI can't be blank"],
    [{ client_name: '' }, "Validation failed: Application name can't be blank"],
    [{ scopes: 'everything' }, "Validation failed: Scopes doesn't match configured on the server."],
  ])('refuse %j', async (change, error) => {
    expect(await here.register(change)).toEqual({ error });
  });

  it('can be forgotten with all that was given to them', async () => {
    const app = await here.register();
    const { json } = await here.exchange(app, { code: (await here.consent(app)).get('code') ?? '' });
    await here.pull('forgetApps', { server: 'mastodon.social' });
    expect(await here.exchange(app, { code: 'x' })).toMatchObject({
      status: 401,
      json: { error: 'invalid_client' },
    });
    const token = String(json['access_token']);
    const answer = await here.ask('GET', '/api/v1/accounts/verify_credentials', { token });
    expect(answer).toMatchObject({ status: 401, json: { error: 'The access token is invalid' } });
  });
});

describe('the consent page', () => {
  it('takes any port of a loopback address, unless the server compares ports', async () => {
    const app = await here.register({ redirect_uris: 'http://127.0.0.1/callback' });
    expect((await here.consent(app)).get('code')).not.toBeNull();
    await here.quirks({ exactPort: true });
    await expect(here.consent(app)).rejects.toThrow(/redirect uri included is not valid/u);
  });

  it.each([
    [{ redirect_uri: 'http://127.0.0.1:53412/other' }, /redirect uri included is not valid/u],
    [{ client_id: 'nobody' }, /unknown client/u],
  ])('keeps people there for %j', async (change, words) => {
    const app = await here.register();
    await expect(here.consent(app, change)).rejects.toThrow(words);
  });

  it.each([
    [{ scope: 'admin:read' }, 'invalid_scope'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge: 'x', code_challenge_method: 'plain' }, 'invalid_code_challenge_method'],
  ])('sends back the error of %j', async (change, error) => {
    const app = await here.register();
    const { redirectedTo } = await approveWithin(here.sandbox, here.authorizeUrl(app, change));
    const answer = new URL(redirectedTo).searchParams;
    expect([answer.get('error'), answer.get('state')]).toEqual([error, 'st']);
  });

  it('says so when it was declined', async () => {
    const app = await here.register();
    const { redirectedTo } = await approveWithin(here.sandbox, here.authorizeUrl(app), { deny: true });
    expect(new URL(redirectedTo).searchParams.get('error')).toBe('access_denied');
  });

  it('shows the code to somebody without a way back', async () => {
    const app = await here.register({ redirect_uris: OOB });
    const url = here.authorizeUrl(app, { redirect_uri: OOB });
    const decided = await here.ask('POST', url, {
      form: { account: '113500000000000101', decision: 'approve' },
    });
    const shown = await here.ask('GET', decided.headers['location'] ?? '');
    const code = /value="([^"]+)"/u.exec(shown.body.toString())?.[1] ?? '';
    expect((await here.exchange(app, { code, redirect_uri: OOB })).status).toBe(200);
  });
});

describe('tokens', () => {
  it('don’t end, can’t be renewed, and are the same again for the same app and person', async () => {
    const app = await here.register();
    const first = await here.exchange(app, { code: (await here.consent(app)).get('code') ?? '' });
    expect(Object.keys(first.json).sort()).toEqual(['access_token', 'created_at', 'scope', 'token_type']);
    here.clock.advance(1000 * HOUR);
    const second = await here.exchange(app, { code: (await here.consent(app)).get('code') ?? '' });
    expect(second.json).toEqual(first.json);
  });

  it.each([
    ['a code twice', {}, true],
    ['another redirect address', { redirect_uri: 'http://127.0.0.1:1/callback' }, false],
    ['an old code', {}, false, 11 * MINUTE],
  ] as const)('are refused for %s', async (_name, change, twice, wait = 0) => {
    const app = await here.register();
    const code = (await here.consent(app)).get('code') ?? '';
    if (twice) await here.exchange(app, { code });
    here.clock.advance(wait);
    const answer = await here.exchange(app, { code, ...change });
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  });

  it('need the verifier where a challenge was sent, from 4.3 on', async () => {
    const app = await here.register();
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    const code = async () => (await here.consent(app, pkce)).get('code') ?? '';
    expect((await here.exchange(app, { code: await code() })).status).toBe(400);
    expect((await here.exchange(app, { code: await code(), code_verifier: 'x'.repeat(43) })).status).toBe(
      400,
    );
    expect((await here.exchange(app, { code: await code(), code_verifier: verifier })).status).toBe(200);
    await here.quirks({ version: '4.2.10' });
    expect((await here.exchange(app, { code: await code() })).status).toBe(200);
  });

  it('are given to an app without anybody, who then may do nothing', async () => {
    const app = await here.register();
    const { json } = await here.exchange(app, { grant_type: 'client_credentials' });
    const token = String(json['access_token']);
    const answer = await here.ask('GET', '/api/v1/accounts/verify_credentials', { token });
    expect(answer.status).toBe(422);
  });

  it('are given for a password on older servers only', async () => {
    const app = await here.register();
    const wish = { grant_type: 'password', username: 'a', password: '@creator' };
    expect((await here.exchange(app, wish)).json['error']).toBe('unsupported_grant_type');
    await here.quirks({ version: '4.2.10' });
    expect((await here.exchange(app, wish)).status).toBe(200);
  });

  it('bound what may be done, and are revoked by their own app', async () => {
    const app = await here.register();
    const code = (await here.consent(app, { scope: 'read:accounts' })).get('code') ?? '';
    const token = String((await here.exchange(app, { code })).json['access_token']);
    expect(await here.post(token, { status: 'x' })).toMatchObject({
      status: 403,
      json: { error: 'This action is outside the authorized scopes' },
    });
    const other = await here.register();
    const revoke = (one: typeof app) =>
      here.ask('POST', '/oauth/revoke', {
        form: { client_id: String(one['client_id']), client_secret: String(one['client_secret']), token },
      });
    expect((await revoke(other)).status).toBe(403);
    expect((await revoke(app)).status).toBe(200);
    expect((await revoke(app)).status).toBe(200);
    expect((await here.ask('GET', '/api/v1/accounts/verify_credentials', { token })).status).toBe(401);
  });
});

describe('the instance', () => {
  it('tells its limits, in the new way from 4.0 on', async () => {
    const told = (await here.ask('GET', '/api/v2/instance')).json;
    expect(told).toMatchObject({
      domain: 'mastodon.social',
      version: '4.6.0',
      api_versions: { mastodon: 10 },
    });
    expect(told['configuration']).toMatchObject({
      statuses: { max_characters: 500, characters_reserved_per_url: 23 },
      media_attachments: {
        video_size_limit: 103_809_024,
        video_matrix_limit: 8_294_400,
        description_limit: 1500,
      },
    });
    const other = (await here.ask('GET', 'https://mastodon.example/api/v2/instance')).json;
    expect(other['configuration']).toMatchObject({ statuses: { max_characters: 5000 } });
    await here.quirks({ version: '3.5.3' });
    expect((await here.ask('GET', '/api/v2/instance')).status).toBe(404);
    expect((await here.ask('GET', '/api/v1/instance')).json).toMatchObject({ uri: 'mastodon.social' });
  });

  it('describes its sign-in from 4.3 on', async () => {
    const path = '/.well-known/oauth-authorization-server';
    expect((await here.ask('GET', path)).json['code_challenge_methods_supported']).toEqual(['S256']);
    expect((await here.ask('GET', `https://mastodon.example${path}`)).status).toBe(404);
  });
});

describe('media', () => {
  let token = '';
  beforeEach(async () => {
    token = await here.login();
  });
  const show = (id: string) => here.ask('GET', `/api/v1/media/${id}`, { token });

  it('are accepted, worked on, and ready in the end', async () => {
    const made = await here.ask('POST', '/api/v2/media', {
      token,
      file: clip(),
      fields: { description: 'a pan' },
    });
    expect(made).toMatchObject({ status: 202, json: { type: 'video', url: null, description: 'a pan' } });
    const id = String(made.json['id']);
    const [first, second] = [await show(id), await show(id)];
    expect([first.status, first.json['url']]).toEqual([206, null]);
    expect([second.status, second.body.length]).toEqual([206, 0]);
    here.clock.advance(5000);
    const ready = await show(id);
    expect(ready.status).toBe(200);
    const file = await here.ask('GET', String(ready.json['url']));
    expect(file.body.equals(clip())).toBe(true);
  });

  it('are ready at once the old way, and where a server likes it so', async () => {
    expect((await here.ask('POST', '/api/v1/media', { token, file: clip() })).status).toBe(200);
    await here.quirks({ readyAtOnce: true });
    expect((await here.ask('POST', '/api/v2/media', { token, file: clip() })).status).toBe(200);
    await here.quirks({ oldUploads: true });
    expect((await here.ask('POST', '/api/v2/media', { token, file: clip() })).status).toBe(404);
  });

  it('can fail, and can go on for ever', async () => {
    await here.quirks({ processing: 'failed', processingTimes: 1 });
    const failed = await here.upload(token);
    here.clock.advance(5000);
    expect(await show(failed)).toMatchObject({
      status: 422,
      json: { error: 'Error processing thumbnail for uploaded media' },
    });
    await here.quirks({ processing: 'endless', processingTimes: 1 });
    const endless = await here.upload(token);
    here.clock.advance(HOUR);
    expect((await show(endless)).status).toBe(206);
    const fine = await here.upload(token);
    here.clock.advance(5000);
    expect((await show(fine)).status).toBe(200);
  });

  it.each([
    ['no file', Buffer.alloc(0), "Validation failed: File can't be blank"],
    [
      'a file of no known kind',
      Buffer.alloc(100, 'text'),
      'Validation failed: File content type is invalid, File is invalid',
    ],
    [
      'a file that is too large',
      clip(3000),
      'Validation failed: File file size must be less than 2000 Bytes',
    ],
    [
      'a picture that is too large',
      clip(400, { width: 2000, height: 1000 }),
      '2000x1000 videos are not supported',
    ],
  ])('are refused: %s', async (_name, file, error) => {
    await here.quirks({ videoBytes: 2000, videoPixels: 1_000_000 });
    expect(await here.ask('POST', '/api/v2/media', { token, file })).toMatchObject({
      status: 422,
      json: { error },
    });
  });

  it('can be too much for the proxy in front', async () => {
    await here.quirks({ proxyBytes: 500 });
    const answer = await here.ask('POST', '/api/v2/media', { token, file: clip(1000) });
    expect([answer.status, answer.headers['content-type']]).toEqual([413, 'text/html']);
  });

  it('are nobody else’s, can be removed from 4.4 on, and are thrown away after a day', async () => {
    const id = await here.upload(token);
    expect((await here.ask('DELETE', `/api/v1/media/${id}`, { token })).status).toBe(200);
    expect((await show(id)).status).toBe(404);
    const other = await here.upload(token);
    here.clock.advance(24 * HOUR);
    expect((await show(other)).status).toBe(404);
    await here.quirks({ version: '4.3.0' });
    const kept = await here.upload(token);
    expect((await here.ask('DELETE', `/api/v1/media/${kept}`, { token })).status).toBe(404);
    await here.quirks({ askable: false });
    expect((await show(kept)).status).toBe(404);
  });
});

describe('statuses', () => {
  let token = '';
  let media = '';
  beforeEach(async () => {
    token = await here.login();
    media = await here.upload(token);
    here.clock.advance(5000);
  });
  const posts = () => here.sandbox.posts();

  it('are what was sent', async () => {
    const { status, json } = await here.post(token, {
      status: 'Hello & <b> #tag https://example.com/a @second',
      media_ids: [media],
      visibility: 'unlisted',
      language: 'de',
      spoiler_text: 'careful',
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      visibility: 'unlisted',
      language: 'de',
      sensitive: true,
      spoiler_text: 'careful',
      application: { name: 'test' },
      media_attachments: [{ id: media, type: 'video' }],
      tags: [{ name: 'tag' }],
    });
    expect(String(json['content'])).toContain('Hello &amp; &lt;b&gt; ');
    expect(posts()[0]).toMatchObject({ id: json['id'], url: json['url'], bytes: 400, visible: true });
    expect(posts()[0]?.facts).toMatchObject({ mentions: ['second'] });
    const page = await here.ask('GET', String(json['url']));
    expect([page.status, page.body.toString()]).toEqual([
      200,
      expect.stringContaining('Hello &amp; &lt;b&gt;'),
    ]);
  });

  it('take a form as well, and say when an id has lost digits', async () => {
    const form = { status: 'x', 'media_ids[]': media };
    expect((await here.ask('POST', '/api/v1/statuses', { token, form })).status).toBe(200);
    expect(here.sandbox.complaints()).toEqual([]);
    await here.post(token, { status: 'x', media_ids: [Number(media)] });
    expect(here.sandbox.complaints()).toHaveLength(1);
  });

  it('repeat the first answer for a known key, whatever is sent with it, for an hour', async () => {
    const first = await here.post(token, { status: 'one', media_ids: [media] }, 'key');
    const second = await here.post(token, { status: 'two' }, 'key');
    expect(second.json).toEqual(first.json);
    expect((await here.post(token, { status: 'three' }, 'other')).json['id']).not.toBe(first.json['id']);
    here.clock.advance(HOUR);
    expect((await here.post(token, { status: 'four' }, 'key')).json['id']).not.toBe(first.json['id']);
    expect(posts()).toHaveLength(3);
  });

  it('answer 404 for a key whose post was deleted', async () => {
    const { json } = await here.post(token, { status: 'one' }, 'key');
    expect((await here.ask('DELETE', `/api/v1/statuses/${json['id']}`, { token })).status).toBe(200);
    expect(await here.post(token, { status: 'one' }, 'key')).toMatchObject({
      status: 404,
      json: { error: 'Record not found' },
    });
    here.clock.advance(HOUR);
    expect((await here.post(token, { status: 'one' }, 'key')).status).toBe(200);
  });

  it('answer 503 while the same key is at work', async () => {
    await here.quirks({ slowSeconds: 5 });
    const first = here.post(token, { status: 'one' }, 'key');
    const second = await here.post(token, { status: 'one' }, 'key');
    expect(second.status).toBe(503);
    here.clock.advance(5000);
    expect((await first).status).toBe(200);
    expect((await here.post(token, { status: 'one' }, 'key')).json['id']).toBe((await first).json['id']);
  });

  it('take no notice of keys where a server has none', async () => {
    await here.quirks({ honoursKeys: false });
    await here.post(token, { status: 'one' }, 'key');
    await here.post(token, { status: 'one' }, 'key');
    expect(posts()).toHaveLength(2);
  });

  it.each([
    ['nothing', {}, "Validation failed: Text can't be blank"],
    ['too much text', { status: 'x'.repeat(501) }, 'Validation failed: Text character limit of 500 exceeded'],
    [
      'text and warning together',
      { status: 'x'.repeat(400), spoiler_text: 'y'.repeat(101) },
      /limit of 500/u,
    ],
    [
      'unknown media',
      { status: 'x', media_ids: ['1'] },
      'Media 1 not found or already attached to another post',
    ],
    ['five files', { media_ids: ['1', '2', '3', '4', '5'] }, 'Cannot attach more than 4 files'],
    ['a visibility that is none', { status: 'x', visibility: 'secret' }, /Visibility/u],
  ])('refuse %s', async (_name, wish, error) => {
    const answer = await here.post(token, wish);
    expect(answer.status).toBe(422);
    expect(answer.json['error']).toMatch(error);
    expect(posts()).toHaveLength(0);
  });

  it('count links as 23, graphemes, and mentions without their server', async () => {
    const link = `https://example.com/${'a'.repeat(200)}`;
    const text = `${'👨‍👩‍👧‍👦'.repeat(450)} ${link} @a@example.com ${'x'.repeat(20)}`;
    expect((await here.post(token, { status: text })).status).toBe(200);
    expect(posts()[0]?.facts?.['length']).toBe(450 + 1 + 23 + 1 + 2 + 1 + 20);
  });

  it('refuse media that aren’t ready, that are in a post already, and a second video', async () => {
    const fresh = await here.upload(token);
    expect((await here.post(token, { media_ids: [fresh] })).json['error']).toMatch(
      /not finished processing/u,
    );
    expect((await here.post(token, { media_ids: [media] })).status).toBe(200);
    expect((await here.post(token, { media_ids: [media] })).json['error']).toMatch(/already attached/u);
    here.clock.advance(5000);
    const other = await here.upload(token);
    here.clock.advance(5000);
    expect((await here.post(token, { media_ids: [fresh, other] })).json['error']).toMatch(
      /Cannot attach a video/u,
    );
  });

  it('are posted without their media by older servers', async () => {
    await here.quirks({ dropsMedia: true });
    await here.post(token, { status: 'one', media_ids: [media] });
    const again = await here.post(token, { status: 'two', media_ids: [media] });
    expect(again).toMatchObject({ status: 200, json: { media_attachments: [] } });
  });

  it('speak another language unless English is asked for', async () => {
    await here.quirks({ language: 'de' });
    expect((await here.post(token, {})).json['error']).toMatch(/fehlgeschlagen/u);
    const english = await here.ask('POST', '/api/v1/statuses', {
      token,
      json: {},
      headers: { 'accept-language': 'en' },
    });
    expect(english.json['error']).toBe("Validation failed: Text can't be blank");
  });

  it('are listed newest first, page by page', async () => {
    for (let n = 0; n < 25; n += 1) await here.post(token, { status: `post ${n}` });
    const path = '/api/v1/accounts/113500000000000101/statuses';
    const first = await here.ask('GET', `${path}?limit=20`, { token });
    const page = JSON.parse(first.body.toString()) as { id: string; content: string }[];
    expect(page.map(({ content }) => content)[0]).toBe('<p>post 24</p>');
    expect(page).toHaveLength(20);
    const next = /<([^>]+)>; rel="next"/u.exec(first.headers['link'] ?? '')?.[1] ?? '';
    const second = await here.ask('GET', next, { token });
    expect(JSON.parse(second.body.toString())).toHaveLength(5);
    expect(second.headers['link']).toBeUndefined();
    const withMedia = await here.ask('GET', `${path}?only_media=true`, { token });
    expect(JSON.parse(withMedia.body.toString())).toEqual([]);
    await here.quirks({ listSeconds: 60 });
    expect(JSON.parse((await here.ask('GET', path, { token })).body.toString())).toEqual([]);
  });
});

describe('limits', () => {
  it('let 30 uploads through in half an hour, and say when the next may come', async () => {
    const token = await here.login();
    const answers = [];
    for (let n = 0; n < 31; n += 1)
      answers.push(await here.ask('POST', '/api/v2/media', { token, file: clip() }));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(30);
    const last = answers.at(-1)!;
    expect(last).toMatchObject({ status: 429, json: { error: 'Too many requests' } });
    expect(last.headers).toMatchObject({ 'x-ratelimit-limit': '30', 'x-ratelimit-remaining': '0' });
    expect(last.headers['retry-after']).toBeUndefined();
    const reset = last.headers['x-ratelimit-reset'] ?? '';
    expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u);
    here.clock.advance(Date.parse(reset) - here.clock.now());
    expect((await here.ask('POST', '/api/v2/media', { token, file: clip() })).status).toBe(202);
  });

  it('count 300 calls of a token in five minutes', async () => {
    const token = await here.login();
    const ask = () => here.ask('GET', '/api/v1/accounts/verify_credentials', { token });
    const first = await ask();
    expect(first.headers['x-ratelimit-remaining']).toBe('299');
    for (let n = 1; n < 300; n += 1) expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(429);
    await here.quirks({ rateHeaders: false });
    expect((await ask()).headers).not.toHaveProperty('x-ratelimit-limit');
    here.clock.advance(5 * MINUTE);
    expect((await ask()).status).toBe(200);
  });
});

describe('a stopped account', () => {
  it.each([
    ['unconfirmed', /confirmed e-mail/u],
    ['pending', /pending approval/u],
    ['disabled', /disabled/u],
  ] as const)('may do nothing: %s', async (stopped, words) => {
    const token = await here.login();
    await here.quirks({ stopped });
    const answer = await here.post(token, { status: 'x' });
    expect(answer.status).toBe(403);
    expect(answer.json['error']).toMatch(words);
  });
});

describe('two servers', () => {
  it('share nothing', async () => {
    const token = await here.login();
    const answer = await here.ask('GET', 'https://mastodon.example/api/v1/accounts/verify_credentials', {
      token,
    });
    expect(answer.status).toBe(401);
  });

  it('have levers of their own', async () => {
    await here.quirks({ server: 'mastodon.example', maxCharacters: 9 });
    expect(await here.quirks({})).toMatchObject({
      'mastodon.social': { maxCharacters: 500 },
      'mastodon.example': { maxCharacters: 9 },
    });
    await expect(here.quirks({ server: 'elsewhere.example' })).rejects.toThrow(/no server/u);
    await expect(here.pull('quirks', { nonsense: 1 })).rejects.toThrow(/no quirk/u);
    await expect(here.pull('quirks', { slowSeconds: 'x' })).rejects.toThrow(/wants a number/u);
  });

  it('complain about calls that nobody knows', async () => {
    await here.ask('GET', '/api/v1/nonsense');
    expect(here.sandbox.complaints().map(({ what }) => what)).toEqual(['no such call: GET /api/v1/nonsense']);
  });
});
