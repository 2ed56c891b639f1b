import { createRequire } from 'node:module';
import { beforeEach, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { altOf, facetsOf, fitText } from '../../src/platforms/bluesky-text.ts';
import { createBluesky } from '../../src/sandbox/bluesky.ts';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { fitted, openStage } from '../platforms/bluesky-stage.ts';
import { describeReal } from '../platforms/real-pds.ts';

/** What is used of the official client (@atproto/api 0.19.19). */
interface Official {
  AtpAgent: new (options: { service: string; fetch: typeof fetch }) => Agent;
  RichText: new (options: {
    text: string;
    facets?: unknown[];
  }) => {
    graphemeLength: number;
    length: number;
    segments(): Iterable<{ text: string; link?: { uri: string }; tag?: { tag: string } }>;
    detectFacetsWithoutResolution(): void;
    facets?: {
      index: { byteStart: number; byteEnd: number };
      features: { $type: string; tag?: string; uri?: string }[];
    }[];
  };
  jsonToLex(value: unknown): unknown;
  lexicons: {
    get(id: string): unknown;
    assertValidRecord(id: string, value: unknown): unknown;
    assertValidXrpcParams(id: string, value: unknown): unknown;
    assertValidXrpcInput(id: string, value: unknown): unknown;
    assertValidXrpcOutput(id: string, value: unknown): unknown;
  };
}

interface Agent {
  login(credentials: { identifier: string; password: string }): Promise<unknown>;
  resumeSession(session: unknown): Promise<unknown>;
  readonly session: { did: string; handle: string; accessJwt: string; refreshJwt: string } | undefined;
  readonly pdsUrl: URL | undefined;
  uploadBlob(bytes: Uint8Array, options: { encoding: string }): Promise<{ data: { blob: unknown } }>;
  post(record: object): Promise<{ uri: string; cid: string }>;
  deletePost(uri: string): Promise<void>;
  getPost(where: { repo: string; rkey: string }): Promise<{ value: { text: string } }>;
  resolveHandle(input: { handle: string }): Promise<{ data: { did: string } }>;
  com: {
    atproto: {
      repo: {
        putRecord(input: object): Promise<{ data: { uri: string } }>;
        listRecords(input: object): Promise<{ data: { records: { uri: string }[] } }>;
      };
      server: { getServiceAuth(input: object): Promise<{ data: { token: string } }> };
    };
  };
}

const official = (): Official =>
  createRequire(new URL('../real-pds/package.json', import.meta.url))('@atproto/api') as Official;

const morel = 'https://morel.us-east.host.bsky.network';

/** The sandbox in place of the network, for a client that knows only `fetch`. */
function fetchInto(sandbox: Sandbox): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    const answer = await sandbox.dispatch({
      origin: url.origin,
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(request.headers),
      body,
      complete: true,
    });
    if ('cut' in answer) throw new TypeError(answer.cut);
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: answer.headers });
  };
}

describeReal('the simulated Bluesky and the official client', () => {
  let sandbox: Sandbox;
  let agent: Agent;
  const clip = Buffer.from('\0\0\0\x20ftypisom and more', 'latin1');

  beforeEach(async () => {
    sandbox = createSandbox({ clock: new TestClock(), seed: 2, simulators: [createBluesky] });
    agent = new (official().AtpAgent)({ service: morel, fetch: fetchInto(sandbox) });
    await agent.login({ identifier: 'creator.bsky.social', password: firstAppPassword });
  });

  it('it signs in, posts a video, reads it and takes it back', async () => {
    expect(agent.session).toMatchObject({ handle: 'creator.bsky.social' });
    const { blob } = (await agent.uploadBlob(clip, { encoding: 'video/mp4' })).data;
    const embed = { $type: 'app.bsky.embed.video', video: blob, aspectRatio: { width: 9, height: 16 } };
    const { uri } = await agent.post({
      text: 'by the official client',
      embed,
      createdAt: new Date().toISOString(),
    });
    expect(sandbox.posts()).toMatchObject([{ id: uri, text: 'by the official client', bytes: clip.length }]);
    const rkey = uri.split('/').at(-1)!;
    const repo = agent.session!.did;
    expect((await agent.getPost({ repo, rkey })).value.text).toBe('by the official client');
    const { records } = (await agent.com.atproto.repo.listRecords({ repo, collection: 'app.bsky.feed.post' }))
      .data;
    expect(records.map((one) => one.uri)).toEqual([uri]);
    await agent.deletePost(uri);
    expect(sandbox.posts()).toEqual([]);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('it understands the refusals', async () => {
    const record = { $type: 'app.bsky.feed.post', text: 'one', createdAt: new Date().toISOString() };
    const put = (text: string) =>
      agent.com.atproto.repo.putRecord({
        repo: agent.session!.did,
        collection: 'app.bsky.feed.post',
        rkey: '3m66fxuzc2s2a',
        record: { ...record, text },
        swapRecord: null,
      });
    await put('one');
    await expect(put('two')).rejects.toMatchObject({ status: 400, error: 'InvalidSwap' });
    await expect(agent.post({ text: 'x'.repeat(301) })).rejects.toMatchObject({
      status: 400,
      error: 'InvalidRequest',
    });
    await expect(agent.resolveHandle({ handle: 'nobody.bsky.social' })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('it renews an access token that has ended, by itself', async () => {
    const before = agent.session!.accessJwt;
    await sandbox.control('bluesky', 'endAccessTokens');
    const { data } = await agent.com.atproto.server.getServiceAuth({ aud: 'did:web:video.bsky.app' });
    expect(data.token).toMatch(/^eyJ/u);
    expect(agent.session!.accessJwt).not.toBe(before);
  });
});

describeReal('our requests and the official descriptions', () => {
  const methodOf = ({ path }: SimRequest) => /^\/xrpc\/([\w.]+)$/u.exec(path)?.[1];

  it.each(['browser', 'password'] as const)('every request and every answer fits: %s', async (way) => {
    const { lexicons, jsonToLex } = official();
    const stage = openStage();
    const answers: { method: string; body: unknown }[] = [];
    const { dispatch } = stage.sandbox;
    stage.sandbox.dispatch = async (request) => {
      const answer = await dispatch(request);
      const method = methodOf(request);
      if (!('cut' in answer) && method !== undefined && answer.status === 200 && answer.body.length > 0)
        answers.push({ method, body: JSON.parse(answer.body.toString()) });
      return answer;
    };
    const me = await stage.login(way);
    await me.drive({ job: { options: { langs: 'en,de', labels: 'sexual', alt: 'A sunrise' } } });
    await me.drive({
      job: { options: { route: 'direct' }, video: { ...me.request().video, remoteId: '2' } },
    });
    expect(stage.sandbox.posts()).toHaveLength(2);

    const seen = new Set<string>();
    for (const request of stage.requests) {
      const method = methodOf(request);
      if (method === undefined) continue;
      seen.add(method);
      const numbers = ['exp', 'limit'];
      const params = Object.fromEntries(
        [...request.query].map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]),
      );
      // The one call whose description leaves out what the service wants in its address.
      if (method !== 'app.bsky.video.uploadVideo') lexicons.assertValidXrpcParams(method, params);
      if (request.headers['content-type']?.startsWith('application/json') === true)
        lexicons.assertValidXrpcInput(method, jsonToLex(JSON.parse(request.body.toString())));
      if (!method.endsWith('putRecord')) continue;
      const { record } = JSON.parse(request.body.toString()) as { record: unknown };
      lexicons.assertValidRecord('app.bsky.feed.post', jsonToLex(record));
    }
    for (const { method, body } of answers)
      if (method !== 'app.bsky.video.uploadVideo') lexicons.assertValidXrpcOutput(method, jsonToLex(body));
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'com.atproto.repo.putRecord',
        'app.bsky.video.getJobStatus',
        'com.atproto.repo.uploadBlob',
      ]),
    );
  });

  it('its eyes find in our text what ours found', () => {
    const { RichText } = official();
    const captions = [
      'Sunrise 🌅 over the bay #sunrise #sea https://example.com/a?b=c#d (see https://example.org/x_(y)), bye!',
      '#ünïcödé 日本 #日本語 👩‍👩‍👧‍👦 #family_1 #2026 #1a http://пример.рф/путь.',
      'mail me@example.com, a#b, #️⃣ and https://localhost/no',
    ];
    for (const caption of captions) {
      const text = fitted(caption).body;
      const mine = facetsOf(text);
      const rich = new RichText({ text, facets: mine });
      for (const { text: part, link, tag } of rich.segments()) {
        if (tag) expect(part).toBe(`#${tag.tag}`);
        if (link) expect(new URL(part).href).toBe(link.uri);
      }
      const theirs = new RichText({ text });
      theirs.detectFacetsWithoutResolution();
      const tagsOf = (facets: typeof theirs.facets) =>
        (facets ?? []).flatMap(({ features }) => features.flatMap(({ tag }) => tag ?? []));
      expect(tagsOf(mine as typeof theirs.facets)).toEqual(tagsOf(theirs.facets));
    }
  });

  it('it counts as we do', () => {
    const { RichText } = official();
    const pieces = [
      'a',
      ' ',
      '\n',
      'é',
      'e\u0301',
      '👩‍👩‍👧‍👦',
      '🇩🇪',
      '🇩',
      '👍🏽',
      '각',
      'ᄀ',
      'ᅡ',
      'नि',
      '\u200d',
      '️',
      '1️⃣',
      '\u0600',
      'ก็',
    ];
    let state = 7;
    const pick = (most: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * most);
    };
    for (let n = 0; n < 500; n += 1) {
      const caption = Array.from({ length: pick(700) }, () => pieces[pick(pieces.length)]).join('');
      const { body, count } = fitText({ caption, url: '', options: {}, accountSettings: {} });
      const theirs = new RichText({ text: body });
      expect(theirs.graphemeLength).toBe(count.used);
      expect(theirs.graphemeLength).toBeLessThanOrEqual(300);
      expect(theirs.length).toBeLessThanOrEqual(3000);
      expect(new RichText({ text: altOf({}, caption) }).graphemeLength).toBeLessThanOrEqual(1000);
    }
  });
});
