import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gate } from '../gate.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface LogLine {
  schemaVersion: number;
  at: string;
  level: string;
  event: string;
  [fact: string]: unknown;
}

/** Holds every upload to YouTube until it is opened again. */
let held: { open: () => void; opened: Promise<void>; waiting: number } | undefined;

function holdUploads(): NonNullable<typeof held> {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = () => {
      held = undefined;
      resolve();
    };
  });
  held = { open, opened, waiting: 0 };
  return held;
}

const gate: Gate = async (request, _platform, answer) => {
  if (held && request.path.startsWith('/upload/')) {
    held.waiting += 1;
    await held.opened;
  }
  return answer();
};

let home: CliHome;
beforeAll(async () => {
  home = await openCliHome({ gate });
  await home.repost.run(['config', 'set', 'poll.interval', '1h']);
  await home.sandbox.control('youtube', 'quirks', { processingMs: 0 });
  for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
  const media = ['--media', `folder:${home.originals}`];
  await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
  await home.repost.run(['sync']);
});
afterAll(() => home?.close());

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** `repost daemon --json` (or sync), its log as it comes. */
function start(args: readonly string[] = ['daemon', '--json']) {
  const child = spawn(process.execPath, [entry, ...args], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    log.push(JSON.parse(line));
    for (const wake of waiting) wake();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    log,
    ended,
    /** The first line of this event that satisfies. */
    until: (event: string, satisfied: (line: LogLine) => boolean = () => true) =>
      new Promise<LogLine>((resolve, reject) => {
        const look = () => {
          const found = log.find((line) => line.event === event && satisfied(line));
          if (found) {
            waiting.delete(look);
            resolve(found);
          }
        };
        waiting.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code}: ${JSON.stringify(log.slice(-3))}`)));
      }),
  };
}

describe('the daemon', () => {
  it('publishes, and tells each step as a line of JSON on stderr', async () => {
    const daemon = start();
    await daemon.until('started');
    await home.publish('seen by the daemon');
    await home.repost.run(['config', 'set', 'poll.interval', '200ms']);
    const ended = await daemon.until('job-ended', (line) => line['state'] === 'published');
    expect(ended).toMatchObject({ schemaVersion: 1, level: 'info', account: 'youtube:@creator' });
    expect(ended['url']).toMatch(/^https:\/\/www\.youtube\.com\/shorts\//u);
    expect(daemon.log.every((line) => 'note' in line || (line.event && line.level && line.at))).toBe(true);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(daemon.log.map((line) => line.event).slice(-2)).toEqual(['stopping', 'stopped']);
    await home.repost.run(['config', 'set', 'poll.interval', '1h']);
  });

  it('works alone: a second daemon and a sync on the same home are refused', async () => {
    const daemon = start();
    await daemon.until('started');
    for (const args of [['daemon'], ['sync']]) {
      const { code, stderr } = await runRepost(home.env, [...args, '--json']);
      expect(code).toBe(5);
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: 'E_DAEMON_RUNNING', class: 'transient', command: 'repost status' },
      });
    }
    const { stdout } = await runRepost(home.env, ['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ daemon: 'running' });
    // The lock is the kernel's: killed without a word, it leaves nothing behind.
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    expect((await runRepost(home.env, ['sync'])).code).toBe(0);
  });

  it('takes over changed settings at SIGHUP, and keeps the old ones where the file is wrong', async () => {
    const daemon = start();
    await daemon.until('started');
    await home.repost.run(['config', 'set', 'retry.attempts', '9']);
    daemon.child.kill('SIGHUP');
    expect(await daemon.until('reloaded')).toMatchObject({ 'retry.attempts': '9' });

    const { stdout } = await runRepost(home.env, ['paths', '--json']);
    const { config } = JSON.parse(stdout) as { config: string };
    const before = readFileSync(`${config}/config.json`, 'utf8');
    writeFileSync(`${config}/config.json`, '{"retry.attempts": "many"}');
    daemon.child.kill('SIGHUP');
    expect(String((await daemon.until('error'))['message'])).toContain('The settings stay as they were');
    writeFileSync(`${config}/config.json`, before);

    await home.repost.run(['config', 'set', 'log.level', 'debug']);
    daemon.child.kill('SIGHUP');
    await daemon.until('reloaded', (line) => line['log.level'] === 'debug');
    await home.repost.run(['config', 'set', 'poll.interval', '100ms']);
    daemon.child.kill('SIGHUP');
    // At this level also a poll that found nothing is told: the new interval is at work.
    await daemon.until('poll', (line) => line['fresh'] === 0);
    daemon.child.kill('SIGTERM');
    expect(await daemon.ended).toBe(0);
    for (const key of ['log.level', 'retry.attempts']) await home.repost.run(['config', 'unset', key]);
    await home.repost.run(['config', 'set', 'poll.interval', '1h']);
  });

  it('lets a running job end at the first SIGTERM', async () => {
    const daemon = start();
    await daemon.until('started');
    const held = holdUploads();
    await home.publish('still to be finished');
    await home.repost.run(['config', 'set', 'poll.interval', '100ms']);
    await daemon.until('job-started');
    await expect.poll(() => held.waiting, { timeout: 20_000 }).toBeGreaterThan(0);
    daemon.child.kill('SIGTERM');
    await daemon.until('stopping');
    expect(daemon.child.exitCode).toBeNull();
    held.open();
    await daemon.until('job-ended', (line) => line['state'] === 'published');
    expect(await daemon.ended).toBe(0);
    await home.repost.run(['config', 'set', 'poll.interval', '1h']);
    expect(shown('still to be finished')).toHaveLength(1);
  });

  it('stops at once at the second, with 130; the next run takes it up and posts it once', async () => {
    const daemon = start();
    await daemon.until('started');
    const held = holdUploads();
    await home.publish('stopped in the middle');
    await home.repost.run(['config', 'set', 'poll.interval', '100ms']);
    await expect.poll(() => held.waiting, { timeout: 20_000 }).toBeGreaterThan(0);
    daemon.child.kill('SIGTERM');
    await daemon.until('stopping');
    daemon.child.kill('SIGINT');
    expect(await daemon.ended).toBe(130);
    held.open();
    await home.repost.run(['config', 'set', 'poll.interval', '1h']);
    expect(JSON.parse(await home.repost.run(['sync', '--json']))).toMatchObject({ published: 1 });
    expect(shown('stopped in the middle')).toHaveLength(1);
  });
});

const shown = (caption: string) =>
  home.sandbox.posts().filter((post) => post.platform === 'youtube' && post.text.includes(caption));

describe('sync', () => {
  it('stops at the first signal after what runs, with 130', async () => {
    const held = holdUploads();
    await home.publish('interrupted');
    const sync = start(['sync', '--json']);
    await expect.poll(() => held.waiting, { timeout: 20_000 }).toBeGreaterThan(0);
    sync.child.kill('SIGINT');
    await new Promise((resolve) => setImmediate(resolve));
    expect(sync.child.exitCode).toBeNull();
    held.open();
    expect(await sync.ended).toBe(130);
    expect(shown('interrupted')).toHaveLength(1);
  });

  it('that only waits for what comes due ends at the first signal', async () => {
    await home.repost.run(['config', 'set', 'retry.base', '55s']);
    await home.publish('refused for now');
    const mend = home.sandbox.faults.add({ platform: 'youtube', path: '/upload/', action: 'refuse' });
    const sync = start(['sync', '--json']);
    await expect.poll(() => home.sandbox.faults.rules()[0]?.fired, { timeout: 20_000 }).toBeGreaterThan(0);
    mend();
    sync.child.kill('SIGTERM');
    expect(await sync.ended).toBe(130);
    await home.repost.run(['config', 'unset', 'retry.base']);
  });
});
