import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import {
  countOf,
  openStage,
  postsOf,
  type SignedIn,
  type Stage,
  sendings,
  textOf,
  uploads,
} from './mastodon-stage.ts';
import { driveJob } from './memory-run.ts';

const posting = { method: 'POST', path: 'statuses$', times: 1 };
const lookUps = (stage: Stage) => countOf(stage, 'GET', /\/statuses$/u);

/** Mastodon's language without its keys, and without a way to ask for an upload. */
const foreign = {
  version: '2.7.2 (compatible; Other 0.12.4)',
  honoursKeys: false,
  askable: false,
  readyAtOnce: true,
  listSeconds: 10,
};

async function stageInDoubt(quirks: object = {}): Promise<{ stage: Stage; me: SignedIn }> {
  const stage = openStage();
  await stage.quirks(quirks);
  return { stage, me: await stage.login() };
}

/** Moves the clock once, between the first sending of the post and the run after it. */
function afterSending(stage: Stage, ms: number, also?: () => Promise<unknown>) {
  let done = false;
  return async () => {
    if (done || sendings(stage) === 0) return;
    done = true;
    stage.clock.advance(ms);
    await also?.();
  };
}

const landed: [string, FaultAction][] = [
  ['its answer was lost', { kind: 'lost' }],
  ['503 after all', { kind: 'status-after', status: 503, body: { error: 'There was a temporary problem' } }],
  ['a page of the proxy', { kind: 'status-after', status: 502, body: '<html>Bad Gateway</html>' }],
  ['a 200 that says nothing', { kind: 'garbage', processed: true }],
  ['an answer cut short', { kind: 'truncate' }],
  ['no answer in time', { kind: 'hang', processed: true }],
  ['200 without an id', { kind: 'status-after', status: 200, body: { content: '<p>x</p>' } }],
  ['200 and null', { kind: 'status-after', status: 200, body: 'null' }],
];

const notLanded: [string, FaultAction][] = [
  ['refused connection', { kind: 'refuse' }],
  ['503', { kind: 'status', status: 503, body: { error: 'There was a temporary problem' } }],
  ['no answer', { kind: 'hang' }],
  ['garbage', { kind: 'garbage' }],
];

/** How long the process was away after the lost answer. */
const absences: [string, number][] = [
  ['at once', 0],
  ['49 minutes later', 49 * MINUTE],
  ['two hours later', 2 * HOUR],
];

describe.each([
  ['on Mastodon', {}],
  ['on an older Mastodon', { version: '4.1.0', dropsMedia: true }],
  ['on a server without keys', foreign],
])('%s', (_where, quirks) => {
  describe.each(absences)('%s', (_when, away) => {
    it.each(landed)('a sending that landed is found or repeated under its key: %s', async (_name, action) => {
      const { stage, me } = await stageInDoubt(quirks);
      stage.sandbox.faults.add({ ...posting, action });
      const outcome = await me.drive({ beforeRun: afterSending(stage, away) });
      expect(outcome).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]?.id } });
      expect(postsOf(stage)).toHaveLength(1);
      expect(uploads(stage)).toBe(1);
      expect(stage.sandbox.complaints()).toEqual([]);
    });

    it.each(notLanded)('a sending that did not land is sent again, once: %s', async (_name, action) => {
      const { stage, me } = await stageInDoubt(quirks);
      stage.sandbox.faults.add({ ...posting, action });
      const outcome = await me.drive({ beforeRun: afterSending(stage, away) });
      expect(outcome.state).toBe('published');
      expect(outcome.post?.warnings).toBeUndefined();
      expect(postsOf(stage)).toHaveLength(1);
      expect(sendings(stage)).toBe(2);
      expect(uploads(stage)).toBe(1);
    });
  });
});

describe('within the hour, on Mastodon', () => {
  it('the key alone is enough where the list is out of order', async () => {
    const { stage, me } = await stageInDoubt({ listSeconds: 36_000 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    stage.sandbox.faults.add({ method: 'GET', path: 'statuses$', action: { kind: 'status', status: 500 } });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(sendings(stage)).toBe(2);
  });

  it('nothing is waited for', async () => {
    const { stage, me } = await stageInDoubt({ listSeconds: 60 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const began = stage.clock.now();
    await me.drive();
    expect(stage.clock.now() - began).toBeLessThan(15_000);
  });

  it('a second process that sends the same is told to wait, and then has the same post', async () => {
    const { stage, me } = await stageInDoubt({ slowSeconds: 3, readyAtOnce: true });
    const first = me.drive();
    await until(() => sendings(stage) === 1);
    const second = me.drive();
    const [one, other] = await Promise.all([first, second]);
    expect(postsOf(stage)).toHaveLength(1);
    expect(one.state).toBe('published');
    expect(other.post?.id).toBe(one.post?.id);
    expect(new Set(other.waits)).toEqual(new Set(['backoff E_PLATFORM_DOWN']));
  });

  it('the key is counted from before the first sending, however often it is repeated', async () => {
    const { stage, me } = await stageInDoubt({ honoursKeys: true, listSeconds: 10 * 3600 });
    // Lost again and again, 40 minutes apart: the second one is past the hour of the first.
    for (let n = 0; n < 3; n += 1) stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({
      beforeRun: () => {
        if (sendings(stage) > 0) stage.clock.advance(40 * MINUTE);
      },
    });
    expect(postsOf(stage)).toHaveLength(1);
    expect(outcome.state).toBe('unknown');
  });
});

describe('after the hour, on Mastodon', () => {
  it('a post that can’t be found while its upload is gone is a person’s to judge', async () => {
    const { stage, me } = await stageInDoubt({ listSeconds: 10 * 3600 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({ beforeRun: afterSending(stage, 2 * HOUR) });
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(postsOf(stage)).toHaveLength(1);
    expect(sendings(stage)).toBe(1);
  });

  it('an upload that ran out before it was ever in a post is a person’s to judge too', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    const outcome = await me.drive({ beforeRun: afterSending(stage, 30 * HOUR) });
    expect(outcome.state).toBe('unknown');
    expect(postsOf(stage)).toHaveLength(0);
    expect(sendings(stage)).toBe(1);
  });

  it.each([
    ['404', { kind: 'status', status: 404, body: { error: 'Record not found' } }],
    ['503', { kind: 'status', status: 503 }],
    ['garbage', { kind: 'garbage' }],
    ['no list', { kind: 'status', status: 200, body: {} }],
    ['429', { kind: 'status', status: 429, body: { error: 'Too many requests' } }],
  ] as const)('is not sent again while the list of posts answers %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    stage.sandbox.faults.add({ method: 'GET', path: 'statuses$', times: 3, action });
    const outcome = await me.drive({ beforeRun: afterSending(stage, 2 * HOUR) });
    expect(outcome.state).toBe('published');
    expect(sendings(stage)).toBe(1);
    expect(lookUps(stage)).toBe(4);
  });

  it('finds it behind forty newer posts', async () => {
    const { stage, me } = await stageInDoubt({ readyAtOnce: true, uploadLimit: 1000 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({
      beforeRun: afterSending(stage, 2 * HOUR, async () => {
        for (let n = 0; n < 50; n += 1) {
          const video = { ...me.request().video, remoteId: `other-${n}` };
          await driveJob(mastodon, me.request({ video }), stage.clock);
        }
      }),
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(51);
    expect(outcome.post?.id).toBe(postsOf(stage).at(-1)?.id);
  });

  it('never takes another post with the same words for it', async () => {
    const { stage, me } = await stageInDoubt({ readyAtOnce: true });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    const outcome = await me.drive({
      beforeRun: afterSending(stage, 2 * HOUR, async () => {
        const video = { ...me.request().video, remoteId: 'other' };
        await driveJob(mastodon, me.request({ video }), stage.clock);
      }),
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(2);
    expect(outcome.post?.id).toBe(postsOf(stage)[0]?.id);
  });
});

describe('a clock that is wrong', () => {
  it.each([-26 * HOUR, -HOUR, HOUR, 26 * HOUR])('by %i ms doubles nothing', async (wrong) => {
    for (const [away, quirks] of [
      [0, {}],
      [2 * HOUR, {}],
      [0, foreign],
    ] as const) {
      const { stage, me } = await stageInDoubt(quirks);
      stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
      const { clock } = stage;
      const skewed = {
        now: () => clock.now() + wrong,
        sleep: clock.sleep.bind(clock),
        advance: clock.advance.bind(clock),
      };
      const outcome = await driveJob(mastodon, me.request(), skewed, {
        beforeRun: afterSending(stage, away),
      });
      expect(outcome.state).toBe('published');
      expect(postsOf(stage)).toHaveLength(1);
    }
  });

  it('and is set back while the answer was lost doubles nothing', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    let shift = 0;
    const { clock } = stage;
    const moving = {
      now: () => clock.now() + shift,
      sleep: clock.sleep.bind(clock),
      advance: clock.advance.bind(clock),
    };
    const outcome = await driveJob(mastodon, me.request(), moving, {
      // Two hours pass, and the machine believes that it was ten seconds: the key looks young and is not.
      beforeRun: afterSending(stage, 2 * HOUR, async () => {
        shift = 10_000 - 2 * HOUR;
      }),
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
  });
});

describe('on a server without keys', () => {
  it('looks until a post must be there before it sends again', async () => {
    const { stage, me } = await stageInDoubt({ ...foreign, listSeconds: 100 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(sendings(stage)).toBe(1);
    expect(lookUps(stage)).toBeGreaterThan(1);
  });

  it('knows its post by the file’s address where media get new ids', async () => {
    const { stage, me } = await stageInDoubt({ ...foreign, changesMediaIds: true });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    expect(await me.drive()).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]?.id } });
    expect(sendings(stage)).toBe(1);
  });

  it('leaves it to a person where a post has our words and another file', async () => {
    const { stage, me } = await stageInDoubt(foreign);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    const outcome = await me.drive({
      beforeRun: afterSending(stage, 0, async () => {
        const video = { ...me.request().video, remoteId: 'other' };
        await driveJob(mastodon, me.request({ video }), stage.clock);
      }),
    });
    expect(outcome.state).toBe('unknown');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('sends again where the other post has other words', async () => {
    const { stage, me } = await stageInDoubt(foreign);
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    const outcome = await me.drive({
      beforeRun: afterSending(stage, 0, async () => {
        const other = me.request({ text: textOf('Another one') });
        await driveJob(mastodon, other, stage.clock);
      }),
    });
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(2);
  });
});

describe('a post that its person deleted', () => {
  const deleteIt = (stage: Stage) => () => stage.pull('delete', { id: postsOf(stage)[0]?.id });

  it('after its answer was lost is not posted again', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({ beforeRun: afterSending(stage, 0, deleteIt(stage)) });
    expect(outcome.state).toBe('unknown');
    expect(outcome.error?.message).toMatch(/deleted since/u);
    expect(postsOf(stage)).toHaveLength(0);
  });

  it('is posted again when its person wants it, once the server has forgotten the key', async () => {
    const { stage, me } = await stageInDoubt();
    expect((await me.drive()).state).toBe('published');
    await deleteIt(stage)();
    const again = await me.drive();
    expect(again.state).toBe('published');
    expect(again.waits).toContain('backoff E_NOT_YET');
    expect(postsOf(stage)).toHaveLength(1);
  });
});

/** Lets everything that is ready run until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it never came to that');
}
