import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import type { Outcome } from './memory-run.ts';
import type { MetaStage, SignedIn } from './meta-world.ts';
import { mediaFile, openStage, textOf, video } from './meta-world.ts';

let stage: MetaStage;
let signedIn: SignedIn;

beforeEach(async () => {
  stage = openStage(instagram);
  signedIn = await stage.login();
});

const posts = () => stage.sandbox.posts();
const sent = (path: RegExp) =>
  stage.seen.filter((request) => request.method === 'POST' && path.test(request.path));
const containers = () => sent(/\/media$/u).length;
const publishings = () => sent(/\/media_publish$/u).length;

function expectOnePost(outcome: Outcome): void {
  expect(outcome.error).toBeUndefined();
  expect(outcome.state).toBe('published');
  expect(posts()).toHaveLength(1);
  expect(outcome.post?.id).toBe(posts()[0]?.id);
  expect(stage.sandbox.complaints()).toEqual([]);
}

describe('publishing', () => {
  it('makes a container, sends the file, waits and publishes', async () => {
    const media = mediaFile();
    const outcome = await stage.publish(signedIn, { media });
    expectOnePost(outcome);
    expect(outcome.post?.url).toBe(posts()[0]?.url);
    expect(posts()[0]).toMatchObject({
      text: 'Hello #one',
      bytes: media.bytes,
      accountId: signedIn.account.remoteId,
    });
  });

  it('carries options and the AI label over', async () => {
    await stage.publish(signedIn, {
      video: { ...video, aiGenerated: true },
      options: { shareToFeed: false, thumbOffsetMs: 99_000, trial: 'manual' },
    });
    expect(posts()[0]?.facts).toMatchObject({
      share_to_feed: 'false',
      // The video is 15 s long: a later moment would be refused.
      thumb_offset: '14999',
      trial_params: '{"graduation_strategy":"MANUAL"}',
      is_ai_generated: 'true',
    });
  });

  it('stays published when the permalink can’t be read', async () => {
    stage.sandbox.faults.add({ path: '^/v26\\.0/\\d{17}$', action: { kind: 'status', status: 500 } });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(outcome.post).toEqual({ id: posts()[0]?.id, url: null });
  });
});

describe('sending the file', () => {
  const uploads = () => sent(/\/ig-api-upload\//u);

  it('goes on where a broken connection left off, with the whole size and the scheme OAuth', async () => {
    stage.sandbox.faults.add({
      path: '/ig-api-upload/',
      nth: 1,
      action: { kind: 'cut-upload', bytes: 1800 },
    });
    expectOnePost(await stage.publish(signedIn));
    expect(uploads().map(({ headers }) => [headers['offset'], headers['file_size']])).toEqual([
      ['0', '5000'],
      ['1800', '5000'],
    ]);
    for (const { headers } of uploads()) expect(headers['authorization']).toMatch(/^OAuth EAApage/u);
  });

  it('tries again at once when rupload refuses for no reason, and then leaves it to the job', async () => {
    await stage.quirks({ uploadRefusals: 2 });
    const quick = await stage.publish(signedIn);
    expectOnePost(quick);
    expect(quick.waits.filter((wait) => wait.startsWith('backoff'))).toEqual([]);
    await stage.quirks({ uploadRefusals: 4 });
    const slow = await stage.publish(signedIn, { text: textOf('Another') });
    expect(slow.state).toBe('published');
    expect(slow.waits.filter((wait) => wait.startsWith('backoff'))).toEqual(['backoff E_PLATFORM_DOWN']);
  });

  it('uses the address it was given, and builds one only where none came', async () => {
    await stage.quirks({ uploadAddress: 'none' });
    expectOnePost(await stage.publish(signedIn));
  });

  it('sends no token to another host', async () => {
    await stage.quirks({ uploadAddress: 'https://rupload.facebook.com.evil.example/ig-api-upload/v26.0/1' });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_BAD_ANSWER' } });
    expect(uploads()).toEqual([]);
  });
});

describe('waiting for the container', () => {
  it('reads a missing status as still at it', async () => {
    await stage.quirks({ statusMissing: 3 });
    expectOnePost(await stage.publish(signedIn));
  });

  it('gives up on a video whose format is refused', async () => {
    await stage.quirks({ processingError: '2207026' });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(containers()).toBe(1);
  });

  it.each(['2207053', '2207076', '2207077', '2207082', '2207085'])(
    'makes a new container after %s',
    async (number) => {
      await stage.quirks({ processingError: number });
      const outcome = await stage.publish(
        signedIn,
        {},
        {
          beforeRun: () =>
            containers() > 1 ? stage.quirks({ processingError: '' }).then(() => {}) : undefined,
        },
      );
      expectOnePost(outcome);
      expect(containers()).toBe(2);
    },
  );

  it('makes a new one when nothing moves', async () => {
    await stage.quirks({ processingMs: DAY });
    const outcome = await stage.publish(
      signedIn,
      {},
      { beforeRun: () => (containers() > 1 ? stage.quirks({ processingMs: 0 }).then(() => {}) : undefined) },
    );
    expectOnePost(outcome);
    expect(containers()).toBe(2);
  });

  it('publishes when only publishing itself can tell, in a fault that hides containers', async () => {
    await stage.quirks({ unreadableMs: HOUR });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(posts()).toHaveLength(1);
  });

  it('reads with the person’s token where the Page’s reads nothing', async () => {
    await stage.quirks({ unreadableMs: HOUR, unreadableBy: 'page' });
    const outcome = await stage.publish(signedIn);
    expectOnePost(outcome);
    expect(outcome.post?.url).toBe(posts()[0]?.url);
    const reads = stage.seen.filter(({ headers }) => headers['authorization']?.startsWith('Bearer EAAlong'));
    expect(reads.length).toBeGreaterThan(2);
  });

  it('makes a new container where the old one became too old before it could go out', async () => {
    await stage.quirks({ publishAnswers: ['9/2207042'] });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        // A quota that stays full for longer than a container lives.
        beforeRun: () =>
          containers() === 1 && publishings() === 1 ? stage.clock.advance(25 * HOUR) : undefined,
      },
    );
    expectOnePost(outcome);
    expect([containers(), publishings()]).toEqual([2, 2]);
  });
});

describe('a publish request whose outcome is not clear', () => {
  // https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes
  const unclear = [
    '-1/2207001',
    '-1/2207085',
    '1',
    '2',
    '4',
    '4/2207051',
    '24/2207006',
    '24/2207008',
    '100/33',
  ];

  it.each([...unclear.map((code) => `posted-${code}`), 'posted-500', 'posted-garbage'])(
    'that went live all the same (%s) is found, and nothing is sent again',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer] });
      expectOnePost(await stage.publish(signedIn));
      expect([containers(), publishings()]).toEqual([1, 1]);
    },
  );

  it.each(unclear)('that did nothing (%s) is sent again for the same container', async (answer) => {
    await stage.quirks({ publishAnswers: [answer] });
    const began = stage.clock.now();
    expectOnePost(await stage.publish(signedIn));
    expect([containers(), publishings()]).toEqual([1, 2]);
    // Not before the list must show it.
    expect((posts()[0]?.publishedAt ?? 0) - began).toBeGreaterThanOrEqual(instagram.settleMs);
  });

  it('is found where the list shows it late', async () => {
    await stage.quirks({ publishAnswers: ['posted-500'], listDelayMs: 4 * MINUTE });
    expectOnePost(await stage.publish(signedIn));
    expect(publishings()).toBe(1);
  });

  it('is published without an address where the list never shows it', async () => {
    await stage.quirks({ publishAnswers: ['posted-500'], listDelayMs: DAY });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'published', post: { url: null } });
    expect(outcome.post?.warnings?.[0]).toContain('does not tell which');
    expect([posts().length, publishings()]).toEqual([1, 1]);
  });

  it('is found by the list where the container can’t be read', async () => {
    await stage.quirks({ publishAnswers: ['posted-24/2207008'] });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: () => (publishings() > 0 ? stage.quirks({ unreadableMs: DAY }).then(() => {}) : undefined),
      },
    );
    expect(outcome.state).toBe('published');
    expect(outcome.post?.id).toBe(posts()[0]?.id);
    expect(publishings()).toBe(1);
  });

  it('does not take an older post, another product or another text for its own', async () => {
    const now = stage.clock.now();
    const account = '@creator';
    await stage.pull('post', { account, caption: 'Hello #one', at: now - 10 * MINUTE });
    await stage.pull('post', { account, caption: 'Hello #one', at: now + MINUTE, product: 'FEED' });
    await stage.pull('post', { account, caption: 'Hello #two', at: now + MINUTE });
    await stage.quirks({ publishAnswers: ['2'] });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(outcome.post?.id).toBe(posts().find(({ facts }) => facts?.['byHand'] !== true)?.id);
    expect(publishings()).toBe(2);
  });

  it('is left to a person where two posts look like it', async () => {
    await stage.quirks({ publishAnswers: ['2'], listDelayMs: 0 });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: async () => {
          if (publishings() !== 1 || posts().length > 0) return;
          const at = stage.clock.now();
          for (const after of [0, -SECOND])
            await stage.pull('post', { account: '@creator', caption: 'Hello  #one\n', at: at + after });
        },
      },
    );
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(publishings()).toBe(1);
  });

  it('is left to a person where a text is missing and some reel appeared', async () => {
    await stage.quirks({ publishAnswers: ['2'], listDelayMs: 0 });
    const outcome = await stage.publish(
      signedIn,
      { text: textOf('') },
      {
        beforeRun: async () => {
          if (publishings() === 1 && posts().length === 0)
            await stage.pull('post', { account: '@creator', at: stage.clock.now() });
        },
      },
    );
    expect(outcome.state).toBe('unknown');
    expect(publishings()).toBe(1);
  });

  it('is left to a person where the container died after the sending', async () => {
    await stage.quirks({ publishAnswers: ['2'] });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: () => (publishings() === 1 ? stage.clock.advance(2 * DAY) : undefined),
      },
    );
    expect(outcome.state).toBe('unknown');
    expect([containers(), publishings(), posts().length]).toEqual([1, 1, 0]);
  });

  it('is found in a list of many pages', async () => {
    const at = stage.clock.now() + 5 * MINUTE;
    for (let n = 0; n < 120; n += 1)
      await stage.pull('post', { account: '@creator', caption: `By hand ${n}`, at: at + n });
    await stage.quirks({ publishAnswers: ['posted-24'], unreadableMs: 0 });
    const outcome = await stage.publish(signedIn);
    expect(outcome.state).toBe('published');
    expect(publishings()).toBe(1);
  });
});

describe('a publish request that was refused', () => {
  it.each([
    ['9007/2207027', 'processing E_NOT_YET'],
    ['9/2207042', 'quota E_QUOTA'],
  ])('%s waits and sends the same container', async (answer, wait) => {
    await stage.quirks({ publishAnswers: [answer] });
    const outcome = await stage.publish(signedIn);
    expectOnePost(outcome);
    expect(outcome.waits).toContain(wait);
    expect([containers(), publishings()]).toEqual([1, 2]);
  });

  it('waits as long as Instagram says “not ready” although the container is finished', async () => {
    await stage.quirks({ notReadyYet: 4 });
    expectOnePost(await stage.publish(signedIn));
    expect([containers(), publishings()]).toEqual([1, 5]);
  });

  it.each(['10', '200', '275', '25/2207050', '3'])('%s waits for the account’s person', async (answer) => {
    await stage.quirks({ publishAnswers: [answer] });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'waiting', error: { class: 'auth' } });
    expect(outcome.journal.rows().map(({ name }) => name)).not.toContain('publish');
  });

  it.each([
    ['100', 'E_REFUSED'],
    ['36004/2207010', 'E_TEXT_REFUSED'],
    ['352/2207026', 'E_MEDIA_REFUSED'],
    ['-1/2207081', 'E_REFUSED'],
  ])('%s ends the job', async (answer, code) => {
    await stage.quirks({ publishAnswers: [answer] });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'dead', error: { code } });
    expect(posts()).toEqual([]);
  });
});

describe('tokens', () => {
  it('reads the Page’s token anew when it died and the person’s lives', async () => {
    await stage.pull('revoke', { which: 'page' });
    expectOnePost(await stage.publish(signedIn));
    expect(signedIn.current().extra?.['pageToken']).not.toBe(signedIn.grant.extra?.['pageToken']);
  });

  it('asks for the person when both died', async () => {
    await stage.pull('revoke', { which: 'all', subcode: 460 });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
    expect(outcome.error?.message).toContain('password');
  });

  it('says that a new sign-in does not help where Meta blocked the app', async () => {
    await stage.pull('app', { blocked: true });
    const outcome = await stage.publish(signedIn);
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_ACCOUNT_BLOCKED' } });
  });
});

describe('limits', () => {
  it.each([25, 50, 100])('reads the live quota of %d', async (quotaTotal) => {
    await stage.quirks({ quotaTotal });
    await stage.publish(signedIn);
    const { http, account } = signedIn;
    expect(await instagram.readLimits?.({ http, account, clock: stage.clock })).toEqual([
      { bucket: 'posts', used: 1, max: quotaTotal },
    ]);
  });

  it.each([500, 503])('does without the live quota where Meta has trouble (%d)', async (status) => {
    stage.sandbox.faults.add({ path: 'content_publishing_limit', action: { kind: 'status', status } });
    const { http, account } = signedIn;
    expect(await instagram.readLimits?.({ http, account, clock: stage.clock })).toEqual([]);
  });

  it.each([
    ['80002', 42],
    ['4', 42],
    ['17', 42],
    ['32', 42],
    ['613/1996', 42],
  ])('waits as long as the headers say after %s', async (usageError, usageMinutes) => {
    await stage.quirks({ usagePercent: 104, usageMinutes, usageError });
    const began = stage.clock.now();
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: (run) => (run > 1 ? stage.quirks({ usagePercent: 0 }).then(() => {}) : undefined),
      },
    );
    expectOnePost(outcome);
    expect(outcome.waits[0]).toBe('quota E_RATE_LIMIT');
    expect(signedIn.readings).toContainEqual({
      bucket: 'calls',
      used: 200,
      blockedUntil: began + usageMinutes * MINUTE,
    });
    expect(posts()[0]?.publishedAt ?? 0).toBeGreaterThanOrEqual(began + usageMinutes * MINUTE);
  });

  it('waits a quarter of an hour at least where the headers name no time', async () => {
    await stage.quirks({ usagePercent: 104, usageError: '613/1996' });
    const began = stage.clock.now();
    await stage.publish(
      signedIn,
      {},
      {
        beforeRun: (run) => (run > 1 ? stage.quirks({ usagePercent: 0 }).then(() => {}) : undefined),
      },
    );
    expect((posts()[0]?.publishedAt ?? 0) - began).toBeGreaterThanOrEqual(15 * MINUTE);
  });
});

it('shows no token and no upload address to whoever watches, nor keeps one in the journal', async () => {
  const outcome = await stage.publish(signedIn);
  expect(signedIn.traced.length).toBeGreaterThan(5);
  const kept = JSON.stringify([signedIn.traced, outcome.journal.rows(), outcome.post]);
  const { grant } = signedIn;
  for (const secret of [grant.accessToken, grant.extra?.['pageToken'] ?? '', stage.app.clientSecret ?? ''])
    expect(kept).not.toContain(secret);
  expect(JSON.stringify(outcome.journal.rows())).not.toContain('rupload.facebook.com');
});

describe('recent', () => {
  it('lists the account’s reels, newest first', async () => {
    const outcome = await stage.publish(signedIn);
    stage.clock.advance(HOUR);
    await stage.pull('post', { account: '@creator', caption: 'By hand', at: stage.clock.now() - MINUTE });
    await stage.pull('post', {
      account: '@creator',
      caption: 'A picture',
      at: stage.clock.now() - MINUTE,
      product: 'FEED',
    });
    const { http, account } = signedIn;
    const recent = await instagram.recent?.({
      http,
      account,
      clock: stage.clock,
      since: stage.clock.now() - DAY,
    });
    expect(recent?.map(({ text }) => text)).toEqual(['By hand', 'Hello #one']);
    expect(recent?.[1]).toMatchObject({ id: outcome.post?.id, url: outcome.post?.url });
  });
});
