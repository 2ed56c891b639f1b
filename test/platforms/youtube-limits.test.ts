import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/core/clock.ts';
import { openStage, type Stage } from './youtube-stage.ts';

/** How often an upload was asked for, with a token that was still good. */
const openings = (stage: Stage) =>
  stage.sandbox
    .requests()
    .filter(({ method, path, status }) => method === 'POST' && path.startsWith('/upload') && status !== 401)
    .length;

describe('a limit of YouTube’s is a wait, never a failure of the video', () => {
  it('the project’s uploads of the day: until midnight in California, without asking in between', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('drain', { bucket: 'uploads' });
    const { state, waits } = await me.drive({ attempts: 1 });
    expect({ state, first: waits[0] }).toEqual({ state: 'published', first: 'quota E_QUOTA' });
    expect(stage.sandbox.posts()[0]!.publishedAt).toBe(Date.UTC(2026, 10, 23, 8));
    expect(openings(stage)).toBe(2);
    expect(me.readings).toMatchObject([{ bucket: 'uploads', blockedUntil: Date.UTC(2026, 10, 23, 8) }]);
  });

  it('the channel’s own uploads: a day', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ channelPerDay: 1 });
    await me.drive({ job: { video: { ...me.request().video, remoteId: '1' } } });
    const start = stage.clock.now();
    const { state, waits } = await me.drive({ attempts: 1 });
    expect({ state, first: waits[0] }).toEqual({ state: 'published', first: 'quota E_QUOTA' });
    expect(stage.sandbox.posts()[0]!.publishedAt - start).toBe(DAY);
    expect(openings(stage)).toBe(3);
  });

  it('calls per minute: a minute', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ callsPerMinute: 2 });
    const start = stage.clock.now();
    expect((await me.drive({ attempts: 1 })).state).toBe('published');
    const { state, waits } = await me.drive({
      job: { video: { ...me.request().video, remoteId: '1' } },
      attempts: 1,
    });
    expect({ state, first: waits[0] }).toEqual({ state: 'published', first: 'backoff E_RATE_LIMIT' });
    expect(stage.clock.now() - start).toBeGreaterThanOrEqual(MINUTE);
  });

  it('units of the day: no reason to hold a video that is out back', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('drain', { bucket: 'units' });
    const start = stage.clock.now();
    expect((await me.drive({ attempts: 1 })).state).toBe('published');
    expect(stage.clock.now()).toBe(start);
  });

  it('units of the day: look-ups after a lost answer wait for midnight, and nothing is sent twice', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('drain', { bucket: 'units' });
    await stage.quirks({ forgetsFinished: true });
    stage.sandbox.faults.add({ method: 'PUT', nth: 1, action: 'lost' });
    const { state, waits } = await me.drive({ attempts: 2 });
    expect({ state, waits: waits.slice(0, 2) }).toEqual({
      state: 'published',
      waits: ['backoff E_NO_ANSWER', 'quota E_QUOTA'],
    });
    expect(stage.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 23, 8));
    expect(stage.sandbox.posts()).toHaveLength(1);
  });
});
