import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { mediaFile, openStage, type SignedIn, type Stage, video } from './bluesky-stage.ts';
import type { Outcome } from './memory-run.ts';

let stage: Stage;
let me: SignedIn;

beforeEach(async () => {
  stage = openStage();
  me = await stage.login();
  stage.requests.length = 0;
});

const posts = () => stage.sandbox.posts();
const sent = (method: string) => stage.sent(method).length;
const expectOnePost = (outcome: Outcome) => stage.expectOnePost(outcome);
const PUT = 'com.atproto.repo.putRecord';
const PLAIN = 'com.atproto.repo.uploadBlob';
const VIDEO = 'app.bsky.video.uploadVideo';
const STATUS = 'app.bsky.video.getJobStatus';

describe('the upload', () => {
  it('waits as long as the service works', async () => {
    await stage.quirks({ processingMs: 20 * MINUTE });
    const began = stage.clock.now();
    expectOnePost(await me.drive());
    expect(stage.clock.now() - began).toBeLessThan(21 * MINUTE);
    expect(sent(STATUS)).toBeLessThan(100);
  });

  it.each([true, false])('reads the answer wrapped or bare (%s)', async (wrapsUpload) => {
    await stage.quirks({ wrapsUpload });
    expectOnePost(await me.drive());
  });

  it.each([true, false])('goes on with the work on bytes that it sent before', async (knownWithBlob) => {
    await stage.quirks({ knownWithBlob });
    stage.sandbox.faults.add({ path: `/xrpc/${VIDEO}`, nth: 1, action: { kind: 'lost' } });
    expectOnePost(await me.drive());
    expect(sent(VIDEO)).toBe(2);
    expect(await stage.pull('jobs')).toHaveLength(1);
  });

  it.each(['failed:generic_failure', 'failed:encoding_failure', 'lost'])(
    'is made anew when the service ended with %s',
    async (jobOutcome) => {
      await stage.quirks({ jobOutcome });
      stage.justBefore(VIDEO, () => stage.quirks({ jobOutcome: 'completed' }), 2);
      const outcome = await me.drive();
      expectOnePost(outcome);
      expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
      expect(sent(VIDEO)).toBe(2);
    },
  );

  it('goes past a service that stands still for an hour', async () => {
    await stage.quirks({ jobOutcome: 'stuck' });
    const began = stage.clock.now();
    expectOnePost(await me.drive());
    expect([sent(VIDEO), sent(PLAIN)]).toEqual([1, 1]);
    expect(stage.clock.now() - began).toBeGreaterThan(HOUR);
  });

  it('waits for it where the account’s server takes no file of this size', async () => {
    await stage.quirks({ jobOutcome: 'stuck', blobLimitBytes: 4000 });
    const began = stage.clock.now();
    const outcome = await me.drive({
      maxRuns: 400,
      beforeRun: async () => {
        if (stage.clock.now() - began > 3 * HOUR) await stage.quirks({ blobLimitBytes: 6000 });
      },
    });
    expectOnePost(outcome);
    expect(outcome.waits.every((wait) => wait === 'processing E_NOT_YET')).toBe(true);
  });

  it('gives up on a video that is refused', async () => {
    await stage.quirks({ jobOutcome: 'failed:validation_failure' });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(sent(VIDEO)).toBe(1);
  });

  it.each([
    ['there is no video service', { videoService: false }],
    ['the service does not know the account', { profileFound: false }],
    ['the service can’t write into the server', { jobOutcome: 'failed:pds_upload_failure' }],
    // The token that lets it write ends after half an hour.
    ['the service took too long to write', { processingMs: 40 * MINUTE }],
  ])('goes straight to the account’s server where %s', async (_name, quirks) => {
    await stage.quirks(quirks);
    expectOnePost(await me.drive());
    expect(sent(PLAIN)).toBe(1);
  });

  it('says when the file is too big for the account’s server', async () => {
    await stage.quirks({ blobLimitBytes: 4000 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.message).toContain('too big for the account’s server');
  });

  it('sends the file again where it was swept away before the post', async () => {
    stage.justBefore(PUT, () => stage.pull('dropBlobs'));
    expectOnePost(await me.drive());
    expect([sent(VIDEO), sent(PLAIN), sent(PUT)]).toEqual([1, 1, 2]);
  });

  it('begins anew by the service where the swept file is too big for the server', async () => {
    await stage.quirks({ blobLimitBytes: 6000 });
    stage.justBefore(PUT, async () => {
      await stage.pull('dropBlobs');
      await stage.quirks({ blobLimitBytes: 4000 });
    });
    stage.justBefore(VIDEO, () => stage.quirks({ blobLimitBytes: 6000 }), 2);
    // The service would only point to its old work: here it has forgotten the bytes too.
    stage.justBefore(VIDEO, () => stage.pull('forgetJobs'), 2);
    const outcome = await me.drive();
    expectOnePost(outcome);
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect([sent(VIDEO), sent(PLAIN), sent(PUT)]).toEqual([2, 1, 2]);
  });
});

describe('what the account may do', () => {
  it.each([
    ['unconfirmed e-mail', { emailConfirmed: false }],
    ['a new account', { uploadRefusal: 'Account is not old enough to upload videos' }],
    ['an account that may not', { uploadRefusal: 'User is not allowed to upload videos' }],
  ])('%s waits for its person, with nothing sent', async (_name, quirks) => {
    await stage.quirks(quirks);
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_ACCOUNT_BLOCKED', class: 'auth' } });
    expect([sent(VIDEO), sent(PLAIN)]).toEqual([0, 0]);
  });

  it.each([
    ['the day’s videos', { videosPerDay: 1 }],
    ['the day’s bytes', { bytesPerDay: 9000 }],
    ['the day’s bytes, told as a number', { bytesPerDay: 9000, tellsRemaining: true }],
  ])('waits when %s are used up', async (_name, quirks) => {
    await me.drive();
    await stage.quirks(quirks);
    const outcome = await me.drive({ job: { video: { ...video, remoteId: '2' }, media: mediaFile(5500) } });
    expect(outcome.state).toBe('published');
    expect(outcome.waits.some((wait) => wait.startsWith('quota'))).toBe(true);
    expect(posts()).toHaveLength(2);
  });

  it('waits while uploads are switched off, and then goes on', async () => {
    await stage.quirks({ uploadRefusal: 'Uploading is disabled at the moment' });
    const outcome = await me.drive({
      beforeRun: async (run) => void (run === 3 && (await stage.quirks({ uploadRefusal: '' }))),
    });
    expectOnePost(outcome);
    expect(outcome.waits.filter((wait) => wait === 'backoff E_PLATFORM_DOWN')).toHaveLength(2);
  });

  it('reads the room of the day', async () => {
    const read = () => bluesky.readLimits!({ http: me.http, account: me.account, clock: stage.clock });
    expect(await read()).toEqual([{ bucket: 'videos', remaining: 25 }]);
    await me.drive();
    expect(await read()).toEqual([{ bucket: 'videos', remaining: 24 }]);
    await stage.quirks({ tellsRemaining: false });
    expect(await read()).toEqual([]);
    await stage.quirks({ videoService: false });
    expect(await read()).toEqual([]);
  });

  it('hears of the server’s windows, and waits for the one that is full', async () => {
    await stage.quirks({ pointsPerHour: 3, requestsPer5Min: 3000 });
    await me.drive();
    expect(me.readings).toContainEqual(expect.objectContaining({ bucket: 'requests', max: 3000 }));
    const began = stage.clock.now();
    const outcome = await me.drive({ job: { video: { ...video, remoteId: '2' }, media: mediaFile(5600) } });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(stage.clock.now() - began).toBeGreaterThan(50 * MINUTE);
    expect(stage.clock.now() - began).toBeLessThan(2 * HOUR);
  });
});
