import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, entry, openCliHome } from './home.ts';
import { openBrowser } from './init-person.ts';
import { type Ended, runRepost } from './run.ts';

const guide = readFileSync(fileURLToPath(new URL('../../USER_GUIDE.md', import.meta.url)), 'utf8');

/** What can't run here, and why. A line that is not in the guide any more must go from this list too. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^npm (?:install|run|link)/u, 'the package test installs'],
  [/^repost demo/u, 'the package test runs it'],
  [/^repost init/u, 'asks on a terminal: init.test.ts'],
  [/^(?:sudo )?repost service /u, 'wants a systemd of its own: systemd.alone.test.ts'],
  [/^repost jobs resolve 12 /u, 'wants a lost answer: dead-letters.test.ts'],
  [/^repost alerts (?:test|add desktop)/u, 'the first sends to the services, the second wants a desktop'],
  [/^man /u, 'the package test finds what npm installs'],
  [/(?:^| )podman /u, 'wants a container engine: container.test.ts'],
  [/^repost store migrate /u, 'wants a database server: store.test.ts'],
  [/^repost vault (?:move|key) /u, 'wants a database server: vault.test.ts'],
];

/** What a person puts in place of the guide's examples. */
const placeholders: readonly (readonly [RegExp, string])[] = [
  [/@you\b/gu, '@creator'],
  [/YOUR_ID/gu, 'sandbox-youtube-id'],
  [/jobs show 12/gu, 'jobs show 1'],
  [/\/var\/lib\/prometheus\/node-exporter/gu, '.'],
];

/** Files that the guide takes for granted. */
const files: Readonly<Record<string, string>> = {
  'secret.txt': 'sandbox-youtube-secret\n',
  'slack.txt': 'https://hooks.slack.com/services/T00000000/B00000000/made-up\n',
  'discord.txt': 'https://discord.com/api/webhooks/100000000000000000/made-up\n',
  'bot-token.txt': `123456789:${'made-up'.repeat(5)}\n`,
  'topic.txt': 'https://ntfy.sh/repost-of-a-test\n',
  'password.txt': 'a password\n',
  '.config/repost-passphrase': 'a passphrase\n',
};

/** The commands of each chapter's shell blocks, in order. */
const chapters = guide
  .split(/^## /gmu)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    lines: [...text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```/gmu)].flatMap(([, block = '']) =>
      block
        .replace(/\s*\\\n\s*/gu, ' ')
        .split('\n')
        .map((line) => line.replace(/^\$ /u, '').replace(/\s+# .*$/u, ''))
        .filter((line) => line.trim() !== ''),
    ),
  }))
  .filter(({ lines }) => lines.length > 0);

const isElsewhere = (line: string) => elsewhere.some(([pattern]) => pattern.test(line));

it('has shell commands, and the list of what can’t run here names only what it has', () => {
  const all = chapters.flatMap(({ lines }) => lines);
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter((line) => !isElsewhere(line)).length).toBeGreaterThan(50);
  for (const [pattern] of elsewhere)
    expect(
      all.some((line) => pattern.test(line)),
      String(pattern),
    ).toBe(true);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = chapters.filter(({ lines }) => lines.some((line) => !isElsewhere(line)));

describe.each(running)('$title', ({ title, lines }) => {
  let home: CliHome;
  let browser: Server;
  let address = '';
  let daemon: ReturnType<typeof spawn> | undefined;
  let env: NodeJS.ProcessEnv = {};
  /** Variables that the chapter sets. */
  const exported: string[] = [];

  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`;
    home = await openCliHome({ env: { REPOST_HTTP: address } });
    for (const folder of ['.config', 'Videos/originals'])
      mkdirSync(join(home.dir, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home.dir, name), text);
    const bin = join(home.dir, 'bin');
    mkdirSync(bin);
    symlinkSync(entry, join(bin, 'repost'));
    const opened = await openBrowser(home);
    browser = opened.server;
    env = {
      ...home.env,
      PATH: `${bin}:${home.env['PATH']}`,
      BROWSER: opened.command,
    };
    await seed();
  });
  afterAll(async () => {
    if (daemon && daemon.exitCode === null) {
      const ended = new Promise((resolve) => daemon?.once('close', resolve));
      daemon.kill('SIGTERM');
      await ended;
    }
    browser?.close();
    await home?.close();
  });

  /** As far as whoever reads this chapter has come. */
  async function seed(): Promise<void> {
    const early = /^(?:Installing|Where your secrets|Help|Settings|Your developer apps)/u.test(title);
    if (early) return;
    const platforms = title === 'Rules' ? ['tiktok', 'youtube', 'instagram'] : ['tiktok', 'youtube'];
    if (/^Connecting/u.test(title)) {
      for (const platform of platforms)
        await home.repost.run(
          ['app', 'add', platform, '--client-id', `sandbox-${platform}-id`, '--client-secret-stdin'],
          `sandbox-${platform}-secret\n`,
        );
      return;
    }
    for (const platform of platforms) await home.signIn(platform);
    if (title === 'Rules') return;
    const to = ['--to', 'youtube:@creator'];
    const media = ['--media', `folder:${home.originals}`];
    await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', ...to, ...media]);
    await home.repost.run(['sync']);
    await home.publish('Morning ride #bike');
    await home.repost.run(['sync']);
    if (/API/u.test(title)) await run('repost daemon');
  }

  function startDaemon(line: string): void {
    daemon = spawn('sh', ['-c', `exec ${line}`], { cwd: home.dir, env, stdio: 'ignore' });
  }

  async function run(line: string): Promise<Ended> {
    if (line === 'repost daemon') {
      startDaemon(line);
      await home.repost.waitFor(
        ['status', '--json'],
        ({ doing }: { doing: unknown }) => doing !== null,
        30_000,
      );
      return { code: 0, stdout: '', stderr: '' };
    }
    const script = ['set -e', ...exported, line].join('\n');
    const sealing = line.includes('--with-vault') ? { REPOST_BACKUP_PASSPHRASE: 'a passphrase' } : {};
    const ended = await runRepost({ ...env, ...sealing }, ['-c', script], { command: ['sh'] });
    if (line.startsWith('export ')) exported.push(line);
    return ended;
  }

  it.each(lines.filter((line) => !isElsewhere(line)).map((line) => ({ line })))('$line', async ({ line }) => {
    const typed = placeholders.reduce(
      (text, [pattern, value]) => text.replace(pattern, value),
      line.replace('127.0.0.1:4455', address),
    );
    const { code, stderr } = await run(
      `cd ${home.dir}; ${typed}`.replace(/^cd \S+; (?=export|repost daemon$)/u, ''),
    );
    expect(code, stderr).toBe(0);
  });
});
