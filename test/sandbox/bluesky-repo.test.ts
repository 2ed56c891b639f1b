import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { ask, clip, clock, complaints, did, home, password, pull } from './bluesky-bench.ts';

describe('repositories', () => {
  const post = async (record: object, method = 'putRecord', more: object = {}) => {
    const token = await password();
    return ask(`${home}/xrpc/com.atproto.repo.${method}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        repo: did,
        collection: 'app.bsky.feed.post',
        rkey: '3m66fxuzc2s2a',
        record: { createdAt: new Date().toISOString(), ...record },
        ...more,
      }),
    });
  };

  it('let one of several creations at once through', async () => {
    const statuses = await Promise.all(
      [1, 2, 3].map(async (n) => (await post({ text: `${n}` }, 'createRecord')).status),
    );
    expect(statuses.sort()).toEqual([200, 500, 500]);
    const writes = [
      {
        $type: 'com.atproto.repo.applyWrites#create',
        collection: 'app.bsky.feed.post',
        rkey: '3m66fxuzc2s2a',
        value: { text: 'x', createdAt: new Date().toISOString() },
      },
    ];
    expect((await post({ text: '' }, 'applyWrites', { writes })).status).toBe(500);
  });

  it('complain of facets that cut a character, which a server takes', async () => {
    const tag = { $type: 'app.bsky.richtext.facet#tag', tag: 'x' };
    const facet = (byteStart: number, byteEnd: number) => ({
      text: 'ü #x',
      facets: [{ index: { byteStart, byteEnd }, features: [tag] }],
    });
    expect((await post(facet(3, 5))).status).toBe(200);
    expect(complaints()).toEqual([]);
    for (const [from, to] of [
      [1, 5],
      [3, 9],
      [5, 5],
    ] as const)
      expect((await post(facet(from, to))).status).toBe(200);
    expect(complaints()).toHaveLength(3);
  });

  it('sweep files away that no record uses', async () => {
    const token = await password();
    const { body } = await ask(`${home}/xrpc/com.atproto.repo.uploadBlob`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'video/mp4' },
      body: clip,
    });
    const embed = { $type: 'app.bsky.embed.video', video: body['blob'] };
    clock.advance(7 * HOUR);
    expect((await post({ text: 'late', embed })).body).toMatchObject({ error: 'BlobNotFound' });
  });

  it('hold an account to its points, with no word of when but in a header', async () => {
    await pull('quirks', { pointsPerHour: 4 });
    expect((await post({ text: 'one' })).headers).toMatchObject({
      'ratelimit-limit': '4',
      'ratelimit-remaining': '2',
      'ratelimit-policy': '4;w=3600',
    });
    await post({ text: 'two' });
    const full = await post({ text: 'three' });
    expect([full.status, full.body]).toEqual([
      429,
      { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
    ]);
    expect(full.headers['retry-after']).toBeUndefined();
    expect(Number(full.headers['ratelimit-reset']) * 1000).toBeGreaterThan(clock.now() + 50 * MINUTE);
  });

  it('refuse an account that has moved', async () => {
    const token = await password();
    await pull('move', { account: '@creator', pds: 'https://pds.example.org' });
    const left = await ask(`${home}/xrpc/com.atproto.server.getSession`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([left.status, left.body['error']]).toEqual([401, 'AccountDeactivated']);
    const document = await ask(`https://plc.directory/${did}`);
    expect(JSON.stringify(document.body)).toContain('https://pds.example.org');
    await expect(pull('move', { account: '@creator', pds: 'https://nowhere.example' })).rejects.toThrow(
      'pds is one of',
    );
    expect((await ask('https://plc.directory/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).status).toBe(404);
  });

  it('complain of what nobody serves', async () => {
    expect(
      (
        await ask(`${home}/xrpc/app.bsky.feed.getTimeline`, {
          headers: { authorization: `Bearer ${await password()}` },
        })
      ).status,
    ).toBe(501);
    expect((await ask('https://public.api.bsky.app/xrpc/app.bsky.nothing')).status).toBe(404);
    expect(complaints()).toHaveLength(2);
  });
});
