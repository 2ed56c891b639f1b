import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import { MIB, mediaFile, openStage, type Stage } from './youtube-stage.ts';

const put = { method: 'PUT', path: '/upload/' } as const;

/** Complaints would mean that the client broke the protocol while it recovered. */
function expectOnePost(stage: Stage) {
  expect(stage.sandbox.posts()).toHaveLength(1);
  expect(stage.sandbox.complaints()).toEqual([]);
}

describe('when the answer to the last bytes is lost', () => {
  it('takes the video that the session tells of', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ ...put, nth: 1, action: 'lost' });
    const { state, post, waits } = await me.drive();
    expect({ state, waits: waits[0] }).toEqual({ state: 'published', waits: 'backoff E_NO_ANSWER' });
    expect(post!.id).toBe(stage.sandbox.posts()[0]!.id);
    expectOnePost(stage);
  });

  it('sends the rest again where the session still wants bytes', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(3 * MIB);
    stage.sandbox.faults.add({ ...put, nth: 1, action: { kind: 'cut-upload', bytes: MIB + 5 } });
    expect((await me.drive({ job: { media } })).state).toBe('published');
    expect(stage.sandbox.posts()[0]!.sha256).toBe(media.sha256);
    const ranges = stage.requests.map(({ headers }) => headers['content-range']).filter(Boolean);
    expect(ranges.at(-1)).toBe(`bytes ${MIB}-${3 * MIB - 1}/${3 * MIB}`);
    expectOnePost(stage);
  });

  it.each([404, 410])(
    'finds it by its mark in the uploads when the session is gone (%i)',
    async (goneStatus) => {
      const stage = openStage();
      const me = await stage.login();
      await stage.quirks({ goneStatus, listDelayMs: 3 * MINUTE });
      stage.sandbox.faults.add({ ...put, nth: 1, action: 'lost' });
      const { state, post } = await me.drive({
        beforeRun: async (run) => {
          if (run === 2) await stage.pull('expireSessions');
        },
      });
      expect(state).toBe('published');
      expect(post!.id).toBe(stage.sandbox.posts()[0]!.id);
      expectOnePost(stage);
    },
  );

  it('uploads anew where the session is gone and nothing came of it, but not before the list can tell', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ ...put, nth: 1, action: { kind: 'cut-upload', bytes: 100 } });
    const start = stage.clock.now();
    const { state } = await me.drive({
      beforeRun: async (run) => {
        if (run === 2) await stage.pull('expireSessions');
      },
    });
    expect(state).toBe('published');
    expect(stage.clock.now() - start).toBeGreaterThan(15 * MINUTE);
    expectOnePost(stage);
  });

  it('never takes somebody else’s newest video for its own', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ ...put, nth: 1, action: 'refuse' });
    const { text } = me.request();
    const other = await me.drive({
      job: {
        media: mediaFile(4000),
        text: { ...text, title: 'By hand' },
        video: { ...me.request().video, remoteId: '9' },
      },
    });
    stage.sandbox.faults.add({ ...put, nth: 1, action: { kind: 'cut-upload', bytes: 10 } });
    const { state, post } = await me.drive({
      beforeRun: async (run) => {
        if (run === 2) await stage.pull('expireSessions');
      },
    });
    expect(state).toBe('published');
    expect(post!.id).not.toBe(other.post!.id);
    expect(stage.sandbox.posts()).toHaveLength(2);
  });

  it('waits for the size of a video of the same title that lost its mark', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ fileDetailsMs: 20 * MINUTE });
    stage.sandbox.faults.add({ ...put, nth: 1, action: 'lost' });
    const { state, post, waits } = await me.drive({
      beforeRun: async (run) => {
        if (run !== 2) return;
        await stage.pull('expireSessions');
        // The owner edits the tags in the Studio.
        const posts = stage.sandbox.posts();
        await stage.pull('edit', { id: posts[0]!.id, tags: [] });
      },
    });
    expect({ state, id: post!.id }).toEqual({ state: 'published', id: stage.sandbox.posts()[0]!.id });
    expect(waits.length).toBeGreaterThan(15);
    expectOnePost(stage);
  });

  it('looks in the list before it believes a 404 to the last bytes', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({
      ...put,
      nth: 1,
      action: { kind: 'status-after', status: 404, body: '<html>' },
    });
    expect((await me.drive()).state).toBe('published');
    expectOnePost(stage);
  });

  it('looks in the list before it believes a 404 to the bytes sent once more', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ ...put, nth: 1, action: { kind: 'cut-upload', bytes: 10 } });
    stage.sandbox.faults.add({
      ...put,
      nth: 3,
      action: { kind: 'status-after', status: 404, body: '<html>' },
    });
    expect((await me.drive()).state).toBe('published');
    expectOnePost(stage);
  });

  it('opens a new session at once where the old one expired before its end was ever sent', async () => {
    const stage = openStage();
    const me = await stage.login();
    const { state, waits } = await me.drive({
      beforeRun: async (run, journal) => {
        if (run === 1) journal.crashAt(2, 'before');
        if (run === 2) await stage.pull('expireSessions');
      },
    });
    expect({ state, waits: waits.slice(0, 2) }).toEqual({
      state: 'published',
      waits: ['crash', 'backoff E_HANDLE_EXPIRED'],
    });
    expectOnePost(stage);
  });

  it('starts a big upload anew where its session expired in the middle', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(17 * MIB);
    stage.sandbox.faults.add({ ...put, nth: 2, action: 'lost' });
    const { state } = await me.drive({
      job: { media },
      beforeRun: async (run) => {
        if (run === 2) await stage.pull('expireSessions');
      },
    });
    expect(state).toBe('published');
    expect(stage.sandbox.posts()[0]!.sha256).toBe(media.sha256);
    expectOnePost(stage);
  });

  it('never mixes two files in one session', async () => {
    const stage = openStage();
    const me = await stage.login();
    const first = mediaFile(17 * MIB);
    const second = mediaFile(17 * MIB + 99);
    stage.sandbox.faults.add({ ...put, nth: 2, action: 'lost' });
    const half = await me.drive({ job: { media: first }, maxRuns: 1 }).catch(() => 'stopped');
    expect(half).toBe('stopped');
    const job = { media: first };
    const { state } = await me.drive({
      job,
      beforeRun: (run, journal) => {
        if (run === 1) journal.crashAt(3, 'before');
        if (run === 2) job.media = second;
      },
    });
    expect(state).toBe('published');
    expectOnePost(stage);
  });

  it('opens another session after a day where the first failed by the channel’s limit', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ ...put, nth: 1, action: 'refuse' });
    const start = stage.clock.now();
    const { state } = await me.drive({
      beforeRun: async (run) => {
        if (run === 2) await stage.pull('failSessions', { status: 400, reason: 'uploadLimitExceeded' });
      },
    });
    expect(state).toBe('published');
    expect(stage.clock.now() - start).toBeGreaterThan(15 * MINUTE);
    expectOnePost(stage);
  });

  it('lets a failed session go where its end was never sent', async () => {
    const stage = openStage();
    const me = await stage.login();
    const start = stage.clock.now();
    const { state, waits } = await me.drive({
      beforeRun: async (run, journal) => {
        if (run === 1) journal.crashAt(2, 'before');
        if (run === 2) await stage.pull('failSessions', { status: 400, reason: 'uploadLimitExceeded' });
      },
    });
    expect({ state, waits: waits.slice(0, 2) }).toEqual({
      state: 'published',
      waits: ['crash', 'backoff E_QUOTA'],
    });
    expect(stage.clock.now() - start).toBeGreaterThanOrEqual(24 * HOUR);
    expectOnePost(stage);
  });
});

const actions: Readonly<Record<string, FaultRule['action']>> = {
  refused: 'refuse',
  lost: 'lost',
  garbage: 'garbage',
  'garbage after it was done': { kind: 'garbage', processed: true },
  truncated: 'truncate',
  'cut short': 'cut-body',
  'cut upload': { kind: 'cut-upload', bytes: 300_000 },
  '500': { kind: 'status', status: 500 },
  '500 after it was done': { kind: 'status-after', status: 500 },
  '503 page': { kind: 'status', status: 503, headers: { 'retry-after': '30' }, body: '<html>' },
  '502 after it was done': { kind: 'status-after', status: 502, body: '' },
  '429': { kind: 'status', status: 429 },
  '401': { kind: 'status', status: 401 },
  '404 after it was done': { kind: 'status-after', status: 404, body: '<html>' },
};

describe('whatever happens at whichever point', () => {
  for (const bytes of [5000, 9 * MIB])
    it.each(['before', 'after'] as const)(`a crash %s any write, ${bytes} bytes`, async (when) => {
      for (let nth = 1; ; nth += 1) {
        const stage = openStage();
        const me = await stage.login();
        const { state, waits } = await me.drive({
          job: { media: mediaFile(bytes) },
          beforeRun: (run, journal) => {
            if (run === 1) journal.crashAt(nth, when);
          },
        });
        expect(`write ${nth}: ${state}`).toBe(`write ${nth}: published`);
        expectOnePost(stage);
        if (!waits.includes('crash')) break;
      }
    });

  it.each(Object.keys(actions))('any request: %s', async (name) => {
    for (let nth = 1; ; nth += 1) {
      const stage = openStage();
      const me = await stage.login();
      stage.sandbox.faults.add({ origin: 'https://www.googleapis.com', nth, action: actions[name]! });
      const { state, error } = await me.drive({ job: { media: mediaFile(9 * MIB) } });
      const [rule] = stage.sandbox.faults.rules();
      const said = `request ${nth}: ${state} ${error?.code ?? ''}`;
      // A 401 that stays after the renewal wants a person; the job is kept.
      if (state === 'waiting') expect(said).toMatch(/E_LOGIN_NEEDED/u);
      else {
        expect(said).toMatch(/: published $/u);
        expectOnePost(stage);
      }
      if (rule!.fired === 0) break;
    }
  });

  it('every pair of a lost request and a crash, with the session gone in between or not', async () => {
    for (const expires of [false, true])
      for (let lost = 1; lost <= 6; lost += 1)
        for (let write = 1; write <= 7; write += 1) {
          const stage = openStage();
          const me = await stage.login();
          stage.sandbox.faults.add({ origin: 'https://www.googleapis.com', nth: lost, action: 'lost' });
          const { state } = await me.drive({
            beforeRun: async (run, journal) => {
              if (run === 1) journal.crashAt(write, 'after');
              if (run === 2 && expires) await stage.pull('expireSessions');
            },
          });
          expect(`${expires} ${lost} ${write}: ${state}`).toBe(`${expires} ${lost} ${write}: published`);
          expectOnePost(stage);
        }
  });
});
