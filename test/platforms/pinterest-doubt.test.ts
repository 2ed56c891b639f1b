import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { pinterest } from '../../src/platforms/pinterest.ts';
import { v5 } from '../../src/platforms/pinterest-api.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { driveJob } from './memory-run.ts';
import { bodyOf, sendings, signedIn } from './pinterest-stage.ts';
import { mediaFile, video } from './stage.ts';

const pinning = { method: 'POST', path: '^/v5/pins$', times: 1 };
/** An upload that becomes one Pin only would hide a second sending. */
const bare = { mediaOnce: false };

const landed: [string, FaultAction][] = [
  ['its answer was lost', { kind: 'lost' }],
  ['503 after all', { kind: 'status-after', status: 503 }],
  ['a page of the proxy', { kind: 'status-after', status: 502, body: '<html>bad gateway</html>' }],
  ['a 200 that says nothing', { kind: 'garbage', processed: true }],
  ['an answer cut short', { kind: 'truncate' }],
  ['no answer in time', { kind: 'hang', processed: true }],
  ['201 without an id', { kind: 'status-after', status: 201, body: { title: 'x' } }],
  ['201 with an id that is none', { kind: 'status-after', status: 201, body: { id: 'x' } }],
];

describe('a sending that landed', () => {
  for (const link of ['source', 'none'])
    for (const listSeconds of [0, 30, 150])
      it.each(landed)(`is found, link ${link}, listed after ${listSeconds} s: %s`, async (_name, action) => {
        const { stage, me } = await signedIn({ ...bare, listSeconds });
        stage.sandbox.faults.add({ ...pinning, action });
        const outcome = await me.drive({ job: { options: { link } } });
        expect(stage.posts()).toHaveLength(1);
        expect(outcome).toMatchObject({ state: 'published', post: { id: stage.posts()[0]!.id } });
        expect(sendings(stage)).toHaveLength(1);
      });

  for (const order of ['newest', 'oldest'] as const)
    it(`is found among many others, ${order} first`, async () => {
      const { stage, me } = await signedIn({ ...bare, order, pageItems: 25 });
      await me.drive({ job: { video: { ...video, url: `${video.url}0` } } });
      stage.clock.advance(100 * HOUR);
      stage.sandbox.faults.add({ ...pinning, nth: 1, action: { kind: 'lost' } });
      const outcome = await me.drive({
        job: { media: mediaFile(230_000) },
        beforeRun: async () => {
          if (sendings(stage).length !== 2) return;
          const body = bodyOf(sendings(stage)[0]);
          for (let n = 0; n < 60; n += 1)
            await me.http.send({ url: v5('pins'), json: { ...body, link: `https://example.com/${n}` } });
        },
      });
      expect(outcome.state).toBe('published');
      expect(stage.posts().find(({ id }) => id === outcome.post?.id)?.facts).toMatchObject({
        link: video.url,
      });
      expect(stage.posts()).toHaveLength(62);
    });

  it.each([6 * HOUR, -6 * HOUR])('is found by a machine whose clock is wrong by %i ms', async (wrong) => {
    const { stage, me } = await signedIn(bare);
    stage.sandbox.faults.add({ ...pinning, action: { kind: 'lost' } });
    const { clock } = stage;
    const skewed = {
      now: () => clock.now() + wrong,
      sleep: clock.sleep.bind(clock),
      advance: clock.advance.bind(clock),
    };
    expect((await driveJob(pinterest, me.request(), skewed)).state).toBe('published');
    expect(stage.posts()).toHaveLength(1);
    expect(sendings(stage)).toHaveLength(1);
  });

  it.each([
    ['404', { kind: 'status', status: 404, body: { code: 40, message: 'Board not found.' } }],
    ['401', { kind: 'status', status: 401, body: { code: 2, message: 'Authentication failed.' } }],
    ['429', { kind: 'status', status: 429 }],
    ['503', { kind: 'status', status: 503 }],
    ['garbage', { kind: 'garbage' }],
    ['no list', { kind: 'status', status: 200, body: {} }],
  ] as const)('is not sent again while the board answers %s', async (_name, action) => {
    const { stage, me } = await signedIn(bare);
    stage.sandbox.faults.add({ ...pinning, action: { kind: 'lost' } });
    stage.sandbox.faults.add({ method: 'GET', path: '/pins$', times: 2, action });
    const outcome = await me.drive();
    expect(stage.posts()).toHaveLength(1);
    expect(sendings(stage)).toHaveLength(1);
    expect(['published', 'unknown', 'waiting']).toContain(outcome.state);
  });
});

describe('a sending that did not land', () => {
  it.each([
    ['refused connection', { kind: 'refuse' }],
    ['503', { kind: 'status', status: 503 }],
    ['no answer', { kind: 'hang' }],
    ['garbage', { kind: 'garbage' }],
  ] as const)('is repeated with the same upload after three minutes: %s', async (_name, action) => {
    const { stage, me } = await signedIn(bare);
    stage.sandbox.faults.add({ ...pinning, action });
    const startedAt = stage.clock.now();
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(stage.posts()).toHaveLength(1);
    const [first, second, third] = sendings(stage).map(({ body }) => body.toString());
    expect(third).toBeUndefined();
    expect(second).toBe(first);
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(stage.asked('GET', /\/pins$/u).length).toBeGreaterThanOrEqual(2);
  });
});

describe('what nobody can tell', () => {
  it('asks its person where ours stays hidden and its upload is used up', async () => {
    const { stage, me } = await signedIn({ listSeconds: 100 * 3600 });
    stage.sandbox.faults.add({ ...pinning, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome.state).toBe('unknown');
    expect(stage.posts()).toHaveLength(1);
  });

  it('finds ours late where its upload is used up', async () => {
    const { stage, me } = await signedIn({ listSeconds: 185 });
    stage.sandbox.faults.add({ ...pinning, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', post: { id: stage.posts()[0]!.id } });
    expect(stage.posts()).toHaveLength(1);
  });

  it('asks its person where two Pins without a link have our words', async () => {
    const { stage, me } = await signedIn(bare);
    stage.sandbox.faults.add({ ...pinning, action: { kind: 'status', status: 503 } });
    let made = false;
    const outcome = await me.drive({
      job: { options: { link: 'none' } },
      beforeRun: async () => {
        if (made || sendings(stage).length === 0) return;
        made = true;
        const body = bodyOf(sendings(stage)[0]);
        for (let n = 0; n < 2; n += 1) await me.http.send({ url: v5('pins'), json: body });
      },
    });
    expect(outcome.state).toBe('unknown');
    expect(stage.posts()).toHaveLength(2);
  });
});

describe('a blocked link', () => {
  it('ends the job, and says how to leave links out', async () => {
    const { stage, me } = await signedIn({ blockedLink: 'tiktok.com' });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_REFUSED' } });
    expect(outcome.error!.hint).toContain('pinterest.link=none');
    expect((await me.drive({ job: { options: { link: 'none' } } })).state).toBe('published');
    expect(stage.posts()).toHaveLength(1);
  });
});
