import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { HostCheck, HostedFile, MediaHost } from '../../src/core/host.ts';
import type { Http } from '../../src/core/http.ts';
import { folderHost } from '../../src/media/host-folder.ts';
import { type S3Options, s3Host } from '../../src/media/host-s3.ts';
import { forbidsCrawler } from '../../src/media/robots.ts';
import { createBucket } from '../../src/sandbox/bucket.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { inProcessPlainHttp } from '../platforms/in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'repost-host-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(bytes = 3000): HostedFile {
  const path = join(folder, `${bytes}.mp4`);
  const content = Buffer.alloc(bytes, 'video ');
  writeFileSync(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, bytes, sha256, mimeType: 'video/mp4' };
}

let clock: TestClock;
let sandbox: Sandbox;
let keys: S3Options & { webOrigin: string };

beforeEach(async () => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 3, simulators: [createBucket] });
  const known = (await sandbox.control('bucket', 'keys')) as typeof keys;
  keys = { ...known, prefix: 'repost/', http: inProcessPlainHttp(sandbox) };
});

const quirks = (change: object) => sandbox.control('bucket', 'quirks', change);
const objects = () => sandbox.control('bucket', 'objects') as Promise<{ name: string; bytes: number }[]>;
const get = (url: string, method = 'GET', headers: Record<string, string> = {}) =>
  sandbox.world.fetch({ url, method, headers });
const titles = (checks: readonly HostCheck[], result: HostCheck['result']) =>
  checks.filter((check) => check.result === result).map(({ title }) => title);

describe('a bucket', () => {
  it('puts the bucket into the name where the endpoint says so', async () => {
    const seen: string[] = [];
    const http: Http = {
      clock,
      async send({ url }) {
        seen.push(url);
        return { status: 200, headers: { etag: '"x"' }, text: '', url, json: <T>() => ({}) as T };
      },
    };
    const endpoint = 'https://{bucket}.s3.eu-central-1.amazonaws.com/';
    const { url } = await s3Host({ ...keys, endpoint, bucket: 'mine', http }).offer('repost/a b.mp4', file());
    expect(seen).toEqual(['https://mine.s3.eu-central-1.amazonaws.com/repost/a%20b.mp4']);
    expect(url).toContain('https://mine.s3.eu-central-1.amazonaws.com/repost/a%20b.mp4?');
  });

  it('holds a file under a name that nobody guesses, at an address that is good for hours', async () => {
    const host = s3Host(keys);
    const video = file();
    const handle = host.newHandle(video);
    expect(handle).toMatch(/^repost\/[0-9a-f]{48}\.mp4$/u);
    expect(host.newHandle(video)).not.toBe(handle);
    const { url, until } = await host.offer(handle, video);
    expect(until - clock.now()).toBe(12 * HOUR);
    const whole = await get(url);
    expect(whole?.body.equals(readFileSync(video.path))).toBe(true);
    expect(whole?.headers['content-type']).toBe('video/mp4');
    expect((await get(url, 'GET', { range: 'bytes=0-9' }))?.status).toBe(206);
    // Nobody without the address reads it, and the address is for reading alone.
    expect((await get(url.split('?')[0] ?? ''))?.status).toBe(403);
    expect((await get(url, 'DELETE'))?.status).toBe(403);
    expect((await get(url.replace(/.$/u, (last) => (last === '0' ? '1' : '0'))))?.status).toBe(403);
    clock.advance(12 * HOUR + MINUTE);
    expect((await get(url))?.status).toBe(403);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('takes the same copy again for the same name, and one away that is not there', async () => {
    const host = s3Host(keys);
    const video = file();
    const handle = host.newHandle(video);
    await host.offer(handle, video);
    await host.offer(handle, video);
    expect(await objects()).toHaveLength(1);
    await host.withdraw(handle);
    await host.withdraw(handle);
    expect(await objects()).toEqual([]);
  });

  it('notices a file that changed since it was verified', async () => {
    const video = file();
    writeFileSync(video.path, Buffer.alloc(video.bytes, 'other '));
    await expect(s3Host(keys).offer('repost/x', video)).rejects.toMatchObject({ code: 'E_HOST' });
    expect(await objects()).toEqual([]);
  });

  it('hands out plain addresses where the bucket is public', async () => {
    await quirks({ publicRead: true });
    const host = s3Host({ ...keys, publicBase: 'https://s3.sandbox.example/repost-videos/' });
    const { url } = await host.offer(host.newHandle(file()), file());
    expect(url).not.toContain('?');
    expect((await get(url, 'HEAD'))?.headers['content-length']).toBe('3000');
  });

  it.each([
    [{ accessKeyId: 'NOBODY' }, /access key/u],
    [{ secretAccessKey: 'wrong' }, /access key/u],
    [{ bucket: 'elsewhere' }, /no bucket elsewhere/u],
    [{ region: 'eu-central-1' }, /not in eu-central-1/u],
  ])('says what is wrong: %o', async (change, words) => {
    const host = s3Host({ ...keys, ...change });
    const failure = await host.offer('repost/x', file()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'E_HOST', kind: 'later', reason: 'media' });
    expect((failure as Error).message).toMatch(words);
    expect((failure as Error).message).not.toContain(keys.secretAccessKey);
  });

  it('tells the right region, and a clock that is wrong', async () => {
    const wrong = s3Host({ ...keys, region: 'eu-central-1' });
    await expect(wrong.offer('repost/x', file())).rejects.toMatchObject({ hint: 'Its region is us-east-1.' });
    const late = { ...keys.http, clock: new TestClock(clock.now() - HOUR) };
    await expect(s3Host({ ...keys, http: late }).offer('repost/x', file())).rejects.toMatchObject({
      message: expect.stringMatching(/clocks/u) as string,
    });
  });

  it('tries again later where the service is busy, and when a page of somebody else came', async () => {
    await quirks({ slowDowns: 1 });
    const host = s3Host(keys);
    await expect(host.offer('repost/x', file())).rejects.toMatchObject({ code: 'E_HOST', kind: 'retry' });
    sandbox.faults.add({ platform: 'bucket', times: 1, action: 'garbage' });
    await expect(host.offer('repost/x', file())).rejects.toMatchObject({ kind: 'retry' });
  });
});

describe('a folder of the user’s own web server', () => {
  const made = () => {
    const served = mkdtempSync(join(folder, 'served-'));
    return { served, host: folderHost({ folder: served, publicBase: keys.webOrigin, http: keys.http }) };
  };

  it('holds a copy under a name that nobody guesses, and nothing else', async () => {
    const { served, host } = made();
    await sandbox.control('bucket', 'serve', { folder: served });
    const video = file();
    const handle = host.newHandle(video);
    const { url } = await host.offer(handle, video);
    expect(url).toMatch(/^https:\/\/files\.sandbox\.example\/[0-9a-f]{48}\.mp4$/u);
    expect((await get(url))?.body.equals(readFileSync(video.path))).toBe(true);
    expect(readdirSync(served)).toEqual([handle]);
    await host.withdraw(handle);
    await host.withdraw(handle);
    expect(readdirSync(served)).toEqual([]);
  });

  it('takes away what a crash left half made', async () => {
    const { served, host } = made();
    const handle = host.newHandle(file());
    writeFileSync(join(served, `.${handle}.part`), 'half');
    await host.withdraw(handle);
    expect(readdirSync(served)).toEqual([]);
  });

  it('gives a MOV its own ending', async () => {
    const { host } = made();
    expect(host.newHandle({ mimeType: 'video/quicktime' })).toMatch(/\.mov$/u);
  });

  it('says where the folder is missing or closed, or the file went away', async () => {
    const { host } = made();
    const gone = folderHost({ folder: join(folder, 'none'), publicBase: keys.webOrigin, http: keys.http });
    await expect(gone.offer('a.mp4', file())).rejects.toMatchObject({ code: 'E_HOST', kind: 'later' });
    const lost = { ...file(), path: join(folder, 'dropped.mp4') };
    await expect(host.offer('a.mp4', lost)).rejects.toMatchObject({ code: 'E_NO_MEDIA', kind: 'retry' });
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('says where the folder is none', async () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, 'no folder');
    const host = folderHost({ folder: path, publicBase: keys.webOrigin, http: keys.http });
    await expect(host.offer('a.mp4', file())).rejects.toMatchObject({ code: 'E_HOST' });
  });
});

describe('host check', () => {
  const web = async (): Promise<MediaHost> => {
    const served = mkdtempSync(join(folder, 'checked-'));
    await sandbox.control('bucket', 'serve', { folder: served });
    return folderHost({ folder: served, publicBase: keys.webOrigin, http: keys.http });
  };

  it('passes a good bucket and a good folder, and leaves nothing behind', async () => {
    for (const host of [s3Host(keys), await web()]) {
      const checks = await host.check();
      expect(titles(checks, 'PASS').length).toBe(checks.length);
      expect(titles(checks, 'PASS').at(-1)).toContain('gone');
    }
    expect(await objects()).toEqual([]);
    expect(sandbox.complaints()).toEqual([]);
  });

  it.each([
    [{ ranges: false }, /byte ranges/u],
    [{ contentType: 'application/octet-stream' }, /says application/u],
    [{ status: 401 }, /answered with 401/u],
    [{ status: 302 }, /redirects/u],
    [{ robots: 'User-agent: facebookexternalhit\nDisallow: /\n' }, /robots\.txt/u],
    [{ listing: true }, /listed/u],
  ])('finds what would keep Meta from fetching: %o', async (change, words) => {
    const host = await web();
    await quirks(change);
    expect(titles(await host.check(), 'FAIL').join('\n')).toMatch(words);
  });

  it('warns of a server that answers no HEAD', async () => {
    const host = await web();
    await quirks({ head: false });
    const checks = await host.check();
    expect(titles(checks, 'FAIL')).toEqual([]);
    expect(titles(checks, 'WARN').join()).toContain('HEAD');
  });

  it('finds a bucket whose names everybody can list, and a key that is wrong', async () => {
    await quirks({ publicList: true });
    expect(titles(await s3Host(keys).check(), 'FAIL').join()).toContain('listed');
    const checks = await s3Host({ ...keys, secretAccessKey: 'wrong' }).check();
    expect(titles(checks, 'FAIL')).toHaveLength(1);
  });

  it.each(['http://127.0.0.1:9000', 'https://192.168.1.7', 'https://nas.local', 'https://10.0.0.2'])(
    'knows that %s leads nowhere from outside',
    async (publicBase) => {
      const served = mkdtempSync(join(folder, 'private-'));
      const http = {
        ...keys.http,
        send: async () => ({ status: 404, headers: {}, text: '', url: '', json: () => ({}) as never }),
      };
      const checks = await folderHost({ folder: served, publicBase, http }).check();
      expect(titles(checks, 'FAIL').join()).toContain('nowhere from outside');
      expect(readdirSync(served)).toEqual([]);
    },
  );
});

describe('robots.txt', () => {
  it.each([
    ['', false],
    ['User-agent: *\nDisallow: /', true],
    ['User-agent: *\nDisallow:', false],
    ['User-agent: facebookexternalhit\nAllow: /\n\nUser-agent: *\nDisallow: /', false],
    ['User-agent: *\nDisallow: /\nAllow: /videos/', false],
    ['User-agent: *\nDisallow: /videos/*.mp4$', true],
    ['User-agent: *\nDisallow: /private # nothing here', false],
    ['User-agent: a\nUser-agent: FacebookExternalHit\nDisallow: /', true],
    ['Disallow: /', false],
  ])('%j forbids: %s', (text, forbidden) => {
    expect(forbidsCrawler(text, 'facebookexternalhit', '/videos/a.mp4')).toBe(forbidden);
  });
});
