import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { rest } from '../../src/platforms/linkedin-api.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { asMember, asPage, bodyOf, sendings, textOf } from './linkedin-stage.ts';
import { mediaFile, video } from './stage.ts';

const posting = { method: 'POST', path: '^/rest/posts$', times: 1 };
/** The filter of duplicates is off: it would hide a second sending. */
const bare = { partBytes: 100_000, duplicateHours: 0 };

const landed: [string, FaultAction][] = [
  ['its answer was lost', { kind: 'lost' }],
  ['503 after all', { kind: 'status-after', status: 503 }],
  ['a page of the proxy', { kind: 'status-after', status: 502, body: '<html>bad gateway</html>' }],
  ['a 200 that says nothing', { kind: 'garbage', processed: true }],
  ['no answer in time', { kind: 'hang', processed: true }],
  ['201 without a header', { kind: 'status-after', status: 201 }],
  [
    '201 with a header of another kind',
    { kind: 'status-after', status: 201, headers: { 'x-restli-id': 'urn:li:video:1' } },
  ],
];

const missed: [string, FaultAction][] = [
  ['refused connection', { kind: 'refuse' }],
  ['503', { kind: 'status', status: 503 }],
  ['no answer', { kind: 'hang' }],
  ['garbage', { kind: 'garbage' }],
];

describe('a page’s sending that landed', () => {
  for (const listSeconds of [0, 20, 250])
    it.each(landed)(`is found by its video, listed after ${listSeconds} s: %s`, async (_name, action) => {
      const { stage, me } = await asPage({ ...bare, listSeconds });
      stage.sandbox.faults.add({ ...posting, action });
      const outcome = await me.drive();
      expect(stage.posts()).toHaveLength(1);
      expect(outcome).toMatchObject({ state: 'published', post: { id: stage.posts()[0]!.id } });
      expect(sendings(stage)).toHaveLength(1);
    });

  it('is found among many newer posts', async () => {
    const { stage, me } = await asPage(bare);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({
      beforeRun: async () => {
        if (sendings(stage).length !== 1) return;
        const { content: _video, ...body } = bodyOf(sendings(stage)[0]);
        for (let n = 0; n < 130; n += 1)
          await me.http.send(rest('posts', { json: { ...body, commentary: `by hand ${n}` } }));
      },
    });
    expect(outcome).toMatchObject({ state: 'published', post: { id: stage.posts().at(-1)!.id } });
    expect(stage.asked('GET', /^\/rest\/posts$/u).some(({ query }) => query.get('start') === '100')).toBe(
      true,
    );
  });

  it.each([
    ['403', { kind: 'status', status: 403, body: { message: 'Not enough permissions' } }],
    ['404', { kind: 'status', status: 404, body: {} }],
    ['429', { kind: 'status', status: 429 }],
    ['503', { kind: 'status', status: 503 }],
    ['garbage', { kind: 'garbage' }],
    ['no list', { kind: 'status', status: 200, body: {} }],
  ] as const)('is not sent again while the list answers %s', async (_name, action) => {
    const { stage, me } = await asPage(bare);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    stage.sandbox.faults.add({ method: 'GET', path: '^/rest/posts$', times: 2, action });
    const outcome = await me.drive();
    expect(stage.posts()).toHaveLength(1);
    expect(sendings(stage)).toHaveLength(1);
    expect(['published', 'unknown', 'waiting']).toContain(outcome.state);
  });
});

describe('a page’s sending that did not land', () => {
  it.each(missed)('is repeated with the same video after five minutes: %s', async (_name, action) => {
    const { stage, me } = await asPage(bare);
    stage.sandbox.faults.add({ ...posting, action });
    const startedAt = stage.clock.now();
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(stage.posts()).toHaveLength(1);
    const [first, second, third] = sendings(stage).map(({ body }) => body.toString());
    expect(third).toBeUndefined();
    expect(second).toBe(first);
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(5 * MINUTE);
  });
});

describe('a member’s sending', () => {
  it.each(landed)('that landed is a person’s to judge: %s', async (_name, action) => {
    const { stage, me } = await asMember(bare);
    stage.sandbox.faults.add({ ...posting, action });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(stage.posts()).toHaveLength(1);
    expect(sendings(stage)).toHaveLength(1);
    expect(stage.asked('GET', /^\/rest\/posts/u)).toEqual([]);
  });

  it.each(missed)('that did not land is, too: %s', async (_name, action) => {
    const { stage, me } = await asMember(bare);
    stage.sandbox.faults.add({ ...posting, action });
    const outcome = await me.drive();
    // A refused connection says for certain that nothing left; everything else says nothing.
    expect(['unknown', 'published']).toContain(outcome.state);
    expect(stage.posts().length).toBe(outcome.state === 'published' ? 1 : 0);
  });

  it.each([401, 403, 422, 429])('that was refused with %i may be sent again', async (status) => {
    const { stage, me } = await asMember(bare);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status, body: { message: 'no' } } });
    const outcome = await me.drive();
    expect(outcome.state).not.toBe('unknown');
    expect(stage.posts().length).toBe(outcome.state === 'published' ? 1 : 0);
  });
});

describe('what nobody can tell', () => {
  it('asks its person where a post has our words and names no video', async () => {
    const { stage, me } = await asPage(bare);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    let posted = false;
    const outcome = await me.drive({
      beforeRun: async () => {
        if (posted || sendings(stage).length === 0) return;
        posted = true;
        const { content: _video, ...body } = bodyOf(sendings(stage)[0]);
        await me.http.send(rest('posts', { json: body }));
      },
    });
    expect(outcome.state).toBe('unknown');
    expect(stage.posts()).toHaveLength(1);
  });

  it('asks its person where the video is gone before anything was found', async () => {
    const { stage, me } = await asPage(bare);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    stage.sandbox.faults.add({
      method: 'POST',
      path: '^/rest/posts$',
      nth: 2,
      action: { kind: 'status', status: 400, body: { message: 'The video urn:li:video:C1 does not exist' } },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('unknown');
    expect(stage.posts()).toEqual([]);
  });

  it('uploads anew where the video is gone and nothing was ever sent', async () => {
    const { stage, me } = await asMember(bare);
    stage.sandbox.faults.add({
      ...posting,
      action: { kind: 'status', status: 400, body: { message: 'The video urn:li:video:C1 has expired' } },
    });
    expect((await me.drive()).state).toBe('published');
    expect(stage.posts()).toHaveLength(1);
  });
});

describe('the filter of duplicates', () => {
  it('ends a job whose very words somebody else’s video has', async () => {
    const { stage, me } = await asMember({ partBytes: 100_000 });
    await me.drive();
    stage.clock.advance(HOUR);
    const outcome = await me.drive({ job: { media: mediaFile(220_000) } });
    expect(outcome).toMatchObject({
      state: 'dead',
      error: { code: 'E_DUPLICATE' },
      runs: expect.any(Number),
    });
    expect(outcome.error!.hint).toContain(stage.posts()[0]!.url);
    expect(stage.posts()).toHaveLength(1);
  });

  it('finds ours where the list shows it late', async () => {
    const { stage, me } = await asPage({ partBytes: 100_000, listSeconds: 400 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', post: { id: stage.posts()[0]!.id } });
    expect(stage.posts()).toHaveLength(1);
    expect(sendings(stage).length).toBe(2);
  });

  it('never ends as dead where the post that it names can’t be read', async () => {
    const { stage, me } = await asPage({ partBytes: 100_000, listSeconds: 100 * 3600, ghostUrns: true });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome.state).toBe('unknown');
    expect(stage.posts()).toHaveLength(1);
  });

  it('is outlasted by a look that fails', async () => {
    const { stage, me } = await asMember({ partBytes: 100_000, readsNamedPosts: true });
    await me.drive();
    stage.clock.advance(MINUTE);
    stage.sandbox.faults.add({ method: 'GET', path: '^/rest/posts/', times: 1, action: { kind: 'lost' } });
    const outcome = await me.drive({ job: { media: mediaFile(220_000), video: { ...video, id: 8 } } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_DUPLICATE' } });
    expect(outcome.waits).toContain('backoff E_NO_ANSWER');
    expect(stage.posts()).toHaveLength(1);
  });

  it('lets other words through', async () => {
    const { stage, me } = await asMember({ partBytes: 100_000 });
    await me.drive();
    stage.clock.advance(30 * SECOND);
    expect((await me.drive({ job: { text: textOf('other words') } })).state).toBe('published');
    expect(stage.posts()).toHaveLength(2);
  });
});
