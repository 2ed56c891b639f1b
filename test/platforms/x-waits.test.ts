import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { x } from '../../src/platforms/x.ts';
import { xPrices } from '../../src/platforms/x-rules.ts';
import { count, openStage, postsOf } from './x-stage.ts';

describe('money', () => {
  it('waits for credits and then goes on', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('credits', { usd: 0.01 });
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run === 10) await stage.pull('credits', { usd: 5 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits.filter((wait) => wait === 'quota E_MONEY').length).toBeGreaterThan(2);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('waits for the next billing cycle at the spending cap', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ accessSeconds: 86_400 * 60, capAtToken: false });
    await stage.pull('cap', { usd: 0, resetDate: '2026-11-27' });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(stage.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 27));
    expect(outcome.waits.filter((wait) => wait === 'quota E_MONEY')).toHaveLength(1);
  });
});

describe('limits', () => {
  it('count what each call costs, and money only where somebody set a ceiling', () => {
    const known = new Set(x.limits.map(({ bucket }) => bucket));
    for (const costs of Object.values(x.costs))
      for (const bucket of Object.keys(costs)) expect(known).toContain(bucket);
    expect(x.costs[x.publishCall!]).toEqual({ posts: 1, 'posts-daily': 1, money: xPrices.createPost });
    expect(x.costs['post with link']).toMatchObject({ money: xPrices.createPostWithLink });
    expect(x.limits.find(({ bucket }) => bucket === 'money')).toMatchObject({
      unit: 'millicents',
      onlyWhenSet: true,
      max: Number.MAX_SAFE_INTEGER,
    });
  });

  it('reads what is left from the headers', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ dayHeaders: true });
    await me.drive();
    expect(me.readings).toContainEqual({
      bucket: 'posts',
      max: 100,
      remaining: 99,
      resetsAt: expect.any(Number),
    });
    expect(me.readings).toContainEqual(
      expect.objectContaining({ bucket: 'posts-daily', max: 10_000, remaining: 9_999 }),
    );
  });

  it('waits for the window that is full', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    let freed = 0;
    const outcome = await me.drive({
      beforeRun: async () => {
        if (freed > 0 || count(stage, '/2/tweets') === 0) return;
        freed = stage.clock.now();
        await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 100 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(postsOf(stage)[0]!.publishedAt).toBeGreaterThanOrEqual(stage.clock.now() - MINUTE);
  });

  it.each([
    ['blind', 15 * MINUTE],
    ['window', 15 * MINUTE],
    ['code-88', 15 * MINUTE],
    ['day', 6 * HOUR],
  ] as const)('waits out a 429 that is about another window: %s', async (limited, waitMs) => {
    const stage = openStage();
    const me = await stage.login();
    const startedAt = stage.clock.now();
    await stage.quirks({ limited, limitedTimes: 1 });
    expect((await me.drive()).state).toBe('published');
    const waited = stage.clock.now() - startedAt;
    expect(waited).toBeGreaterThanOrEqual(waitMs);
    expect(waited).toBeLessThan(waitMs + 5 * MINUTE);
  });

  it('waits for the next month at a usage cap', async () => {
    const stage = openStage();
    stage.clock.advance(3 * DAY);
    const me = await stage.login();
    await stage.quirks({ limited: 'usage-cap', limitedTimes: 1, accessSeconds: 86_400 * 60 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', waits: expect.arrayContaining(['quota E_QUOTA']) });
    expect(stage.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 11, 1));
  });
});

describe('incidents', () => {
  it.each([
    ['media-404', 5],
    ['page-403', 5],
    ['posts-503', 2],
    ['unauthorized', 9],
  ] as const)('survives %s', async (incident, incidentTimes) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ incident, incidentTimes });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('asks its person when fresh tokens are refused for more than an hour', async () => {
    const stage = openStage();
    const me = await stage.login();
    const startedAt = stage.clock.now();
    await stage.quirks({ incident: 'unauthorized', incidentTimes: 1000 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(HOUR);
    expect(stage.clock.now() - startedAt).toBeLessThan(3 * HOUR);
  });

  it('asks at once when the renewal itself is refused', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('endTokens', { refresh: true });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' }, runs: 1 });
  });
});
