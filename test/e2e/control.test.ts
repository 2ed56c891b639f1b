import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../../src/cli/child.ts';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

interface Status {
  state: string;
  pid: number;
  pausedAt: string | null;
  running: unknown[];
}

let home: CliHome;
let daemon: Running;
const notes = () => readFileSync(join(home.dir, 'notes'), 'utf8').trim().split('\n');

/** Stands in for systemd’s program: keeps what it is told. */
function recordNotes(dir: string): string {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'systemd-notify'),
    `#!/bin/sh\nfor m in "$@"; do echo "$m" >>'${join(dir, 'notes')}'; done\n`,
    { mode: 0o755 },
  );
  return bin;
}

const status = async () => JSON.parse(await home.repost.run(['daemon', 'status', '--json'])) as Status;

async function start(): Promise<Running> {
  const running = home.repost.start(['daemon', '--json']);
  await running.until((line) => line.includes('"started"'));
  return running;
}

beforeAll(async () => {
  home = await openCliHome();
  Object.assign(home.env, {
    PATH: `${recordNotes(home.dir)}:${home.env['PATH']}`,
    NOTIFY_SOCKET: '/nowhere',
    WATCHDOG_USEC: '1500000',
  });
  await home.repost.run(['config', 'set', 'poll.interval', '1h']);
  await home.signIn('tiktok');
  await home.signIn('x');
  const rule = ['--from', 'tiktok:@creator', '--to', 'x:@creator', '--media', `folder:${home.originals}`];
  await home.repost.run(['rule', 'add', ...rule]);
  await home.repost.run(['sync']);
  daemon = await start();
  await home.repost.waitFor<Status>(['status', '--json'], (one) => 'doing' in one, 10_000);
});
afterAll(async () => {
  await daemon?.stop();
  await home?.close();
}, 30_000);

describe('the control socket', () => {
  it('is its owner’s alone, and tells what the daemon does', async () => {
    const socket = join(home.env['REPOST_HOME'] ?? '', 'state', 'control.sock');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const facts = await status();
    expect(facts).toMatchObject({ schemaVersion: 1, state: 'running', pausedAt: null, running: [] });
    const all = JSON.parse(await home.repost.run(['status', '--json']));
    expect(all).toMatchObject({ daemon: 'running', paused: false, doing: { pid: facts.pid } });
    expect(await home.repost.run(['status'])).toContain('daemon running for');
    await expect(home.repost.run(['sync'])).rejects.toThrow('E_DAEMON_RUNNING');
  });

  it('asks all sources now', async () => {
    await home.publish('asked for');
    expect(JSON.parse(await home.repost.run(['daemon', 'poll', '--json']))).toMatchObject({ polled: 1 });
    await home.repost.waitFor<unknown[]>(['posts', '--json'], (posts) => posts.length === 1, 30_000);
  });

  it('pauses, over a kill -9 and a restart, until resumed', async () => {
    expect(await home.repost.run(['daemon', 'pause'])).toContain('Paused');
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await expect(daemon.succeeded()).rejects.toThrow();
    // The socket is still there, and nobody answers.
    await expect(home.repost.run(['daemon', 'status'])).rejects.toThrow('E_NO_DAEMON');
    expect(JSON.parse(await home.repost.run(['status', '--json']))).toMatchObject({
      daemon: 'stopped',
      paused: true,
      doing: null,
    });
    await expect(home.repost.run(['sync'])).rejects.toThrow('paused');
    daemon = await start();
    expect((await status()).state).toBe('paused');
    await home.publish('while paused');
    await expect(home.repost.run(['daemon', 'poll'])).rejects.toThrow('E_WRONG_STATE');
    expect(JSON.parse(await home.repost.run(['videos', '--json']))).toHaveLength(1);
    await home.repost.run(['daemon', 'resume']);
    await home.repost.run(['daemon', 'poll']);
    await home.repost.waitFor<unknown[]>(['posts', '--json'], (posts) => posts.length === 2, 30_000);
  });

  it('reads the settings anew', async () => {
    const config = join(home.env['REPOST_HOME'] ?? '', 'config', 'config.json');
    writeFileSync(config, JSON.stringify({ 'poll.interval': '1h', 'log.level': 'debug' }));
    const seen = daemon.until((line) => line.includes('"reloaded"') && line.includes('"log.level":"debug"'));
    await home.repost.run(['daemon', 'reload']);
    await seen;
  });

  it('drains: what runs ends, then the daemon stops well, and leaves no socket', async () => {
    const out = JSON.parse(await home.repost.run(['daemon', 'drain', '--json'])) as Status;
    expect(out.state).toBe('stopped');
    await daemon.succeeded();
    expect(existsSync(join(home.env['REPOST_HOME'] ?? '', 'state', 'control.sock'))).toBe(false);
    const ended = await runRepost(home.env, ['daemon', 'drain', '--json']);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stderr)).toMatchObject({ error: { code: 'E_NO_DAEMON' } });
  }, 30_000);

  it('told the service manager: ready, signs of life, stopping, more time', () => {
    expect(notes()[0]).toBe('READY=1');
    expect(notes()).toContain('WATCHDOG=1');
    expect(notes().filter((note) => /^(STOPPING|EXTEND)/u.test(note))).toEqual([
      'STOPPING=1',
      'EXTEND_TIMEOUT_USEC=30000000',
    ]);
  });
});
