import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

/** A proxy that lets nothing through and keeps what it was asked for. */
async function refusingProxy(): Promise<{ server: Server; address: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, asked, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('REPOST_ORIGINS alone', () => {
  let home: CliHome;
  let proxy: Awaited<ReturnType<typeof refusingProxy>>;

  beforeAll(async () => {
    proxy = await refusingProxy();
    const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'];
    home = await openCliHome({ env: Object.fromEntries(names.map((name) => [name, proxy.address])) });
  });
  afterAll(async () => {
    await home?.close();
    proxy?.server.close();
  });

  it('turns the whole main job to the other server; nothing goes by the proxy', async () => {
    for (const platform of ['tiktok', 'youtube', 'instagram', 'x']) await home.signIn(platform);
    const to = ['youtube', 'instagram', 'x'].flatMap((platform) => ['--to', `${platform}:@creator`]);
    const from = ['--from', 'tiktok:@creator', '--media', `folder:${home.originals}`];
    await home.repost.run(['rule', 'add', ...from, ...to]);
    await home.repost.run(['sync']);
    await home.publish('turned to another server');
    const summary = JSON.parse(await home.repost.run(['sync', '--json'])) as { published: number };
    expect(summary.published).toBe(3);
    expect(
      home.sandbox
        .posts()
        .map((post) => post.platform)
        .sort(),
    ).toEqual(['instagram', 'tiktok', 'x', 'youtube']);
    expect(proxy.asked).toEqual([]);
  });

  it('an address that is not in the map is used as it is: the proxy would have seen it', async () => {
    const { 'https://www.googleapis.com': _left, ...rest } = home.server.origins;
    const path = join(home.dir, 'fewer-origins.json');
    writeFileSync(path, JSON.stringify(rest));
    const checked = await runRepost({ ...home.env, REPOST_ORIGINS: path }, [
      'accounts',
      'check',
      'youtube:@creator',
    ]);
    expect(checked.code).not.toBe(0);
    expect(proxy.asked).toContain('CONNECT www.googleapis.com:443');
  });

  const commands = [
    ['status'],
    ['posts'],
    ['videos'],
    ['jobs', 'list'],
    ['jobs', 'show', '1'],
    ['jobs', 'show', '999'],
    ['limits'],
    ['accounts'],
    ['app', 'list'],
    ['source', 'list'],
    ['rule', 'list'],
    ['rule', 'show', 'nowhere'],
    ['quarantine'],
    ['config', 'list'],
    ['paths'],
    ['errors'],
    ['version'],
  ];

  it.each(commands.map((args) => ({ args, name: args.join(' ') })))(
    '$name says so once',
    async ({ args }) => {
      const plain = await runRepost(home.env, args);
      expect(plain.stderr.split('REPOST_ORIGINS').length - 1).toBe(1);
      expect(plain.stdout).not.toContain('REPOST_ORIGINS)');
      const json = await runRepost(home.env, [...args, '--json']);
      const said = json.stderr.trim().split('\n');
      expect(said).toHaveLength(1);
      expect(JSON.parse(said[0] ?? '').note).toContain('REPOST_ORIGINS');
      expect(json.code).toBe(plain.code);
    },
  );

  it('is shown by status', async () => {
    const { stdout } = await runRepost(home.env, ['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ origins: 'mapped' });
    expect((await runRepost(home.env, ['status'])).stdout).toContain('not the real platforms');
    const { REPOST_ORIGINS: _, ...real } = home.env;
    const without = await runRepost(real, ['status', '--json']);
    expect(JSON.parse(without.stdout)).toMatchObject({ origins: 'real' });
    expect(without.stderr).toBe('');
  });

  it.each([
    ['no such file', undefined],
    ['not JSON', '{'],
    ['not an origin', '{"https://api.x.com/2": "http://127.0.0.1:1"}'],
    ['a replacement that is no address', '{"https://api.x.com": "nowhere"}'],
  ])('a map that can’t be used stops every command: %s', async (_what, text) => {
    const path = join(home.dir, 'bad-origins.json');
    if (text !== undefined) writeFileSync(path, text);
    const env = { ...home.env, REPOST_ORIGINS: text === undefined ? join(home.dir, 'missing.json') : path };
    const { code, stderr } = await runRepost(env, ['status', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'E_ORIGINS', class: 'config' } });
  });
});

const isRoot = process.getuid?.() === 0;

/** What the kernel of this network namespace found no way for: every packet that wanted to leave loopback. */
const COUNT = `awk '/^Ip:/ && n++ { print $13 } /Ip6OutNoRoutes/ { print $2 }' /proc/net/snmp /proc/net/snmp6`;

describeWith({ unshare: 'util-linux', ip: 'iproute2' }, 'with no network but loopback', () => {
  const alone = (script: string, args: readonly string[] = []) =>
    runRepost({ PATH: process.env['PATH'], HOME: '/nonexistent' }, args, {
      command: ['unshare', '-n', 'sh', '-c', `ip link set lo up; ${script}`, process.execPath, entry],
    });

  it.runIf(isRoot)('the kernel counts what would leave', async () => {
    const ask = (url: string) => `"$0" -e 'fetch("${url}").catch(() => {})'`;
    const { stdout } = await alone(`${ask('http://192.0.2.1/')}; ${ask('http://[2001:db8::1]/')}; ${COUNT}`);
    expect(stdout.trim().split('\n').map(Number)).toEqual([1, 1]);
  });

  it.runIf(isRoot)(
    'the whole demo, from the first key to the last post, makes no packet leave',
    async () => {
      const { stdout, stderr } = await alone(`"$0" "$1" demo --json; echo "ended $?"; ${COUNT}`);
      const [jobs = '', ended, ...left] = stdout.trim().split('\n');
      expect(ended, stderr).toBe('ended 0');
      expect((JSON.parse(jobs) as unknown[]).length).toBeGreaterThanOrEqual(6);
      expect(left).toEqual(['0', '0']);
    },
    180_000,
  );

  it.runIf(!isRoot)('is tested by root only: a network namespace needs it', () => {
    expect(readFileSync('/proc/self/status', 'utf8')).not.toMatch(/^Uid:\t0/mu);
  });
});
