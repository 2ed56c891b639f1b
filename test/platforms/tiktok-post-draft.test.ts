import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/clock.ts';
import { count, initOf, openStage, postsOf } from './tiktok-post-stage.ts';

describe('a draft', () => {
  const job = { options: { mode: 'draft' } };

  it('lies in the inbox until its person has posted it; then it is the post', async () => {
    const stage = openStage();
    const me = await stage.login();
    let posted: { video?: string } = {};
    const outcome = await me.drive({
      job,
      beforeRun: async (run) => {
        if (run === 8)
          posted = (await stage.pull('finishDraft', { caption: 'in my own words' })) as typeof posted;
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.post?.id).toBe(posted.video);
    expect(count(stage, '/inbox/video/init/')).toBe(1);
    expect(count(stage, '/creator_info/query/')).toBe(0);
    expect(initOf(stage)['post_info']).toBeUndefined();
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('is free of the audit', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ audited: false });
    const outcome = await me.drive({
      job,
      beforeRun: async (run) => {
        if (run === 6) await stage.pull('finishDraft', { caption: 'mine' });
      },
    });
    expect(outcome).toMatchObject({ state: 'published', post: { url: expect.stringContaining('/video/') } });
  });

  it('that its person throws away is not posted, and that is said', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({
      job,
      beforeRun: async (run) => {
        if (run === 6) await stage.pull('finishDraft', { discard: true });
      },
    });
    expect(outcome.state).toBe('unknown');
    expect(outcome.error?.message).toMatch(/cancelled in the TikTok app/);
    expect(postsOf(stage)).toEqual([]);
  });

  it('that nobody touches is given up after a week', async () => {
    const stage = openStage();
    const me = await stage.login();
    const startedAt = stage.clock.now();
    const outcome = await me.drive({ job, maxRuns: 3000 });
    expect(outcome.state).toBe('unknown');
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(7 * DAY);
  });
});
