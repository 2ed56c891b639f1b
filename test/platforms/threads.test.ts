import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { threads } from '../../src/platforms/threads.ts';
import { threadsSignIn } from '../../src/platforms/threads-sign-in.ts';
import { buildMp4 } from '../media/build-mp4.ts';
import type { Outcome } from './memory-run.ts';
import { mediaFile } from './meta-world.ts';
import { type FetchSignedIn, type FetchStage, openFetchStage, textOf } from './threads-stage.ts';

let stage: FetchStage;
let signedIn: FetchSignedIn;

beforeEach(async () => {
  stage = openFetchStage(threads, threadsSignIn);
  signedIn = await stage.login();
});

const posts = () => stage.sandbox.posts();
const sent = (path: RegExp) =>
  stage.seen.filter((request) => request.method === 'POST' && path.test(request.path));
const containers = () => sent(/\/threads$/u).length;
const publishings = () => sent(/\/threads_publish$/u).length;
const uploads = () => stage.seen.filter(({ method }) => method === 'PUT').length;

function expectOnePost(outcome: Outcome): void {
  expect(outcome.error).toBeUndefined();
  expect(outcome.state).toBe('published');
  expect(posts()).toHaveLength(1);
  expect(outcome.post?.id).toBe(posts()[0]?.id);
  expect(stage.sandbox.complaints()).toEqual([]);
}

/** A real video of this shape on the disk. */
function videoFile(shape: Parameters<typeof buildMp4>[0]) {
  const bytes = buildMp4(shape);
  const media = mediaFile(bytes.length);
  writeFileSync(media.path, bytes);
  return media;
}

describe('publishing', () => {
  it('puts the file on the host, names its address, waits and publishes', async () => {
    const media = mediaFile();
    const outcome = await stage.publish(signedIn, { media, text: textOf('Hello', 'one') });
    expectOnePost(outcome);
    expect(outcome.post?.url).toMatch(/^https:\/\/www\.threads\.(com|net)\/@creator\/post\//u);
    expect(posts()[0]).toMatchObject({ text: 'Hello', bytes: media.bytes, facts: { topic_tag: 'one' } });
    expect([uploads(), containers()]).toEqual([1, 1]);
  });

  it('waits half a minute before it looks for the first time', async () => {
    const began = stage.clock.now();
    await stage.quirks({ processingMs: 0, notFoundYet: 0 });
    await stage.publish(signedIn);
    expect((posts()[0]?.publishedAt ?? 0) - began).toBe(30 * SECOND);
  });

  it('carries the rule’s options over', async () => {
    await stage.publish(signedIn, {
      options: { replyControl: 'followers_only', altText: 'A dog', spoiler: true },
    });
    expect(posts()[0]?.facts).toMatchObject({
      reply_control: 'followers_only',
      alt_text: 'A dog',
      is_spoiler_media: 'true',
    });
  });

  it('stays published when the permalink can’t be read', async () => {
    stage.sandbox.faults.add({ path: '^/v1\\.0/\\d{17}$', nth: 2, action: { kind: 'status', status: 500 } });
    expect((await stage.publish(signedIn)).state).toBe('published');
  });

  it('waits for a host where none is set', async () => {
    const { http, account } = signedIn;
    const run = {
      jobId: 1,
      step: <T>(_name: string, work: () => Promise<T>) => work(),
      commit: () => Promise.reject(new Error('not reached')),
      doneAt: () => undefined,
    };
    const request = {
      ...{ run, http, account, media: mediaFile(), text: textOf('x'), options: {}, clock: stage.clock },
      ...{ video: {} as never, progress: () => {} },
    };
    const failure = await threads.publish(request).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'E_NO_HOST', kind: 'later', reason: 'media', certain: true });
    expect(containers()).toBe(0);
  });

  it('shows no token and no address to whoever watches, nor keeps one in the journal', async () => {
    const outcome = await stage.publish(signedIn);
    expect(signedIn.traced.length).toBeGreaterThan(4);
    const kept = JSON.stringify([signedIn.traced, outcome.journal.rows(), outcome.post]);
    for (const secret of [signedIn.grant.accessToken, stage.app.clientSecret ?? '', 'X-Amz-Signature=0'])
      expect(kept).not.toContain(secret);
    expect(JSON.stringify(signedIn.traced)).not.toMatch(/X-Amz-Signature(=|%3D)[0-9a-f]{8}/u);
    expect(JSON.stringify(outcome.journal.rows())).not.toContain('s3.sandbox.example');
  });
});

describe('a video that Threads could not take', () => {
  it.each(['FAILED_DOWNLOADING_VIDEO', 'FAILED_PROCESSING_VIDEO', 'FAILED_PROCESSING_AUDIO', 'UNKNOWN'])(
    'is offered again after %s, as a new copy for a new container',
    async (processingError) => {
      await stage.quirks({ processingError });
      const outcome = await stage.publish(
        signedIn,
        {},
        {
          beforeRun: () =>
            containers() > 1 ? stage.quirks({ processingError: '' }).then(() => {}) : undefined,
        },
      );
      expectOnePost(outcome);
      expect([containers(), uploads()]).toEqual([2, 2]);
      const [first, second] = stage.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path);
      expect(first).not.toBe(second);
    },
  );

  it.each([
    'INVALID_ASPEC_RATIO',
    'INVALID_BIT_RATE',
    'INVALID_FRAME_RATE',
    'INVALID_AUDIO_CHANNELS',
    'INVALID_AUDIO_CHANNEL_LAYOUT',
  ])('ends the job after %s', async (processingError) => {
    await stage.quirks({ processingError });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(containers()).toBe(1);
  });

  it.each([
    [{ seconds: 301 }, 'INVALID_DURATION'],
    [{ width: 1080, height: 90 }, 'INVALID_ASPEC_RATIO'],
  ])('ends the job where the file itself says so (%o)', async (shape, said) => {
    const outcome = await stage.publish(signedIn, { media: videoFile(shape) });
    expect(outcome.error?.message).toContain(said);
    expect(outcome.state).toBe('dead');
  });

  it('is put there anew where the copy vanished, told late or at once', async () => {
    for (const fetchFails of ['UNKNOWN', 'FAILED_DOWNLOADING_VIDEO', 'at-once']) {
      await stage.quirks({ fetchFails });
      await stage.sandbox.control('bucket', 'quirks', { vanishing: true });
      const before = containers();
      const outcome = await stage.publish(
        signedIn,
        { text: textOf(fetchFails) },
        {
          beforeRun: async () => {
            if (containers() > before) await stage.sandbox.control('bucket', 'quirks', { vanishing: false });
          },
        },
      );
      expect(outcome.state, fetchFails).toBe('published');
    }
    expect(posts()).toHaveLength(3);
  });

  it('ends, with the advice to check the host, where the copy is never found', async () => {
    await stage.quirks({ fetchFails: 'at-once' });
    await stage.sandbox.control('bucket', 'quirks', { vanishing: true });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_HOST' } });
    expect(outcome.error?.hint).toContain('repost host check');
  });

  it('gets a new container where nothing moves, and where it expired', async () => {
    for (const processingMs of [DAY, 3 * DAY]) {
      const before = containers();
      await stage.quirks({ processingMs });
      const outcome = await stage.publish(
        signedIn,
        { text: textOf(`${processingMs}`) },
        {
          beforeRun: () =>
            containers() > before + 1 ? stage.quirks({ processingMs: 0 }).then(() => {}) : undefined,
        },
      );
      expect(outcome.state).toBe('published');
      expect(containers()).toBe(before + 2);
    }
  });

  it('reads a missing status as still at it', async () => {
    await stage.quirks({ statusMissing: 3 });
    expectOnePost(await stage.publish(signedIn));
  });
});

describe('a finished container that publishing does not find', () => {
  it.each([1, 3, 6])('is sent again, the same one, where it comes to be found (%d)', async (notFoundYet) => {
    await stage.quirks({ notFoundYet });
    expectOnePost(await stage.publish(signedIn));
    expect([containers(), publishings()]).toEqual([1, notFoundYet + 1]);
  });

  it('is lost after a few minutes: a new one is made, from the same copy', async () => {
    await stage.quirks({ lostBefore: stage.clock.now() + 2 * MINUTE });
    expectOnePost(await stage.publish(signedIn));
    expect([containers(), uploads()]).toEqual([2, 1]);
  });
});

describe('a publish request whose outcome is not clear', () => {
  const unclear = ['1', '2', '4/2207051', '24/4279009', '100/33', '-1'];

  it.each([...unclear.map((code) => `posted-${code}`), 'posted-500', 'posted-garbage'])(
    'that went live all the same (%s) is found, and nothing is sent again',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer], notFoundYet: 0 });
      expectOnePost(await stage.publish(signedIn));
      expect([containers(), publishings()]).toEqual([1, 1]);
    },
  );

  it.each(['1', '2', '4/2207051', '100/33', '-1'])(
    'that did nothing (%s) is sent again for the same container, once the list must show it',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer], notFoundYet: 0 });
      const began = stage.clock.now();
      expectOnePost(await stage.publish(signedIn));
      expect([containers(), publishings()]).toEqual([1, 2]);
      expect((posts()[0]?.publishedAt ?? 0) - began).toBeGreaterThanOrEqual(threads.settleMs);
    },
  );

  it('takes “not found” for no proof once an answer was lost', async () => {
    // First the answer is lost, and nothing happened; then the container is not found twice.
    await stage.quirks({ publishAnswers: ['2'], notFoundYet: 0 });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: () => (publishings() === 1 ? stage.quirks({ notFoundYet: 1 }).then(() => {}) : undefined),
      },
    );
    expectOnePost(outcome);
    expect(containers()).toBe(1);
  });

  it.each([20 * SECOND, 4 * MINUTE, 30 * MINUTE])(
    'is found where the list shows it late (%d)',
    async (listDelayMs) => {
      await stage.quirks({ publishAnswers: ['posted-500'], notFoundYet: 0, listDelayMs });
      expectOnePost(await stage.publish(signedIn));
      expect(publishings()).toBe(1);
    },
  );

  it('is published without an address where the list never shows it', async () => {
    await stage.quirks({ publishAnswers: ['posted-500'], notFoundYet: 0, listDelayMs: 3 * DAY });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'published', post: { url: null } });
    expect(outcome.post?.warnings?.[0]).toContain('does not tell which');
    expect([posts().length, publishings()]).toEqual([1, 1]);
  });

  it('does not take an older post, another kind or another text for its own', async () => {
    const now = stage.clock.now();
    const account = '@creator';
    await stage.pull('post', { account, text: 'Hello', at: now - 10 * MINUTE });
    await stage.pull('post', { account, text: 'Hello', at: now + MINUTE, type: 'TEXT_POST' });
    await stage.pull('post', { account, text: 'Another', at: now + MINUTE });
    await stage.quirks({ publishAnswers: ['2'], notFoundYet: 0 });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(outcome.post?.id).toBe(posts().find(({ facts }) => facts?.['byHand'] !== true)?.id);
    expect(publishings()).toBe(2);
  });

  it.each([
    ['two posts look like it', 'Hello', [0, -SECOND]],
    ['a text is missing and some video appeared', '', [0]],
  ])('is left to a person where %s', async (_why, body, ages) => {
    await stage.quirks({ publishAnswers: ['2'], notFoundYet: 0, listDelayMs: 0 });
    const outcome = await stage.publish(
      signedIn,
      { text: textOf(body) },
      {
        beforeRun: async () => {
          if (publishings() !== 1 || posts().length > 0) return;
          for (const age of ages)
            await stage.pull('post', { account: '@creator', text: body, at: stage.clock.now() + age });
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(publishings()).toBe(1);
  });

  it('is left to a person where the container died after the sending', async () => {
    await stage.quirks({ publishAnswers: ['2'], notFoundYet: 0 });
    const outcome = await stage.publish(
      signedIn,
      {},
      { beforeRun: () => (publishings() === 1 ? stage.clock.advance(2 * DAY) : undefined) },
    );
    expect(outcome.state).toBe('unknown');
    expect([containers(), publishings(), posts().length]).toEqual([1, 1, 0]);
  });

  it('is found in a list of many pages', async () => {
    const at = stage.clock.now() + MINUTE;
    for (let n = 0; n < 120; n += 1)
      await stage.pull('post', { account: '@creator', text: `By hand ${n}`, at: at + n });
    await stage.quirks({ publishAnswers: ['posted-24'], notFoundYet: 0 });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(publishings()).toBe(1);
  });
});

describe('a publish request that was refused', () => {
  it('waits for the quota and sends the same container', async () => {
    await stage.quirks({ publishAnswers: ['9/2207042'], notFoundYet: 0 });
    const outcome = await stage.publish(signedIn);
    expectOnePost(outcome);
    expect(outcome.waits).toContain('quota E_QUOTA');
    expect([containers(), publishings()]).toEqual([1, 2]);
  });

  it('makes a new container where the quota stays full for longer than one lives', async () => {
    await stage.quirks({ publishAnswers: ['9/2207042'], notFoundYet: 0 });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: () =>
          containers() === 1 && publishings() === 1 ? stage.clock.advance(25 * HOUR) : undefined,
      },
    );
    expectOnePost(outcome);
    expect([containers(), publishings()]).toEqual([2, 2]);
  });

  it.each(['10', '200', '4279013', '-1/4279013', '3'])(
    '%s waits for the account’s person',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer], notFoundYet: 0 });
      const outcome = await stage.publish(signedIn);
      expect(outcome).toMatchObject({ state: 'waiting', error: { class: 'auth' } });
      expect(outcome.journal.rows().map(({ name }) => name)).not.toContain('publish');
    },
  );

  it('asks for the person when the token died, told as 190 or as 100', async () => {
    await stage.pull('revoke');
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
    await stage.quirks({ revokedAs100: true });
    const { http } = { http: signedIn.http };
    await expect(
      threadsSignIn.refresh?.({
        http,
        app: stage.app,
        clock: stage.clock,
        grant: signedIn.grant,
        account: signedIn.account,
      }),
    ).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED' });
  });
});

describe('limits', () => {
  it('reads the live quota, and does without it where Meta has trouble', async () => {
    await stage.publish(signedIn);
    const { http, account } = signedIn;
    const ask = () => threads.readLimits?.({ http, account, clock: stage.clock });
    expect(await ask()).toEqual([{ bucket: 'posts', used: 1, max: 250 }]);
    stage.sandbox.faults.add({ path: 'publishing_limit', action: { kind: 'status', status: 503 } });
    expect(await ask()).toEqual([]);
  });

  it('slows down after 429, and reads the usage header in its own measure', async () => {
    await stage.quirks({ tooManyCalls: 1, usagePercent: 90 });
    const outcome = await stage.publish(signedIn);
    expectOnePost(outcome);
    expect(outcome.waits[0]).toBe('quota E_RATE_LIMIT');
    expect(signedIn.readings).toContainEqual({ bucket: 'calls', used: 43_200 });
  });
});

describe('recent', () => {
  it('lists the account’s videos, newest first', async () => {
    const outcome = await stage.publish(signedIn);
    stage.clock.advance(HOUR);
    await stage.pull('post', { account: '@creator', text: 'By hand', at: stage.clock.now() - MINUTE });
    const { http, account } = signedIn;
    const since = stage.clock.now() - DAY;
    const recent = await threads.recent?.({ http, account, clock: stage.clock, since });
    expect(recent?.map(({ text }) => text)).toEqual(['By hand', 'Hello']);
    expect(recent?.[1]).toMatchObject({ id: outcome.post?.id, url: outcome.post?.url });
  });
});
