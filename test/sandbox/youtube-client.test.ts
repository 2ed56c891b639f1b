import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { auth, youtube_v3 } from '@googleapis/youtube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { approve } from '../../src/sandbox/person.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SandboxServer } from '../../src/sandbox/server.ts';
import { serveSandbox } from '../../src/sandbox/server.ts';
import { createYoutube } from '../../src/sandbox/youtube.ts';

const media = readFileSync(new URL('../../src/sandbox/videos/waves.mp4', import.meta.url));
const redirectUri = 'http://localhost:8123';
const scope = [
  'https://www.googleapis.com/auth/youtube.upload',
  'https://www.googleapis.com/auth/youtube.readonly',
];

let sandbox: Sandbox;
let server: SandboxServer;
let clock: TestClock;
/** To be given with each call: uploads take no notice of the client's own. */
let rootUrl: string;

beforeAll(async () => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 3, simulators: [createYoutube] });
  server = await serveSandbox(sandbox);
  rootUrl = `${server.origins['https://youtube.googleapis.com']}/`;
});
afterAll(() => server.close());

function makeClient() {
  const { origins } = server;
  const [app] = sandbox.world.apps('youtube');
  const oauth = new auth.OAuth2({
    clientId: app!.clientId,
    clientSecret: app!.clientSecret,
    redirectUri,
    endpoints: {
      oauth2AuthBaseUrl: `${origins['https://accounts.google.com']}/o/oauth2/v2/auth`,
      oauth2TokenUrl: `${origins['https://oauth2.googleapis.com']}/token`,
      oauth2RevokeUrl: `${origins['https://oauth2.googleapis.com']}/revoke`,
      tokenInfoUrl: `${origins['https://oauth2.googleapis.com']}/tokeninfo`,
    },
  });
  return { oauth, youtube: new youtube_v3.Youtube({ auth: oauth }) };
}

async function signedIn() {
  const client = makeClient();
  const { oauth } = client;
  const { codeVerifier, codeChallenge } = await oauth.generateCodeVerifierAsync();
  const url = oauth.generateAuthUrl({
    access_type: 'offline',
    prompt: 'consent',
    scope,
    code_challenge: codeChallenge!,
    code_challenge_method: 'S256' as never,
    state: 's',
  });
  const { redirectedTo } = await approve(url, { follow: false });
  const code = new URL(redirectedTo).searchParams.get('code')!;
  const { tokens } = await oauth.getToken({ code, codeVerifier });
  oauth.setCredentials(tokens);
  return { ...client, tokens };
}

describe('Google’s own client on the simulated YouTube', () => {
  it('signs in, renews and revokes', async () => {
    const { oauth, tokens } = await signedIn();
    expect(tokens.refresh_token).toMatch(/^1\/\/0/u);
    expect(tokens.scope!.split(' ').sort()).toEqual([...scope].sort());
    const info = await oauth.getTokenInfo(tokens.access_token!);
    expect([...info.scopes].sort()).toEqual([...scope].sort());
    oauth.setCredentials({ refresh_token: tokens.refresh_token! });
    const { token } = await oauth.getAccessToken();
    expect(token).toMatch(/^ya29\./u);
    await oauth.revokeToken(tokens.refresh_token!);
    oauth.setCredentials({ refresh_token: tokens.refresh_token! });
    await expect(oauth.getAccessToken()).rejects.toThrow('invalid_grant');
  });

  it('uploads a video in one multipart request and finds it everywhere', async () => {
    const { youtube } = await signedIn();
    const inserted = await youtube.videos.insert(
      {
        part: ['snippet', 'status'],
        notifySubscribers: false,
        requestBody: {
          snippet: {
            title: 'By Google’s client',
            description: 'Grüße',
            tags: ['one', 'two words'],
            categoryId: '22',
          },
          status: { privacyStatus: 'unlisted', selfDeclaredMadeForKids: false },
        },
        media: { mimeType: 'video/mp4', body: Readable.from([media]) },
      },
      { rootUrl },
    );
    const id = inserted.data.id!;
    expect(inserted.data).toMatchObject({
      kind: 'youtube#video',
      snippet: { title: 'By Google’s client', tags: ['one', 'two words'] },
      status: { uploadStatus: 'uploaded', privacyStatus: 'unlisted' },
    });
    const [post] = sandbox.posts();
    expect(post).toMatchObject({
      id,
      bytes: media.length,
      sha256: createHash('sha256').update(media).digest('hex'),
    });

    clock.advance(60_000);
    const channels = await youtube.channels.list(
      { part: ['snippet', 'contentDetails', 'status'], mine: true },
      { rootUrl },
    );
    const [channel] = channels.data.items!;
    expect(channel).toMatchObject({
      snippet: { customUrl: '@creator' },
      status: { longUploadsStatus: 'eligible' },
    });
    const playlistId = channel!.contentDetails!.relatedPlaylists!.uploads!;
    const uploads = await youtube.playlistItems.list(
      { part: ['snippet', 'contentDetails'], playlistId, maxResults: 50 },
      { rootUrl },
    );
    expect(uploads.data.items!.map((item) => item.contentDetails!.videoId)).toEqual([id]);
    const videos = await youtube.videos.list(
      { part: ['status', 'processingDetails', 'fileDetails'], id: [id, 'nosuchvideo'] },
      { rootUrl },
    );
    expect(videos.data.items).toHaveLength(1);
    expect(videos.data.items![0]).toMatchObject({
      status: { uploadStatus: 'processed' },
      processingDetails: { processingStatus: 'succeeded' },
      fileDetails: { fileSize: String(media.length) },
    });
    expect(Number(videos.data.items![0]!.fileDetails!.durationMs)).toBeGreaterThan(1000);
  });

  it('uploads in a resumable session', async () => {
    const { oauth } = await signedIn();
    const address = `${server.origins['https://www.googleapis.com']}/upload/youtube/v3/videos`;
    const opened = await oauth.request({
      url: address,
      method: 'POST',
      params: { uploadType: 'resumable', part: 'snippet,status' },
      headers: { 'X-Upload-Content-Length': String(media.length), 'X-Upload-Content-Type': 'video/mp4' },
      data: { snippet: { title: 'In a session' }, status: { privacyStatus: 'public' } },
    });
    const session = new URL(opened.headers.get('location')!);
    expect(session.origin).toBe('https://www.googleapis.com');
    const url = `${address}${session.search}`;
    const asked = await oauth.request({
      url,
      method: 'PUT',
      headers: { 'Content-Range': `bytes */${media.length}` },
      validateStatus: (status) => status === 308,
    });
    expect(asked.headers.get('range')).toBeNull();
    const sent = await oauth.request<youtube_v3.Schema$Video>({
      url,
      method: 'PUT',
      headers: { 'Content-Type': 'video/mp4' },
      body: media,
    });
    expect(sent.status).toBe(201);
    expect(sandbox.posts()[0]).toMatchObject({ id: sent.data.id, title: 'In a session', visible: true });
  });

  it('sets a thumbnail', async () => {
    const { youtube } = await signedIn();
    const [post] = sandbox.posts();
    const body = Readable.from([Buffer.from('ffd8ffe000104a46', 'hex')]);
    const set = await youtube.thumbnails.set(
      { videoId: post!.id, media: { mimeType: 'image/jpeg', body } },
      { rootUrl },
    );
    expect(set.data.items).toHaveLength(1);
  });

  it('understands the simulator’s errors', async () => {
    const { youtube } = await signedIn();
    const { items } = (
      await youtube.videoCategories.list({ part: ['snippet'], regionCode: 'DE' }, { rootUrl })
    ).data;
    expect(items!.find(({ id }) => id === '22')).toMatchObject({ snippet: { assignable: true } });
    await expect(
      youtube.playlistItems.list({ part: ['snippet'], playlistId: 'UUnobody' }, { rootUrl }),
    ).rejects.toMatchObject({
      status: 404,
      response: { data: { error: { errors: [{ reason: 'playlistNotFound' }] } } },
    });
    const insert = (snippet: youtube_v3.Schema$VideoSnippet) =>
      youtube.videos.insert(
        {
          part: ['snippet'],
          requestBody: { snippet },
          media: { mimeType: 'video/mp4', body: Readable.from([media]) },
        },
        { rootUrl },
      );
    await expect(insert({ title: 'a <b>' })).rejects.toMatchObject({
      status: 400,
      response: { data: { error: { errors: [{ reason: 'invalidTitle' }] } } },
    });
    await sandbox.control('youtube', 'drain', { bucket: 'uploads' });
    await expect(insert({ title: 'late' })).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('Video Uploads per day'),
    });
    expect(sandbox.complaints()).toEqual([]);
  });
});
