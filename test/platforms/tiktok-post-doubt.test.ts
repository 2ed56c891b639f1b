import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { tiktok } from '../../src/platforms/tiktok-post.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { driveJob } from './memory-run.ts';
import { count, openStage, postsOf, puts, type Stage } from './tiktok-post-stage.ts';
import { mediaFile } from './x-stage.ts';

const sending = { method: 'PUT', times: 1 };
const inits = (stage: Stage) => count(stage, '/video/init/');

/** Without the duplicate’s chance to hide: every upload that is complete is a post. */
async function stageInDoubt() {
  const stage = openStage();
  const me = await stage.login();
  return { stage, me };
}

const landed: [string, FaultAction][] = [
  ['its answer was lost', { kind: 'lost' }],
  ['503 after all', { kind: 'status-after', status: 503 }],
  ['a page for an answer', { kind: 'garbage', processed: true }],
  ['no answer in time', { kind: 'hang', processed: true }],
  ['200 without a word', { kind: 'status-after', status: 200 }],
  ['404 after all', { kind: 'status-after', status: 404 }],
  ['416 after all', { kind: 'status-after', status: 416 }],
];

describe('last bytes that landed', () => {
  for (const finishedUploadGone of [true, false])
    it.each(landed)(
      `are found by the status (address gone after: ${finishedUploadGone}): %s`,
      async (_name, action) => {
        const { stage, me } = await stageInDoubt();
        await stage.quirks({ finishedUploadGone });
        stage.sandbox.faults.add({ ...sending, action });
        const outcome = await me.drive();
        expect(outcome).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]?.id } });
        expect(postsOf(stage)).toHaveLength(1);
        expect(inits(stage)).toBe(1);
        expect(puts(stage)).toHaveLength(1);
      },
    );

  it.each(landed)('are found though TikTok counts no bytes: %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    await stage.quirks({ countsBytes: false });
    stage.sandbox.faults.add({ ...sending, action });
    expect((await me.drive()).state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(1);
  });

  it.each([
    ['429', { kind: 'status', status: 429, body: { error: { code: 'rate_limit_exceeded' } } }],
    ['401', { kind: 'status', status: 401, body: { error: { code: 'access_token_invalid' } } }],
    ['403', { kind: 'status', status: 403, body: {} }],
    ['500', { kind: 'status', status: 500 }],
    ['nothing', { kind: 'hang' }],
  ] as [string, FaultAction][])('stay sent where the status refuses to tell: %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ path: 'status/fetch', times: 1, action });
    const outcome = await me.drive();
    expect(['published', 'waiting']).toContain(outcome.state);
    const end = outcome.state === 'published' ? outcome : await me.drive({ journal: outcome.journal });
    expect(end.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(puts(stage)).toHaveLength(1);
  });
});

const lostOnTheWay: [string, FaultAction][] = [
  ['it never arrived', { kind: 'hang' }],
  ['cut off on the way', { kind: 'cut-upload', bytes: 1000 }],
  ['500', { kind: 'status', status: 500 }],
  ['429 of a proxy', { kind: 'status', status: 429, headers: { 'retry-after': '7' } }],
];

describe('last bytes that did not land', () => {
  it.each(lostOnTheWay)('are sent again to the same upload: %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, action });
    expect((await me.drive()).state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(1);
    expect(puts(stage)).toHaveLength(2);
  });

  it('go into a new upload where nobody came back before the address ended', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, action: { kind: 'hang' } });
    const outcome = await me.drive({
      beforeRun: (run) => {
        if (run === 2) stage.clock.advance(20 * HOUR);
      },
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(2);
  });

  it('wait where the address has ended and TikTok may still be at it', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, action: { kind: 'hang' } });
    const startedAt = stage.clock.now();
    let secondInit = 0;
    const outcome = await me.drive({
      beforeRun: (run) => {
        if (run === 2) stage.clock.advance(70 * MINUTE);
        if (inits(stage) === 2 && secondInit === 0) secondInit = stage.clock.now();
      },
    });
    expect(outcome.state).toBe('published');
    expect(secondInit - startedAt).toBeGreaterThan(2 * HOUR);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('a lost answer in the second upload is looked for there, not in the first', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, action: { kind: 'hang' } });
    const outcome = await me.drive({
      beforeRun: (run) => {
        if (run !== 2) return;
        stage.clock.advance(20 * HOUR);
        stage.sandbox.faults.add({ ...sending, nth: 1, action: { kind: 'lost' } });
      },
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(2);
  });
});

describe('an upload that TikTok gives up', () => {
  it('is made anew where TikTok says that it may', async () => {
    const { stage, me } = await stageInDoubt();
    await stage.quirks({ failTimes: 2, failReason: 'internal' });
    expect((await me.drive()).state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(3);
  });

  it('is asked about where TikTok has forgotten it and shows nothing', async () => {
    const { stage, me } = await stageInDoubt();
    await stage.quirks({ forgetsFinished: true, listDelaySeconds: 9e6 });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['unknown', 'E_UNKNOWN_OUTCOME']);
    expect(postsOf(stage)).toHaveLength(1);
    expect(inits(stage)).toBe(1);
  });

  it('is found in the list where TikTok has forgotten it', async () => {
    const { stage, me } = await stageInDoubt();
    await stage.quirks({ forgetsFinished: true });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]?.id } });
  });

  it('that expired before its end was sent starts again', async () => {
    const { stage, me } = await stageInDoubt();
    const outcome = await me.drive({
      job: { media: mediaFile(25_000_000) },
      beforeRun: (run) => {
        if (run === 1)
          stage.sandbox.faults.add({ ...sending, nth: 3, action: { kind: 'status', status: 403 } });
      },
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
  });
});

describe('chunks', () => {
  const media = () => mediaFile(35_000_123);

  it.each([1, 2, 3])('go on from where TikTok is after number %i was cut', async (nth) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, nth, action: { kind: 'cut-upload', bytes: 5_000_000 } });
    const outcome = await me.drive({ job: { media: media() } });
    expect(outcome.state).toBe('published');
    expect(puts(stage)).toHaveLength(4);
    expect(inits(stage)).toBe(1);
    expect(postsOf(stage)[0]?.sha256).toBe(media().sha256);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it.each([1, 2, 3])('go on from where TikTok is after the answer to number %i was lost', async (nth) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, nth, action: { kind: 'lost' } });
    const outcome = await me.drive({ job: { media: media() } });
    expect(outcome.state).toBe('published');
    expect(puts(stage)).toHaveLength(3);
    expect(postsOf(stage)[0]?.sha256).toBe(media().sha256);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('an interrupted upload that gets further uses no attempt up', async () => {
    const { stage, me } = await stageInDoubt();
    for (const nth of [2, 3, 4, 5]) stage.sandbox.faults.add({ ...sending, nth, action: { kind: 'hang' } });
    const outcome = await me.drive({ job: { media: mediaFile(60_000_000) }, attempts: 4 });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('of an upload whose address has ended begin again from the first', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, nth: 2, action: { kind: 'hang' } });
    const outcome = await me.drive({
      job: { media: media() },
      beforeRun: (run) => {
        if (run === 2) stage.clock.advance(90 * MINUTE);
      },
    });
    expect(outcome.state).toBe('published');
    expect(inits(stage)).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('of a file that was made anew begin again from the first', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...sending, nth: 2, action: { kind: 'hang' } });
    const other = mediaFile(34_000_000);
    const job = me.request({ media: media() });
    const beforeRun = (run: number) => {
      if (run === 2) job.media = other;
    };
    const outcome = await driveJob(tiktok, job, stage.clock, { beforeRun });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage).map(({ sha256 }) => sha256)).toEqual([other.sha256]);
  });
});
