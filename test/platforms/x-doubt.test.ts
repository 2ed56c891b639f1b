import { describe, expect, it } from 'vitest';
import { HOUR, SECOND } from '../../src/core/clock.ts';
import { idAt, timeOf } from '../../src/platforms/x-timeline.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { openStage, type Stage, textOf } from './x-stage.ts';

const posting = { method: 'POST', path: '^/2/tweets$', times: 1 };
const postsOf = ({ sandbox }: Stage) => sandbox.posts().filter(({ platform }) => platform === 'x');
const sendings = ({ requests }: Stage) =>
  requests.filter(({ method, path }) => method === 'POST' && path === '/2/tweets').length;
const lookUps = ({ requests }: Stage) =>
  requests.filter(({ path }) => path.endsWith('/tweets') && path !== '/2/tweets');

describe('ids', () => {
  it('hold their time', () => {
    expect(idAt(Date.UTC(2026, 10, 22))).toBe('2124291769758646272');
    expect(timeOf('2124291769758646272')).toBe(Date.UTC(2026, 10, 22));
    expect(timeOf('2124291769758646273')).toBe(Date.UTC(2026, 10, 22));
    expect(idAt(0)).toBe('1');
  });
});

/** The filter of duplicates is off: it would hide a second sending. */
async function stageInDoubt(listSeconds = 10) {
  const stage = openStage();
  const me = await stage.login();
  await stage.quirks({ duplicateHours: 0, listSeconds });
  return { stage, me };
}

const landed: [string, FaultAction][] = [
  ['its answer was lost', { kind: 'lost' }],
  ['503 after all', { kind: 'status-after', status: 503 }],
  ['a page of the proxy', { kind: 'status-after', status: 520, body: '<html>cloudflare</html>' }],
  ['a 200 that says nothing', { kind: 'garbage', processed: true }],
  ['an answer cut short', { kind: 'truncate' }],
  ['no answer in time', { kind: 'hang', processed: true }],
  ['201 without an id', { kind: 'status-after', status: 201, body: { data: { text: 'x' } } }],
  ['201 with errors only', { kind: 'status-after', status: 201, body: { errors: [{ title: 'Partial' }] } }],
];

describe('a sending that landed', () => {
  for (const listSeconds of [0, 10, 100])
    it.each(landed)(`is found, listed after ${listSeconds} s: %s`, async (_name, action) => {
      const { stage, me } = await stageInDoubt(listSeconds);
      stage.sandbox.faults.add({ ...posting, action });
      const outcome = await me.drive();
      expect(postsOf(stage)).toHaveLength(1);
      expect(outcome).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]!.id } });
      expect(sendings(stage)).toBe(1);
    });

  it('is found under another prefix of its media key', async () => {
    const { stage, me } = await stageInDoubt();
    await stage.quirks({ timelinePrefix: '13_' });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(sendings(stage)).toBe(1);
  });

  it('is found among many newer posts', async () => {
    const { stage, me } = await stageInDoubt();
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 1000 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive({
      beforeRun: async (_run, journal) => {
        if (sendings(stage) !== 1 || !journal.rows().some(({ kind }) => kind === 'commit')) return;
        for (let n = 0; n < 130; n += 1)
          await me.http.send({ url: 'https://api.x.com/2/tweets', json: { text: `by hand ${n}` } });
        stage.clock.advance(10 * SECOND);
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.post?.id).toBe(postsOf(stage).at(-1)?.id);
    expect(lookUps(stage).some(({ query }) => query.has('pagination_token'))).toBe(true);
  });

  it.each([6 * HOUR, -6 * HOUR, 72 * HOUR, -72 * HOUR])(
    'is found by a machine whose clock is wrong by %i ms',
    async (wrong) => {
      const { stage, me } = await stageInDoubt();
      stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
      const { clock } = stage;
      const skewed = {
        now: () => clock.now() + wrong,
        sleep: clock.sleep.bind(clock),
        advance: clock.advance.bind(clock),
      };
      const { driveJob } = await import('./memory-run.ts');
      const { x } = await import('../../src/platforms/x.ts');
      expect((await driveJob(x, me.request(), skewed)).state).toBe('published');
      expect(postsOf(stage)).toHaveLength(1);
      expect(sendings(stage)).toBe(1);
    },
  );

  it.each([
    ['404', { kind: 'status', status: 404, body: {} }],
    ['401', { kind: 'status', status: 401, body: { title: 'Unauthorized' } }],
    ['503', { kind: 'status', status: 503 }],
    [
      '200 with errors and no data',
      { kind: 'status', status: 200, body: { errors: [{ title: 'Unavailable' }] } },
    ],
    ['garbage', { kind: 'garbage' }],
    ['402', { kind: 'status', status: 402, body: { title: 'CreditsDepleted' } }],
  ] as const)('is not sent again while the timeline answers %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    stage.sandbox.faults.add({ method: 'GET', path: '^/2/users/[0-9]+/tweets$', times: 3, action });
    const outcome = await me.drive();
    expect(postsOf(stage)).toHaveLength(1);
    expect(sendings(stage)).toBe(1);
    expect(['published', 'unknown']).toContain(outcome.state);
    expect(outcome.waits.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a sending that did not land', () => {
  it.each([
    ['refused connection', { kind: 'refuse' }],
    ['503', { kind: 'status', status: 503 }],
    ['no answer', { kind: 'hang' }],
    ['garbage', { kind: 'garbage' }],
  ] as const)('is repeated with the same upload after looking twice: %s', async (_name, action) => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(sendings(stage)).toBe(2);
    expect(lookUps(stage).length).toBeGreaterThanOrEqual(2);
    expect(stage.requests.filter(({ path }) => path.endsWith('/initialize'))).toHaveLength(1);
  });
});

describe('what nobody can tell', () => {
  it('asks its person where a post has our words and names no media', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    let posted = false;
    const outcome = await me.drive({
      beforeRun: async () => {
        if (posted || sendings(stage) === 0) return;
        posted = true;
        const { body } = textOf('Salt & <pepper> on the stove #food');
        await me.http.send({ url: 'https://api.x.com/2/tweets', json: { text: body } });
      },
    });
    expect(outcome.state).toBe('unknown');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('asks its person where the upload expired before anything was found', async () => {
    const { stage, me } = await stageInDoubt();
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 503 } });
    let waited = false;
    const outcome = await me.drive({
      beforeRun: () => {
        if (waited || sendings(stage) === 0) return;
        waited = true;
        stage.clock.advance(25 * HOUR);
      },
    });
    expect(outcome.state).toBe('unknown');
    expect(sendings(stage)).toBe(1);
  });
});

describe('the filter of duplicates', () => {
  it('is no second post: ours is found late by its upload', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ listSeconds: 125 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', post: { id: postsOf(stage)[0]!.id } });
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('ends as unknown, never as dead, where ours stays hidden', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ listSeconds: 100 * 3600 });
    stage.sandbox.faults.add({ ...posting, action: { kind: 'lost' } });
    const outcome = await me.drive();
    expect(outcome.state).toBe('unknown');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('is a duplicate of somebody’s own words otherwise', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ duplicateAcrossMedia: true });
    const { body } = textOf('Salt & <pepper> on the stove #food');
    await me.http.send({ url: 'https://api.x.com/2/tweets', json: { text: body } });
    stage.clock.advance(60 * SECOND);
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_DUPLICATE' } });
    expect(postsOf(stage)).toHaveLength(1);
    expect(sendings(stage)).toBe(2);
  });
});
