import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { checkMedia } from '../../src/core/media-rules.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import type { Outcome } from './memory-run.ts';
import type { MetaStage, SignedIn } from './meta-world.ts';
import { mediaFile, openStage, textOf, video } from './meta-world.ts';

let stage: MetaStage;
let signedIn: SignedIn;

beforeEach(async () => {
  stage = openStage(facebook);
  signedIn = await stage.login();
});

const posts = () => stage.sandbox.posts();
const phases = (phase: string) =>
  stage.seen.filter(
    ({ path, body }) => path.endsWith('/video_reels') && body.toString().includes(`upload_phase=${phase}`),
  ).length;

function expectOneReel(outcome: Outcome): void {
  expect(outcome.error).toBeUndefined();
  expect(outcome.state).toBe('published');
  expect(posts()).toHaveLength(1);
  expect(outcome.post).toEqual({ id: posts()[0]?.id, url: posts()[0]?.url });
  expect(stage.sandbox.complaints()).toEqual([]);
}

/** Levers that are pulled back once finish was sent. */
const afterFinish = (quirks: object) => ({
  beforeRun: () => (phases('finish') > 0 ? stage.quirks(quirks).then(() => {}) : undefined),
});

describe('publishing', () => {
  it('starts, sends the file, finishes, and is done once Facebook shows the reel', async () => {
    const media = mediaFile();
    const outcome = await stage.publish(signedIn, { media });
    expectOneReel(outcome);
    expect(outcome.post?.url).toBe(`https://www.facebook.com/reel/${outcome.post?.id}/`);
    expect(posts()[0]).toMatchObject({ text: 'Hello #one', bytes: media.bytes, visible: true });
    expect(outcome.waits.every((wait) => wait === 'processing E_NOT_YET')).toBe(true);
    expect([phases('start'), phases('finish')]).toEqual([1, 1]);
  });

  it('carries the AI label over', async () => {
    await stage.publish(signedIn, { video: { ...video, aiGenerated: true } });
    expect(posts()[0]?.facts).toEqual({ aiGenerated: 'true', cover: null });
  });

  it.each(['documented', 'schema'])('reads the status in the spelling of the %s', async (spelling) => {
    await stage.quirks({ spelling });
    stage.sandbox.faults.add({ path: '/video-upload/', nth: 1, action: { kind: 'cut-upload', bytes: 1800 } });
    expectOneReel(await stage.publish(signedIn));
    const offsets = stage.seen
      .filter(({ path }) => path.startsWith('/video-upload/'))
      .map(({ headers }) => headers['offset']);
    expect(offsets).toEqual(['0', '1800']);
  });

  it('waits for hours where Facebook takes hours', async () => {
    await stage.quirks({ processingMs: 9 * HOUR });
    const outcome = await stage.publish(signedIn);
    expectOneReel(outcome);
    expect(outcome.runs).toBeLessThan(190);
  });

  it('survives first reads of a video that isn’t there yet', async () => {
    await stage.quirks({ unreadableMs: MINUTE });
    expectOneReel(await stage.publish(signedIn));
  });

  it('reads with the person’s token where the Page’s reads nothing', async () => {
    await stage.quirks({ unreadableMs: DAY, unreadableBy: 'page' });
    expectOneReel(await stage.publish(signedIn));
  });

  it('sends no token to another host, and builds an address only where none came', async () => {
    await stage.quirks({ uploadAddress: 'none' });
    expectOneReel(await stage.publish(signedIn));
    await stage.quirks({ uploadAddress: 'https://evil.example/video-upload/v26.0/1' });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_BAD_ANSWER' } });
  });
});

describe('a finish whose outcome is not clear', () => {
  it.each(['posted-503', 'posted-500'])(
    'that was taken (%s) is followed up, never sent again',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer] });
      expectOneReel(await stage.publish(signedIn));
      expect([phases('start'), phases('finish')]).toEqual([1, 1]);
    },
  );

  it('that was taken and answered in no JSON is followed up', async () => {
    await stage.quirks({ plainFinish: true });
    expectOneReel(await stage.publish(signedIn));
    expect(phases('finish')).toBe(1);
  });

  it.each(['1', '2', '4', '24/2207008'])(
    'that did nothing (%s) is sent again for the same video',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer] });
      expectOneReel(await stage.publish(signedIn));
      expect([phases('start'), phases('finish')]).toEqual([1, 2]);
    },
  );

  it('is found by the Page’s list where the video can’t be read', async () => {
    await stage.quirks({ publishAnswers: ['posted-503'], listDelayMs: 0 });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: async () => {
          if (phases('finish') === 0) return;
          // Readable again once the list has told.
          const listed = stage.seen.some(
            ({ method, path }) => method === 'GET' && path.endsWith('/video_reels'),
          );
          await stage.quirks({ unreadableMs: listed && posts().length > 0 ? 0 : DAY });
        },
      },
    );
    expectOneReel(outcome);
    expect(phases('finish')).toBe(1);
  });

  it('is left to a person where nothing tells', async () => {
    await stage.quirks({ publishAnswers: ['posted-503'], listDelayMs: 9 * DAY });
    const outcome = await stage.publish(signedIn, {}, afterFinish({ unreadableMs: 9 * DAY }));
    expect(outcome.state).toBe('unknown');
    expect(phases('finish')).toBe(1);
  });
});

describe('a finish that was refused', () => {
  it.each([
    ['1363128', 'E_MEDIA_REFUSED'],
    ['100/1363129', 'E_MEDIA_REFUSED'],
    ['1609005', 'E_TEXT_REFUSED'],
    ['100', 'E_REFUSED'],
  ])('%s ends the job', async (answer, code) => {
    await stage.quirks({ publishAnswers: [answer] });
    expect(await stage.publish(signedIn)).toMatchObject({ state: 'dead', error: { code } });
    expect(posts()).toEqual([]);
  });

  it.each(['6000', '1363047'])('%s is tried again for the same video', async (answer) => {
    await stage.quirks({ publishAnswers: [answer] });
    expectOneReel(await stage.publish(signedIn));
    expect([phases('start'), phases('finish')]).toEqual([1, 2]);
  });

  it.each(['1363030', '1363033'])('%s starts over', async (answer) => {
    await stage.quirks({ publishAnswers: [answer] });
    expectOneReel(await stage.publish(signedIn));
    expect([phases('start'), phases('finish')]).toEqual([2, 2]);
  });

  it.each(['10', '200', '1404078', '1363042'])('%s waits for the person', async (answer) => {
    await stage.quirks({ publishAnswers: [answer] });
    expect(await stage.publish(signedIn)).toMatchObject({ state: 'waiting', error: { class: 'auth' } });
  });

  it('for want of a task says so', async () => {
    await stage.pull('account', { account: '@creator', tasks: ['ANALYZE'] });
    expect((await stage.login()).identities[0]?.ineligible).toContain('create content');
  });
});

describe('a reel that fails after its receipt', () => {
  it.each([
    ['1363127', '540×960'],
    ['1363128', '3 and 90 seconds'],
    ['1363129', 'frame rate'],
  ])('is never called published, and never sent again: %s', async (processingError, words) => {
    for (const spelling of ['schema', 'documented']) {
      await stage.quirks({ processingError, spelling });
      const outcome = await stage.publish(signedIn);
      // A finish was sent: only a person says that it may be done anew.
      expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_MEDIA_REFUSED' } });
      expect(outcome.error?.message).toContain(words);
      expect(outcome.error?.message).toContain(processingError);
    }
    expect(posts()).toEqual([]);
  });
});

describe('tokens', () => {
  it('reads the Page’s token anew when it dies between upload and finish', async () => {
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: async (run) => {
          if (run === 1) await stage.quirks({ publishAnswers: ['6000'] });
          else if (phases('finish') === 1) await stage.pull('revoke', { which: 'page' });
        },
      },
    );
    expectOneReel(outcome);
  });

  it('asks for the person when all died, and for the app’s owner when the app is blocked', async () => {
    await stage.pull('app', { blocked: true });
    expect(await stage.publish(signedIn)).toMatchObject({
      state: 'waiting',
      error: { code: 'E_ACCOUNT_BLOCKED' },
    });
    await stage.pull('app', { blocked: false });
    await stage.pull('revoke', { which: 'all' });
    expect(await stage.publish(signedIn)).toMatchObject({
      state: 'waiting',
      error: { code: 'E_LOGIN_NEEDED' },
    });
  });
});

describe('limits', () => {
  it('waits as long as the headers of the Page say', async () => {
    await stage.quirks({ usagePercent: 100, usageMinutes: 25, usageError: '80001' });
    const began = stage.clock.now();
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: (run) => (run > 1 ? stage.quirks({ usagePercent: 0 }).then(() => {}) : undefined),
      },
    );
    expectOneReel(outcome);
    expect(posts()[0]?.publishedAt ?? 0).toBeGreaterThanOrEqual(began + 25 * MINUTE);
  });

  it('waits when the thirty reels of a day are out, and goes on when the window moves', async () => {
    await stage.quirks({ quotaTotal: 1 });
    expect((await stage.publish(signedIn)).state).toBe('published');
    const outcome = await stage.publish(signedIn, { text: textOf('Second') }, { maxRuns: 400 });
    expect(outcome.state).toBe('published');
    expect(posts()).toHaveLength(2);
    expect((posts()[0]?.publishedAt ?? 0) - (posts()[1]?.publishedAt ?? 0)).toBeGreaterThan(23 * HOUR);
  });
});

it.each([
  [{ width: 480, height: 854 }, ['minWidth', 'minHeight']],
  [{ durationMs: 91_000 }, ['maxDurationMs']],
  [{ durationMs: 2_900 }, ['minDurationMs']],
  [{ frameRate: 23.9 }, ['minFrameRate']],
  [{ width: 540, height: 960, durationMs: 90_000, frameRate: 24 }, []],
])('the file’s limits are known before anything is sent: %o', (facts, broken) => {
  const check = checkMedia({ ...mediaFile(), ...facts }, facebook.media);
  expect(check.ok ? [] : check.problems.map(({ rule }) => rule)).toEqual(broken);
});

it('lists the Page’s reels, newest first', async () => {
  await stage.publish(signedIn);
  stage.clock.advance(HOUR);
  await stage.publish(signedIn, { text: textOf('Second') });
  stage.clock.advance(HOUR);
  const { http, account } = signedIn;
  const recent = await facebook.recent?.({
    http,
    account,
    clock: stage.clock,
    since: stage.clock.now() - DAY,
  });
  expect(recent?.map(({ id, text, url }) => [id, text, url])).toEqual(
    posts().map(({ id, text, url }) => [id, text, url]),
  );
  expect(recent).toHaveLength(2);
});
