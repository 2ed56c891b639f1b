import { beforeEach, describe, expect, it } from 'vitest';
import { ask, clip, clock, complaints, did, home, password, pull, service } from './bluesky-bench.ts';

describe('the video service', () => {
  let token: string;
  beforeEach(async () => {
    token = await password();
  });

  async function serviceToken(
    lxm: string,
    aud = 'did:web:morel.us-east.host.bsky.network',
    seconds = 1800,
  ): Promise<string> {
    const exp = Math.floor(clock.now() / 1000) + seconds;
    const { body } = await ask(
      `${home}/xrpc/com.atproto.server.getServiceAuth?${new URLSearchParams({ aud, lxm, exp: String(exp) })}`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    return String(body['token']);
  }

  const upload = async (bytes = clip, aud?: string, seconds?: number) =>
    ask(`${service}/xrpc/app.bsky.video.uploadVideo?did=${did}&name=x.mp4`, {
      headers: {
        authorization: `Bearer ${await serviceToken('com.atproto.repo.uploadBlob', aud, seconds)}`,
        'content-type': 'video/mp4',
      },
      body: bytes,
    });
  const status = async (jobId: unknown) =>
    (await ask(`${service}/xrpc/app.bsky.video.getJobStatus?jobId=${jobId}`)).body['jobStatus'] as Record<
      string,
      unknown
    >;
  const limits = async () =>
    ask(`${service}/xrpc/app.bsky.video.getUploadLimits`, {
      headers: {
        authorization: `Bearer ${await serviceToken('app.bsky.video.getUploadLimits', 'did:web:video.bsky.app', 60)}`,
      },
    });

  it('answers an upload bare and a question wrapped, and goes through its states', async () => {
    const { status: code, body } = await upload();
    expect([code, body]).toEqual([200, { jobId: expect.any(String), did, state: 'JOB_STATE_CREATED' }]);
    const seen = new Set<unknown>();
    let job = await status(body['jobId']);
    for (; job['blob'] === undefined; job = await status(body['jobId'])) {
      seen.add(job['state']);
      clock.advance(400);
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['JOB_STATE_ENCODING', 'JOB_STATE_SCANNING', 'JOB_STATE_UPLOADING']),
    );
    expect(job).toMatchObject({
      state: 'JOB_STATE_COMPLETED',
      progress: 100,
      blob: { $type: 'blob', mimeType: 'video/mp4' },
    });
    const again = await upload();
    expect([again.status, again.body]).toMatchObject([
      409,
      { jobId: body['jobId'], error: 'already_exists', state: 'JOB_STATE_COMPLETED' },
    ]);
    expect(again.body).not.toHaveProperty('blob');
  });

  it.each([
    ['for another server', 'did:web:elsewhere.example', 1800],
    ['that ends too early', undefined, 2],
  ])('can’t write into the account’s server with a token %s', async (_name, aud, seconds) => {
    const { body } = await upload(clip, aud, seconds);
    clock.advance(10_000);
    expect(await status(body['jobId'])).toMatchObject({
      state: 'JOB_STATE_FAILED',
      failureCode: 'pds_upload_failure',
    });
  });

  it.each([
    ['encoding_failure', { jobOutcome: 'failed:encoding_failure' }],
    ['pds_upload_unsupported_blob_size', { blobLimitBytes: 900 }],
  ])('fails with %s', async (failureCode, quirks) => {
    await pull('quirks', quirks);
    const { body } = await upload();
    clock.advance(10_000);
    expect(await status(body['jobId'])).toMatchObject({ state: 'JOB_STATE_FAILED', failureCode });
    // Work that failed is done anew.
    expect((await upload()).status).toBe(200);
  });

  it('refuses as it does', async () => {
    expect((await ask(`${service}/xrpc/app.bsky.video.getUploadLimits`)).status).toBe(401);
    expect((await limits()).body).toEqual({
      canUpload: true,
      remainingDailyVideos: 25,
      remainingDailyBytes: 10_000_000_000,
    });
    await pull('quirks', { emailConfirmed: false });
    expect((await upload()).body).toEqual({
      jobStatus: { did: '', jobId: '', state: '', error: 'unconfirmed_email' },
    });
    await pull('quirks', { emailConfirmed: true, profileFound: false });
    expect([(await limits()).status, (await limits()).body['error']]).toEqual([401, 'profile_not_found']);
    await pull('quirks', { profileFound: true, tellsRemaining: false });
    expect((await limits()).body).toEqual({ canUpload: true });
    await pull('quirks', { videosPerDay: 0 });
    expect((await limits()).body).toMatchObject({
      canUpload: false,
      message: 'User has exceeded daily upload videos limit',
    });
    await pull('quirks', { videoService: false });
    expect((await upload()).status).toBe(404);
  });

  it('complains of an account’s own token', async () => {
    await ask(`${service}/xrpc/app.bsky.video.getUploadLimits`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(complaints()).toEqual([`credentials of an account were sent to ${service}`]);
  });
});
