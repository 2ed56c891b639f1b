import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.ts';
import { openTerminal } from './terminal.ts';

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/u);
const id = expect.any(Number);

/** What the contract promises of a job's video. */
const video = {
  id,
  remoteId: expect.stringMatching(/^\d{19}$/u),
  source: 'tiktok:@creator',
  url: expect.stringMatching(/^https:\/\/www\.tiktok\.com\/@creator\/video\/\d{19}$/u),
  caption: expect.any(String),
  publishedAt: instant,
};

const post = {
  schemaVersion: 1,
  id: expect.any(String),
  url: expect.stringMatching(/^https:\/\/www\.youtube\.com\/shorts\//u),
  platform: 'youtube',
  account: 'youtube:@creator',
  video,
  job: id,
  publishedAt: instant,
  lagSeconds: expect.any(Number),
};

const job = {
  schemaVersion: 1,
  id,
  state: 'published',
  reason: null,
  user: 'me',
  rule: 'to-youtube',
  video,
  destination: { platform: 'youtube', account: 'youtube:@creator' },
  attempt: expect.any(Number),
  maxAttempts: 5,
  error: null,
  post: expect.objectContaining(post),
  createdAt: instant,
  updatedAt: instant,
};

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.signIn('tiktok', 'youtube');
  const media = ['--media', `folder:${bench.originals}`];
  await bench.terminal.json([
    'rule',
    'add',
    '--from',
    'tiktok:@creator',
    '--to',
    'youtube:@creator',
    ...media,
  ]);
  await bench.terminal.json(['sync']);
  await bench.publish('First light ☀️ #dawn');
});
afterAll(() => bench?.close());

describe('what scripts read', () => {
  it('sync: a summary with its jobs', async () => {
    expect(await bench.terminal.json(['sync'])).toMatchObject({
      schemaVersion: 1,
      published: 1,
      dead: 0,
      unknown: 0,
      cancelled: 0,
      waiting: 0,
      pollErrors: 0,
      jobs: [job],
    });
  });

  it.each([
    ['jobs list', [expect.objectContaining(job)]],
    ['job', [expect.objectContaining(job)]],
    ['posts', [expect.objectContaining(post)]],
    ['jobs wait 1', [expect.objectContaining(job)]],
    [
      'accounts',
      [
        expect.objectContaining({ schemaVersion: 1, account: 'tiktok:@creator' }),
        expect.objectContaining({ schemaVersion: 1, account: 'youtube:@creator' }),
      ],
    ],
    ['videos', [expect.objectContaining({ schemaVersion: 1, ...video, jobs: 1, skipped: [] })]],
    [
      'source list',
      [
        expect.objectContaining({
          schemaVersion: 1,
          source: 'tiktok:@creator',
          lastGoodPollAt: instant,
          nextPollAt: instant,
          error: null,
        }),
      ],
    ],
    [
      'rule list',
      [
        expect.objectContaining({
          schemaVersion: 1,
          name: 'to-youtube',
          from: 'tiktok:@creator',
          paused: false,
          to: [expect.objectContaining({ account: 'youtube:@creator' })],
        }),
      ],
    ],
    [
      'app list',
      expect.arrayContaining([
        expect.objectContaining({ schemaVersion: 1, platform: 'youtube', hasSecret: true }),
      ]),
    ],
    [
      'limits',
      expect.arrayContaining([
        expect.objectContaining({
          schemaVersion: 1,
          platform: 'youtube',
          used: expect.any(Number),
          max: expect.any(Number),
          left: expect.any(Number),
        }),
      ]),
    ],
    [
      'config list',
      expect.arrayContaining([
        expect.objectContaining({ schemaVersion: 1, key: 'poll.interval', value: '2m', origin: 'default' }),
      ]),
    ],
    ['accounts check', expect.arrayContaining([{ account: 'youtube:@creator', ok: true, error: null }])],
    ['errors', expect.arrayContaining([expect.objectContaining({ code: 'E_SCOPES', exitCode: 4 })])],
  ])('%s: an array', async (line, shape) => {
    const { code, out } = await bench.terminal.run([...line.split(' '), '--json']);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(1);
    const list = JSON.parse(out);
    expect(Array.isArray(list)).toBe(true);
    expect(list).toEqual(shape);
  });

  it.each([
    ['status', { ok: true, daemon: 'stopped', jobs: { published: 1, waiting: 0 } }],
    ['jobs show 1', { ...job, steps: expect.any(Array), attempts: expect.any(Array) }],
    ['accounts show youtube:@creator', { account: 'youtube:@creator', limits: expect.any(Array) }],
    ['rule show to-youtube', { name: 'to-youtube' }],
    ['paths', { config: expect.any(String), data: expect.any(String), database: expect.any(String) }],
    ['version', { version: expect.stringMatching(/^\d+\.\d+\.\d+/u), node: process.versions.node }],
    ['config get retry.attempts', { key: 'retry.attempts', value: '5', origin: 'default' }],
    ['quarantine', { quarantine: null }],
    ['errors explain E_SCOPES', { code: 'E_SCOPES', class: 'auth', exitCode: 4 }],
    ['videos check 1', { checks: [{ platform: 'youtube', ok: true, problems: [] }] }],
    ['rule pause to-youtube', { name: 'to-youtube', paused: true }],
    ['rule resume to-youtube', { name: 'to-youtube', paused: false }],
    ['accounts pause youtube:@creator', { account: 'youtube:@creator', paused: true }],
    ['accounts resume youtube:@creator', { account: 'youtube:@creator', paused: false }],
    ['limits set youtube:@creator channel 4', { bucket: 'channel', max: 4 }],
    ['config set log.level debug', { key: 'log.level', value: 'debug', origin: 'file' }],
    ['config unset log.level', { key: 'log.level', value: 'info', origin: 'default' }],
  ])('%s: one object', async (line, shape) => {
    const { code, out } = await bench.terminal.run([...line.split(' '), '--json']);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, ...shape });
  });

  it('jobs show --raw: the last exchange, its secrets masked', async () => {
    const raw = await bench.terminal.json<{ attempts: { exchange: Record<string, unknown> | null }[] }>([
      ...['jobs', 'show', '1', '--raw'],
    ]);
    const exchange = raw.attempts.findLast((attempt) => attempt.exchange)?.exchange;
    expect(exchange).toMatchObject({
      method: 'GET',
      url: expect.stringContaining('googleapis.com'),
      status: 200,
    });
    expect(JSON.stringify(exchange)).not.toMatch(/ya29\.|Bearer (?!\W)/u);
    const { out } = await bench.terminal.run(['jobs', 'show', '1', '--raw']);
    expect(out).toContain('HTTP 200');
  });

  it('the same for people holds no JSON, and nothing that a terminal would obey', async () => {
    for (const line of [
      'status',
      'jobs',
      'posts',
      'videos',
      'accounts',
      'limits',
      'rule list',
      'source list',
    ]) {
      const { code, out } = await bench.terminal.run(line.split(' '));
      expect(code).toBe(0);
      expect(out, line).not.toMatch(/[{}]|undefined|NaN|\[object/u);
      expect(out, line).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/u);
    }
  });
});

describe('a terminal', () => {
  const wide = (env: NodeJS.ProcessEnv, columns: number) =>
    openTerminal({ env: { ...bench.terminal.env, TERM: 'xterm', ...env }, columns });

  it.each([80, 120])('of %i columns is never overrun by a table', async (columns) => {
    for (const line of [
      'jobs',
      'posts',
      'videos',
      'accounts',
      'limits',
      'config',
      'source',
      'rule',
      'errors',
      'audit',
    ]) {
      const { out } = await wide({ NO_COLOR: '1' }, columns).run([line]);
      // What must not be cut stands below its row.
      const rows = out.split('\n').filter((text) => !text.startsWith('  '));
      const longest = Math.max(...rows.map((text) => text.length));
      expect(longest, `${line}:\n${out}`).toBeLessThanOrEqual(columns);
    }
  });

  it('gets colours, unless they are off', async () => {
    const failed = ['jobs', 'show', '999'];
    expect((await wide({}, 80).run(failed)).err).toContain('\u001b[31merror:');
    expect((await wide({ NO_COLOR: '1' }, 80).run(failed)).err).not.toContain('\u001b[');
    expect((await wide({ TERM: 'dumb' }, 80).run(failed)).err).not.toContain('\u001b[');
    expect((await bench.terminal.run(failed)).err).not.toContain('\u001b[');
    const forced = openTerminal({ env: { ...bench.terminal.env, CLICOLOR_FORCE: '1' } });
    expect((await forced.run(failed)).err).toContain('\u001b[31merror:');
  });
});

describe('config', () => {
  it('says where each value comes from: the environment before the file before the default', async () => {
    await bench.terminal.json(['config', 'set', 'log.format', 'text']);
    await bench.terminal.json(['config', 'set', 'retry.attempts', '7']);
    const env = { ...bench.terminal.env, REPOST_LOG_FORMAT: 'json' };
    const listed = await openTerminal({ env }).json<{ key: string; value: string; origin: string }[]>([
      ...['config', 'list', '--show-origin'],
    ]);
    const of = (key: string) => listed.find((one) => one.key === key);
    expect(of('log.format')).toMatchObject({ value: 'json', origin: 'environment' });
    expect(of('retry.attempts')).toMatchObject({ value: '7', origin: 'file' });
    expect(of('retry.base')).toMatchObject({ value: '2s', origin: 'default' });
    const { out } = await bench.terminal.run(['config', 'list', '--show-origin']);
    expect(out).toMatch(/^retry\.attempts +7 +file /mu);
  });
});
