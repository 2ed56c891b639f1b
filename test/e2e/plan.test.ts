import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface PlanJson {
  posts: {
    origin: string;
    job: number | null;
    destination: { account: string };
    reason: string;
    runAt: string;
    text: { body: string; count: { used: number; max: number } } | null;
    media: { verdict: string };
    usd: number;
  }[];
  skipped: { rule: string; video: { caption: string }; why: string }[];
  usd: number;
}

describe('plan and rules on the command line', () => {
  let home: CliHome;

  beforeAll(async () => {
    home = await openCliHome();
    for (const platform of ['tiktok', 'youtube', 'x']) await home.signIn(platform);
    await home.publish('from before the rule');
  });
  afterAll(() => home.close());

  const say = (...args: string[]) => runRepost(home.env, args);
  const run = async (...args: string[]) => JSON.parse(await home.repost.run([...args, '--json'])) as unknown;

  it('shows what the next poll makes, and what it does not take', async () => {
    await home.repost.run([
      ...[
        'rule',
        'add',
        '--name',
        'food',
        '--from',
        'tiktok:@creator',
        '--to',
        'x:@creator',
        '--to',
        'youtube:@creator',
      ],
      ...[
        '--media',
        `folder:${home.originals}`,
        '--hashtag',
        'food',
        '--not-hashtag',
        'ad',
        '--max-duration',
        '1m',
      ],
      ...[
        '--slot',
        '09:00',
        '--slot',
        '18:00',
        '--timezone',
        'Europe/Rome',
        '--caption',
        '{title|strip_mentions} {hashtags}',
      ],
    ]);
    await home.repost.run(['sync']);
    await home.publish('Pasta with @anna #food');
    await home.publish('Buy this #food #ad');
    await home.publish('#norepost #food');

    const before = snapshot(home.env['REPOST_HOME'] ?? '');
    expect((await run('plan')) as PlanJson).toMatchObject({ posts: [] });
    expect(snapshot(home.env['REPOST_HOME'] ?? '')).toEqual(before);

    const plan = (await run('plan', '--poll')) as PlanJson;
    expect(
      plan.posts.map(({ origin, destination, reason, text }) => [
        origin,
        destination.account,
        reason,
        text?.body,
      ]),
    ).toEqual([
      ['new', 'x:@creator', 'window', 'Pasta with #food'],
      ['new', 'youtube:@creator', 'window', 'Pasta with #food'],
    ]);
    expect(plan.usd).toBe(0.015);
    // Two of them are of the same second: in no order.
    expect(new Map(plan.skipped.map(({ why, video }) => [video.caption, why]))).toEqual(
      new Map([
        ['#norepost #food', 'its caption says #norepost'],
        ['Buy this #food #ad', 'it has #ad'],
        ['from before the rule', 'it was there before the rule (see --backfill)'],
      ]),
    );

    // What the engine then does is what was planned.
    await home.repost.run(['sync']);
    const after = (await run('plan')) as PlanJson;
    expect(
      after.posts.map(({ origin, destination, runAt, text }) => [origin, destination, runAt, text]),
    ).toEqual(plan.posts.map(({ destination, runAt, text }) => ['waiting', destination, runAt, text]));
    const human = (await say('plan')).stdout;
    expect(human).toMatch(/2 posts, the last in .*\$0\.015 at X/);
    expect(human).toMatch(/Europe\/Rome \(20\d\d-\d\d-\d\d \d\d:\d\d UTC\)/);
    expect(human).toMatch(/\[16 of 280 characters as X counts them\]/);
  });

  it('rehearses a rule', async () => {
    const test = (await run('rule', 'test', 'food', '--last', '10')) as PlanJson;
    expect(test.posts).toHaveLength(2);
    expect(test.skipped.map(({ why }) => why)).toContain('it has no #food');
  });

  it('says a warning once, and is silent when told to be', async () => {
    const args = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator'];
    expect((await say(...args, '--name', 'second')).stderr).not.toMatch(/google-unaudited/);
    await run('warnings', 'restore', 'google-unaudited');
    expect((await say(...args, '--name', 'third')).stderr).toMatch(/warning \(google-unaudited\)/);
    expect((await say(...args, '--name', 'fourth')).stderr).not.toMatch(/google-unaudited/);
    expect(await run('warnings', 'silence', 'shorts-music')).toMatchObject([
      { key: 'shorts-music', state: 'silenced' },
    ]);
  });

  it.each([
    [['--pattern', '('], /is no pattern/, 1],
    [['--window', 'always'], /is no window/, 1],
    [['--timezone', 'Mars/Olympus', '--slot', '09:00'], /no time zone/, 1],
    [['--aspect', 'round'], /--aspect can’t be “round”/, 2],
    [['--per-day', 'many'], /whole number/, 2],
    [['--caption', '{titel}'], /unknown variable/, 1],
  ])(
    'refuses %j',
    async (flags, message, code) => {
      const failed = await say('rule', 'add', '--from', 'tiktok:@creator', '--to', 'x:@creator', ...flags);
      expect(failed.stderr).toMatch(message);
      expect(failed.code).toBe(code);
    },
    60_000,
  );
});

/** Every file of a home with its content, but for locks and what SQLite shares between readers. */
function snapshot(dir: string): Record<string, string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(dir, name)).isFile() && !/-shm$|-wal$|lock/u.test(name),
  );
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(dir, name)).toString('base64')]));
}
