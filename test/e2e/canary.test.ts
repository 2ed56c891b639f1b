import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Destination, destinations } from '../../src/cli/actions/demo-destinations.ts';
import { DAY } from '../../src/core/clock.ts';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approve } from '../../src/sandbox/person.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import { addMark, findMarks, spellings } from './canary-marks.ts';
import { type CanaryStage, marked, openCanaryStage, PASSWORD, PHRASE } from './canary-stage.ts';
import { askApi, everyShowing, runAll, walkPages } from './canary-tour.ts';
import { startLogin } from './home.ts';
import { daemonOf } from './web-daemon.ts';

let stage: CanaryStage;

/** A person at the browser; the sign-in’s own words are looked through as well. */
async function signIn(platform: string, words: readonly string[], approveAs?: string): Promise<void> {
  const repost = {
    ...stage.repost,
    start: (args: readonly string[]) =>
      stage.repost.start(args, (line) => stage.say(`repost ${args.join(' ')}`, line)),
  };
  const { login, authorizeUrl } = await startLogin(repost, platform, words);
  const page = await approve(authorizeUrl, approveAs === undefined ? {} : { account: approveAs });
  addMark(stage.marks, new URL(page.redirectedTo).searchParams.get('code') ?? '', `code of ${platform}`);
  stage.say(`the page after a sign-in to ${platform}`, page.body ?? '');
  await login.succeeded();
}

async function good(args: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await stage.run(args, stdin);
  expect(`${args.join(' ')}: ${code} ${code === 0 ? '' : stderr}`).toBe(`${args.join(' ')}: 0 `);
  return stdout;
}

async function connect({ platform, app, login, approveAs, token, before }: Destination): Promise<void> {
  for (const { command, input } of before ?? []) {
    addMark(stage.marks, input.trim(), 'the secret of the bucket');
    await good(command, input);
  }
  const secret = `sandbox-${platform}-secret`;
  addMark(stage.marks, secret, `client secret of ${platform}`);
  if (app) {
    const keys = ['--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'];
    await good(['app', 'add', platform, ...keys], secret);
  }
  if (token === undefined) await signIn(platform, login, approveAs);
  else await good(['login', platform, '--token-stdin', ...login], token);
}

/** A channel of each kind. */
async function addChannels(): Promise<void> {
  const add = async (kind: string, args: readonly string[], secret = '') =>
    void (await good(['alerts', 'add', kind, ...args], secret));
  const m = (name: string) => {
    addMark(stage.marks, marked(name), `${name} of alerts`);
    return marked(name);
  };
  await add('slack', ['--url-stdin'], `https://hooks.slack.com/services/T0/B0/${m('slack')}`);
  await add('discord', ['--url-stdin'], `https://discord.com/api/webhooks/1/${m('discord')}`);
  await add('telegram', ['--chat', '@creator', '--token-stdin'], sandboxBotToken);
  const token = ['--token-file', stage.give('ntfy', m('ntfy'))];
  await add('ntfy', ['--url-stdin', ...token], `https://ntfy.sh/${m('topic')}`);
  const key = `whsec_${Buffer.from(m('hook-key')).toString('base64')}`;
  const hook = ['--url-stdin', '--key-file', stage.give('key', key)];
  await add('webhook', hook, `https://alerts.example.com/hook/${m('hook')}`);
  await add('heartbeat', ['--url-stdin'], `https://alerts.example.com/ping/${m('ping')}`);
  await add('desktop', []);
  const server = [
    '--host',
    '127.0.0.1',
    '--port',
    String(stage.mails.port),
    '--tls',
    'none',
    '--login',
    'me',
  ];
  const ends = ['--from', 'repost@example.com', '--to', 'me@example.com'];
  await add('email', [...server, ...ends, '--password-stdin'], PASSWORD);
}

const jobs = async () =>
  JSON.parse(await good(['jobs', 'list', '--limit', '100', '--json'])) as {
    id: number;
    state: string;
    destination: { platform: string };
  }[];

const logToFile = () => ['config', 'set', 'log.file', join(stage.dir, 'home/log/repost.log')];

/** Platforms that send a browser back to one port of this machine. */
const narrow = /^(instagram|facebook|threads|linkedin|pinterest)$/u;

const published = async () => (await jobs()).filter(({ state }) => state === 'published').length;
const patience = { timeout: 120_000, interval: 500 };

beforeAll(async () => {
  stage = await openCanaryStage();
  for (const [platform, quirks] of Object.entries({
    youtube: { processingMs: 0, testing: true },
    instagram: { processingMs: 0 },
    threads: { processingMs: 0 },
    bluesky: { processingMs: 0 },
    mastodon: { processingSeconds: 0 },
    x: { processingSeconds: 0, checkAfterSeconds: 0 },
    linkedin: { processingSeconds: 0 },
    pinterest: { processingSeconds: 0, noticeSeconds: 0 },
    tiktok: { processingSeconds: 0, moderationSeconds: 0 },
  }))
    await stage.sandbox.control(platform, 'quirks', quirks);
  addMark(stage.marks, sandboxBotToken.split(':')[1] ?? '', 'token of the bot');
  addMark(stage.marks, firstAppPassword, 'the app password');
  await good(['config', 'set', 'poll.interval', '1s']);
  await good(['config', 'set', 'retry.base', '10ms']);
  await good(logToFile());
  await connect({ platform: 'tiktok', app: true, login: ['--account', '@creator'], approveAs: '@creator' });
  // Several platforms know one way back to this machine: their sign-ins follow one another.
  const waiting = destinations.filter(({ platform }) => narrow.test(platform));
  const free = destinations.filter(({ platform }) => !narrow.test(platform));
  const inTurn = async (list: readonly Destination[]) => {
    for (const destination of list) await connect(destination);
  };
  await Promise.all([inTurn(waiting), inTurn(free)]);
  // By password as well as by the browser.
  await good(['login', 'bluesky', '--app-password', '--account', 'creator.bsky.social'], firstAppPassword);
  const accounts = JSON.parse(await good(['accounts', '--json'])) as { account: string }[];
  const to = accounts.flatMap(({ account }) => (account === 'tiktok:@creator' ? [] : ['--to', account]));
  expect(to.length).toBe(2 * destinations.length);
  await good(['rule', 'add', '--from', 'tiktok:@creator', ...to, '--media', `folder:${stage.originals}`]);
  await good(['sync']);
});
afterAll(() => stage?.stop());

/** The daemon works until something was seen, and is then told to stop. */
async function daemonUntil(seen: () => void): Promise<void> {
  const { child, ended } = stage.start(['daemon', '--json']);
  await vi.waitFor(seen, patience);
  child.kill('SIGTERM');
  await ended;
}

describe('marked secrets of the real program', () => {
  it('go through publishing everywhere, and a kill in the middle of it', async () => {
    await stage.publish('everywhere');
    const { child, ended } = stage.start(['daemon', '--json']);
    // Some platforms want to be left alone for a while between upload and publishing: what is there goes on later.
    await vi.waitFor(async () => expect(await published()).toBeGreaterThan(6), patience);
    // And one dies on the way: two are gone in the middle of a publish.
    stage.onRequest = ({ method, path }, platform) => {
      if (platform !== 'youtube' || method !== 'PUT' || !path.startsWith('/upload/')) return;
      child.kill('SIGKILL');
    };
    await stage.publish('killed while it went up');
    expect((await ended).code).toBeNull();
    stage.onRequest = undefined;
    stage.snapshot('after the kill');
    for (const { id } of (await jobs()).slice(-destinations.length))
      await stage.run(['jobs', 'show', String(id), '--raw']);
    await stage.markVault();
  });

  it('go through an error that nobody caught, which tells a token', async () => {
    const thrown = join(stage.dir, 'given/thrown');
    // Throws what a library might: the headers of the request that it was given.
    const preload = stage.give(
      'crash.mjs',
      `import { subscribe } from 'node:diagnostics_channel';
       import { writeFileSync } from 'node:fs';
       subscribe('undici:request:create', ({ request }) => {
         const text = String(request.headers);
         if (!/Bearer/.test(text)) return;
         writeFileSync(${JSON.stringify(thrown)}, text);
         setImmediate(() => { throw new Error('broken: ' + text); });
       });`,
    );
    for (const args of [['accounts', 'check'], ['daemon']]) {
      rmSync(thrown, { force: true });
      const { code, text } = await stage.start(args, { NODE_OPTIONS: `--import=${preload}` }).ended;
      expect(`${args.join(' ')}: ${code}`).toBe(`${args.join(' ')}: 70`);
      // The daemon tells its log.
      if (args[0] === 'accounts') expect(text).toContain('stopped by an error inside repost: broken:');
    }
    stage.snapshot('after the crash');
  });

  it('go through the daemon, its API, its metrics and its pages, while every command that shows something runs', async () => {
    // Two answers exist to show one secret, once.
    const admin = await stage.repost.run(['token', 'add', '--role', 'admin', '--json']);
    const { token } = JSON.parse(admin) as { token: string };
    addMark(stage.marks, token, 'token of the API');
    const lines: string[] = [];
    const start = (args: readonly string[], onLine?: (line: string) => void) =>
      stage.repost.start(args, (line) => {
        lines.push(line);
        onLine?.(line);
      });
    // This one tells its log here, the others tell a file.
    await good(['config', 'unset', 'log.file']);
    const daemon = await daemonOf({ ...stage, repost: { ...stage.repost, start } });
    try {
      const opened = await stage.repost.run(['dashboard', '--no-browser', '--json']);
      const code = (JSON.parse(opened) as { url: string }).url.split('#')[1] ?? '';
      addMark(stage.marks, code, 'code of the dashboard');
      await askApi(stage, daemon.origin, token);
      await walkPages(stage, daemon.origin, code);
      await runAll(stage, everyShowing());
      for (const verb of ['status', 'pause', 'resume', 'poll', 'reload']) await good(['daemon', verb]);
      await stage.run(
        ['login', 'youtube', '--paste', '--no-browser'],
        'http://127.0.0.1/?code=c4nary-nonsense',
      );
    } finally {
      await daemon.stop();
      stage.say('the daemon', lines.join('\n'));
    }
    await good(logToFile());
    stage.snapshot('after the daemon');
  });

  it('go through alerts of every kind, taken and refused', async () => {
    await addChannels();
    const kinds = 8;
    expect(JSON.parse(await good(['alerts', 'test', '--json']))).toHaveLength(kinds);
    // E-mail and the desktop have ways of their own.
    expect(stage.alerts).toHaveLength(kinds - 2);
    expect(stage.mails.passwords).toEqual([PASSWORD]);
    // Google ends the sign-in of a project in Testing after seven days.
    stage.clock.advance(8 * DAY);
    await stage.publish('nobody is signed in');
    const heard = () => stage.alerts.filter(({ text }) => text.includes('must sign in again'));
    await daemonUntil(() => expect(heard().length).toBeGreaterThan(3));
    stage.echo.statuses = [400, 401, 404, 429, 500];
    await stage.run(['alerts', 'test', '--json']);
    stage.echo.statuses = [];
    await stage.run(['alerts', 'problems', '--json']);
    await stage.run(['alerts', 'list', '--deliveries', '--json']);
    // A topic is how its service knows whom to tell.
    for (const [n, { path, text }] of stage.alerts.entries())
      stage.say(
        `message ${n} of ${path.split('/')[1]}`,
        path === '/' ? text.replace(/"topic":"[^"]*"/u, '') : text,
      );
  });

  it('go through services that answer with all that they were sent', async () => {
    stage.echo.statuses = [400, 401, 403, 404, 409, 422, 429, 500, 503];
    await stage.publish('echoed');
    await daemonUntil(() => expect(stage.echo.heardBy.size).toBeGreaterThan(6));
    for (const args of [
      ...[
        ['accounts', 'check'],
        ['accounts', 'check', '--json'],
      ],
      ...[['host', 'check'], ['host', 'check', '--json'], ['doctor'], ['doctor', '--json']],
      ...['x', 'youtube', 'threads'].map((platform) => ['app', 'check', platform]),
    ])
      await stage.run(args);
    await stage.run(['login', 'telegram', '--token-stdin', '--account', '@creator'], sandboxBotToken);
    await stage.run(
      ['login', 'bluesky', '--app-password', '--account', 'creator.bsky.social'],
      firstAppPassword,
    );
    for (const { id, state } of await jobs())
      if (state !== 'published' && id > 2 * destinations.length)
        await stage.run(['jobs', 'show', String(id), '--raw', '--json']);
    stage.echo.statuses = [];
    stage.snapshot('after the echoes');
  });

  it('go through what is carried away and brought back, and through signing out', async () => {
    const at = (name: string) => join(stage.dir, 'tmp', name);
    await good(['backup', at('copy.db'), '--with-vault', '--json']);
    await good(['backup', at('copy.db'), '--with-vault', '--verify']);
    await good([
      'login',
      'export',
      'tiktok:@creator',
      'x:@creator',
      '--output',
      at('logins.sealed'),
      '--json',
    ]);
    await good(['ops', 'export', at('ops')]);
    await good(['ledger', 'export', at('ledger.jsonl')]);
    await good(['metrics', '--textfile', at('repost.prom')]);
    await good(['audit']);
    for (const manager of ['systemd', 'launchd']) await good(['service', 'print', '--for', manager]);
    await stage.run(['doctor', '--json', '--bundle', at('report.json')]);
    await good(['restore', at('copy.db'), '--with-vault']);
    await stage.run(['login', 'import', at('logins.sealed')], '', { REPOST_BACKUP_PASSPHRASE: `${PHRASE}!` });
    await good(['login', 'import', at('logins.sealed')]);
    await stage.markVault();
    await runAll(
      stage,
      ['x', 'youtube', 'facebook'].map((platform) => ['logout', `${platform}:@creator`, '--json']),
    );
    await runAll(stage, [
      ['app', 'remove', 'x'],
      ['alerts', 'remove', 'slack'],
      ['token', 'revoke', '1'],
      ['host', 'remove'],
    ]);
    stage.snapshot('at the end');
  });

  it('are in no file, log, metric, answer, page, message, or argument', () => {
    const { marks, places } = stage;
    const names = [...places.keys()];
    expect(marks.size).toBeGreaterThan(60);
    for (const seen of [/^home\/log\/repost\.log/u, /repost\.db-wal, after the kill/u, /^tmp\/report\.json/u])
      expect(
        names.some((name) => seen.test(name)),
        String(seen),
      ).toBe(true);
    expect(places.get('the arguments of a process')).toContain('daemon');
    expect(findMarks(marks, places)).toEqual([]);
  });

  it('would be seen, however they are written', () => {
    for (const [mark, name] of stage.marks)
      for (const form of spellings(mark)) {
        const leak = new Map([['a log', `{"told":"x${form}y"}`]]);
        expect(findMarks(new Map([[mark, name]]), leak)).toEqual([`${name} in a log`]);
      }
    // The whole way: a file that somebody forgot, beside the others.
    const [[mark = '', name = ''] = []] = stage.marks;
    writeFileSync(join(stage.dir, 'tmp/forgotten'), Buffer.from(`id:${mark}:x`).toString('base64'));
    stage.snapshot('with a leak');
    expect(findMarks(stage.marks, stage.places)).toEqual([`${name} in tmp/forgotten, with a leak`]);
  });
});
