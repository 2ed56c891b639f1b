import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../src/core/alert.ts';
import { DAY } from '../../src/core/clock.ts';
import { openSink, type Sink, slackRules } from '../net/alert-sinks.ts';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

/** In every secret of every channel; must come out nowhere. */
const MARK = 'c4naryMarkedSecret';

let home: CliHome;
let slack: Sink;
let web: Sink;
beforeAll(async () => {
  home = await openCliHome();
  slack = await openSink(slackRules);
  web = await openSink(() => undefined);
  writeFileSync(
    join(home.dir, 'origins.json'),
    JSON.stringify({
      ...home.server.origins,
      'https://hooks.slack.com': slack.origin,
      'https://alerts.example.com': web.origin,
    }),
  );
  await home.sandbox.control('youtube', 'quirks', { testing: true });
  for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
  const media = ['--media', `folder:${home.originals}`];
  await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
});
afterAll(async () => {
  await slack?.close();
  await web?.close();
  await home?.close();
});

const said: string[] = [];
async function repost(args: readonly string[], stdin = ''): Promise<string> {
  const out = await home.repost.run(args, stdin);
  said.push(out);
  return out;
}

describe('alerts of the real program', () => {
  it('takes each channel’s secrets by standard input or file, shows none, and sends a real test', async () => {
    const key = `whsec_${Buffer.from(`${MARK} with some more bytes`).toString('base64')}`;
    writeFileSync(join(home.dir, 'key.txt'), key);
    await repost(
      ['alerts', 'add', 'slack', '--url-stdin'],
      `https://hooks.slack.com/services/T0/B0/${MARK}\n`,
    );
    const hook = [
      'alerts',
      'add',
      'webhook',
      '--url-stdin',
      '--key-file',
      join(home.dir, 'key.txt'),
      '--json',
    ];
    await repost(hook, `https://alerts.example.com/hook/${MARK}\n`);
    await repost(['alerts', 'add', 'heartbeat', '--url-stdin'], `https://alerts.example.com/ping/${MARK}\n`);
    await repost(['alerts', 'test', '--json']);
    expect(slack.requests.map(({ text }) => JSON.parse(text).text)).toEqual(['repost can reach you here']);
    expect(web.requests.map(({ path }) => path).sort()).toEqual([`/hook/${MARK}`, `/ping/${MARK}`]);
    const list = JSON.parse(await repost(['alerts', 'list', '--json']));
    expect(list).toMatchObject([
      { name: 'slack', place: 'hooks.slack.com', last: { outcome: 'sent' } },
      { name: 'webhook', place: 'alerts.example.com' },
      { name: 'heartbeat' },
    ]);
    slack.requests.length = 0;
    web.requests.length = 0;
  });

  it.each([
    [['alerts', 'add', 'carrier-pigeon'], /Alerts can’t go to/u, 2],
    [['alerts', 'add', 'slack', '--name', 'other'], /--url-stdin or --url-file/u, 2],
    [['alerts', 'add', 'slack', '--url-file', '/no/such/file', '--name', 'other'], /can’t be read/u, 2],
    [['alerts', 'add', 'desktop', '--only', 'dead-leter'], /there is no rule “dead-leter”/u, 2],
    [['alerts', 'add', 'desktop', '--quiet', '22:00'], /no span of hours/u, 2],
    [['alerts', 'remove', 'nobody'], /There is no alert channel/u, 1],
  ])('refuses %j', async (args, message, code) => {
    const ended = await runRepost(home.env, args);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it('sync tells what is wrong before it ends, and status says in one line what to do', async () => {
    await repost(['sync']);
    slack.requests.length = 0;
    // Google ends the sign-in of a project in Testing after seven days.
    home.clock.advance(8 * DAY);
    await home.publish('It will not go out @everyone');
    await repost(['sync']).catch(() => undefined);
    expect(slack.requests).toHaveLength(1);
    const text = slack.requests[0]?.text ?? '';
    expect(text).toContain('youtube:@creator must sign in again.');
    expect(text).toContain('status Testing: Google ends such sign-ins after seven days');
    expect(text).toContain('$ repost login youtube --account @creator');
    await repost(['sync']).catch(() => undefined);
    expect(slack.requests).toHaveLength(1);
    const status = await repost(['status']);
    expect(status).toContain('Do now: repost login youtube --account @creator');
    expect(JSON.parse(await repost(['status', '--json'])).todo).toContain('repost login youtube');
  });

  it('the daemon tells a channel that came later, and beats after good cycles', async () => {
    web.requests.length = 0;
    await repost(
      ['alerts', 'add', 'slack', '--name', 'later', '--url-stdin'],
      `https://hooks.slack.com/services/T1/B1/${MARK}\n`,
    );
    await repost(['config', 'set', 'poll.interval', '1s']);
    const lines: string[] = [];
    const daemon = home.repost.start(['daemon'], (line) => lines.push(line));
    try {
      await expect
        .poll(() => web.requests.filter(({ path }) => path.startsWith('/ping/')).length, { timeout: 30_000 })
        .toBeGreaterThan(0);
      await expect
        .poll(() => slack.requests.filter(({ path }) => path.startsWith('/services/T1/')).length, {
          timeout: 40_000,
        })
        .toBe(1);
    } finally {
      await daemon.stop();
    }
    said.push(...lines);
    expect(slack.requests.filter(({ path }) => path.startsWith('/services/T0/'))).toHaveLength(1);
    const [delivery] = JSON.parse(await repost(['alerts', 'list', '--deliveries', '--json']));
    expect(delivery).toMatchObject({ outcome: 'sent' });
  });

  it('no file, log, answer or message holds a secret of a channel', async () => {
    slack.answers.push({ status: 404, body: `no_service ${MARK}` }, { status: 500, body: MARK });
    await repost(['alerts', 'test', 'slack', '--json']).catch((error: Error) => said.push(error.message));
    await repost(['alerts', 'list', '--deliveries', '--json']);
    const encoded = [MARK, Buffer.from(MARK).toString('base64').slice(0, 20), encodeURIComponent(MARK)];
    const texts = [
      ...said,
      ...[...slack.requests, ...web.requests].map(({ text }) => text),
      ...filesBelow(join(home.dir, 'home')).map((path) => readFileSync(path, 'latin1')),
    ];
    expect(texts.length).toBeGreaterThan(15);
    for (const mark of encoded) expect(texts.filter((text) => text.includes(mark))).toEqual([]);
    const hook = web.requests.find(({ path }) => path.startsWith('/hook/'));
    if (hook) expect((JSON.parse(hook.text) as { data: AlertMessage }).data.schemaVersion).toBe(1);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}
