import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/clock.ts';
import { x } from '../../src/platforms/x.ts';
import { count, MIB, mediaFile, openStage, postsOf, type Stage } from './x-stage.ts';

const postings = (stage: Stage) => count(stage, '/2/tweets');

describe('uploading', () => {
  it('sends segments of 1 MiB and tells how far it is', async () => {
    const stage = openStage();
    const me = await stage.login();
    const told: number[] = [];
    const media = mediaFile(2.5 * MIB);
    const outcome = await me.drive({ job: { media, progress: (done) => told.push(done) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/append')).toBe(3);
    expect(told).toEqual([...told].sort((one, other) => one - other));
    expect(told.at(-1)).toBe(media.bytes);
  });

  it('repeats 64 segments at most after an interruption', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(66 * MIB);
    stage.sandbox.faults.add({ path: 'append$', nth: 66, times: 1, action: { kind: 'lost' } });
    expect((await me.drive({ job: { media } })).state).toBe('published');
    expect(count(stage, '/append')).toBe(66 + 2);
    expect(postsOf(stage)[0]?.sha256).toBe(media.sha256);
  });

  it('takes smaller segments, in a new upload, after a 413', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ segmentBytes: 300_000 });
    const outcome = await me.drive({ job: { media: mediaFile(MIB) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/initialize')).toBe(3);
    expect(outcome.journal.rows().map(({ name }) => name)).toContain('upload in the smallest segments');
  });

  it('gives up where no segment is small enough', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ segmentBytes: 1000 });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
  });

  it('takes the media key from finalize where initialize has none', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ keyAtInitialize: false, duplicateHours: 0 });
    stage.sandbox.faults.add({ path: '^/2/tweets$', times: 1, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('goes on after a finalize whose answer was lost', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ path: 'finalize$', times: 1, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('uploads anew where segments are missing', async () => {
    const stage = openStage();
    const me = await stage.login();
    // An append that claims to have worked and has not.
    stage.sandbox.faults.add({
      path: 'append$',
      times: 1,
      action: { kind: 'status', status: 200, body: { data: {} } },
    });
    const outcome = await me.drive({ job: { media: mediaFile(3 * MIB) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/initialize')).toBe(2);
  });

  it('uploads anew where the file was made anew between two runs', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ path: 'finalize$', times: 1, action: { kind: 'status', status: 503 } });
    const job = me.request();
    const other = mediaFile(6000);
    const changed = {
      ...job,
      get media() {
        return stage.requests.some(({ path }) => path.endsWith('/finalize')) ? other : job.media;
      },
    };
    const { driveJob } = await import('./memory-run.ts');
    expect((await driveJob(x, changed, stage.clock)).state).toBe('published');
    expect(postsOf(stage)[0]?.sha256).toBe(other.sha256);
  });
});

describe('processing', () => {
  it('needs no status where there is nothing to process', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 0 });
    expect((await me.drive()).state).toBe('published');
    expect(stage.requests.filter(({ query }) => query.get('command') === 'STATUS')).toEqual([]);
  });

  it.each(['failed', 'stuck'] as const)('ends on an error: %s', async (processing) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing, processingTimes: 9 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.message).toContain('Unsupported video format');
    expect(count(stage, '/initialize')).toBe(1);
  });

  it.each(['internal-error', 'endless'] as const)('uploads anew after: %s', async (processing) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing, processingTimes: 1 });
    expect((await me.drive()).state).toBe('published');
    expect(count(stage, '/initialize')).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });
});

describe('media that are refused at the post', () => {
  it('are uploaded anew when they expired while a limit was full', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ accessSeconds: 86_400 * 60 });
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run !== 20) return;
        stage.clock.advance(DAY);
        await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 5 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits.filter((wait) => wait === 'backoff E_HANDLE_EXPIRED')).toHaveLength(1);
    expect(outcome.journal.rows().filter(({ name }) => name === 'initialize')).toHaveLength(1);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('are uploaded anew when X lost them before their time', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ mediaSeconds: 600 });
    const data = {
      id: '1',
      expires_after_secs: 86_400,
      processing_info: { state: 'pending', check_after_secs: 1 },
    };
    stage.sandbox.faults.add({
      path: 'finalize$',
      times: 1,
      action: { kind: 'status-after', status: 200, body: { data } },
    });
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    const outcome = await me.drive({
      beforeRun: async () => {
        if (postings(stage) > 0) await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 100 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('are waited for where X is not done with them after all', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 60 });
    const data = { id: '1', expires_after_secs: 86_400 };
    stage.sandbox.faults.add({
      path: 'finalize$',
      times: 1,
      action: { kind: 'status-after', status: 200, body: { data } },
    });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({
      state: 'published',
      waits: expect.arrayContaining(['processing E_NOT_YET']),
    });
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('are refused for good where X still has them', async () => {
    const stage = openStage();
    const me = await stage.login();
    const body = {
      errors: [{ parameters: { 'media.media_ids': ['[1]'] }, message: 'Your media IDs are invalid.' }],
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: 'https://api.twitter.com/2/problems/invalid-request',
    };
    stage.sandbox.faults.add({
      path: '^/2/tweets$',
      times: 1,
      action: { kind: 'status', status: 400, body },
    });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('are too long for this account: known only now', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({ job: { media: mediaFile(5000, 21 * 60) } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.hint).toContain('maxSeconds');
  });

  it('are not even uploaded where the rule has a limit of its own', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({ job: { media: mediaFile(5000, 141), options: { maxSeconds: 140 } } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_UNFIT' } });
    expect(count(stage, '/initialize')).toBe(0);
  });
});
