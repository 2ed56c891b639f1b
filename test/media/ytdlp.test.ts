import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Video } from '../../src/core/video.ts';
import type { FindContext } from '../../src/media/source.ts';
import { ytdlpSource } from '../../src/media/ytdlp.ts';
import { describeWith } from '../tools.ts';
import { buildMp4 } from './build-mp4.ts';
import { aVideo, failureOf, findContext, freshFolder, PUBLISHED_AT, VIDEO_ID } from './fixtures.ts';

const fake = new URL('./fake-yt-dlp.mjs', import.meta.url).pathname;
const NOW = PUBLISHED_AT + HOUR;

function setUp(scenario: Record<string, unknown> = {}, content: Buffer | string | null = buildMp4()) {
  const home = freshFolder();
  const workspace = join(home, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(home, 'scenario.json'), JSON.stringify({ version: '2026.08.19', ...scenario }));
  if (content !== null) writeFileSync(join(home, 'content'), content);
  const program = join(home, 'yt-dlp');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${fake}' '${home}' "$@"\n`);
  chmodSync(program, 0o755);
  const warnings: string[] = [];
  const clock = new TestClock(NOW);
  const find = (context: Partial<FindContext> = {}, video: Partial<Video> = {}) =>
    ytdlpSource.find(
      aVideo(video),
      { kind: 'yt-dlp' },
      findContext({
        consented: true,
        workspace,
        tools: { clock, ytDlp: program },
        warn: (message) => warnings.push(message),
        ...context,
      }),
    );
  const calls = () =>
    existsSync(join(home, 'calls.jsonl'))
      ? readFileSync(join(home, 'calls.jsonl'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { argv: string[]; env: Record<string, string> })
      : [];
  return { home, workspace, program, clock, warnings, find, calls };
}

describe('yt-dlp as a source', () => {
  test('is off until its person consented', async () => {
    const { find, calls } = setUp();
    const failure = await failureOf(find({ consented: false }));
    expect(failure).toMatchObject({ code: 'E_CONSENT', kind: 'later', reason: 'media', class: 'config' });
    expect(calls()).toEqual([]);
  });

  test('fetches, and gives the whole caption', async () => {
    const report = { description: `Morning ride #bike ${'x'.repeat(500)}`, uploader: 'test.creator' };
    const { find, workspace, warnings } = setUp({ report, noise: true });
    const found = await find({ handle: '@Test.Creator' });
    const path = join(workspace, 'fetched.mp4');
    expect(found).toEqual({ path, owned: true, origin: 'yt-dlp 2026.08.19', caption: report.description });
    expect(readFileSync(path)).toEqual(buildMp4());
    expect(warnings).toEqual([]);
  });

  test('calls it with exactly these words, in a bare environment', async () => {
    process.env['REPOST_VAULT_PASSPHRASE'] = 'must not get out';
    const { find, workspace, calls } = setUp();
    await find();
    delete process.env['REPOST_VAULT_PASSPHRASE'];
    const [version, fetch] = calls();
    expect(version?.argv).toEqual(['--ignore-config', '--version']);
    const argv = fetch?.argv ?? [];
    expect(argv.slice(-2)).toEqual(['--', `https://www.tiktok.com/@test.creator/video/${VIDEO_ID}`]);
    expect(argv.slice(0, -2).join(' ')).toBe(
      '--ignore-config --no-exec --no-update --no-cache-dir --no-playlist --no-progress --no-warnings ' +
        '--restrict-filenames --color never --socket-timeout 20 --retries 3 --extractor-retries 2 ' +
        '--limit-rate 5M --max-filesize 4000000000 --force-overwrites -S vcodec:h264,res,br ' +
        '-f b[vcodec!=?none][format_id!=download] --print after_move:%(.{id,title,description,timestamp,' +
        'duration,width,height,ext,format_id,format_note,vcodec,acodec,filesize,uploader,filepath})j ' +
        `-P ${workspace} -o fetched.%(ext)s`,
    );
    expect(JSON.stringify(fetch?.env)).not.toContain('must not get out');
  });

  test.each([
    [`https://www.tiktok.com/@test.creator/video/${VIDEO_ID}?utm_source=key`, 'test.creator'],
    [`https://m.tiktok.com/@test.creator/video/${VIDEO_ID}/`, 'test.creator'],
    [`https://tiktok.com/@na%20me;rm/video/${VIDEO_ID}`, '_'],
    [`https://www.tiktok.com/@/video/${VIDEO_ID}`, '_'],
  ])('makes the address anew: %s', async (url, name) => {
    const { find, calls } = setUp();
    await find({}, { url });
    expect(calls()[1]?.argv.at(-1)).toBe(`https://www.tiktok.com/@${name}/video/${VIDEO_ID}`);
  });

  test('a video of a YouTube channel: picture and sound, put together', async () => {
    const { find, calls } = setUp({ report: { id: 'dQw4w9WgXcQ' } });
    const url = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
    expect(await find({}, { url, remoteId: 'dQw4w9WgXcQ' })).toMatchObject({ owned: true });
    const argv = calls()[1]?.argv ?? [];
    expect(argv.at(-1)).toBe(url);
    expect(argv.join(' ')).toContain(
      '-f bv*[vcodec^=avc1]+ba[ext=m4a]/b[ext=mp4]/b --merge-output-format mp4',
    );
  });

  test.each([
    'https://www.youtube.com/watch?v=--exec=idxx',
    `https://evil.example/@u/video/${VIDEO_ID}`,
    `https://www.tiktok.com.evil.example/@u/video/${VIDEO_ID}`,
    'https://www.tiktok.com/@u/video/7000000000000000001',
    `https://www.tiktok.com/@u/photo/${VIDEO_ID}`,
    '--exec=id',
    'file:///etc/passwd',
  ])('never asks for %s', async (url) => {
    const { find, calls } = setUp();
    expect(await failureOf(find({}, { url }))).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject' });
    expect(calls()).toEqual([]);
  });

  test('the address goes through the origins map', async () => {
    const { find, calls } = setUp();
    await find({ mapUrl: (url) => url.replace('https://', 'http://127.0.0.1:4010/') });
    expect(calls()[1]?.argv.at(-1)).toBe(
      `http://127.0.0.1:4010/www.tiktok.com/@test.creator/video/${VIDEO_ID}`,
    );
  });

  test('an old version is warned about, and spared the options it does not know', async () => {
    const { find, warnings, calls } = setUp({ version: '2023.03.04' });
    expect(await find()).toMatchObject({ origin: 'yt-dlp 2023.03.04' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('2026.08.19');
    expect(calls()[1]?.argv).not.toContain('--color');
  });

  test.each([{ format_id: 'download' }, { format_id: '0', format_note: 'watermarked' }])(
    'says of a marked file that it is marked: %j',
    async (report) => {
      const { find, calls } = setUp({ report });
      expect(await find({ allowWatermark: true })).toMatchObject({
        watermarked: true,
        origin: 'yt-dlp 2026.08.19, watermarked',
      });
      expect(calls()[1]?.argv).toContain('b[vcodec!=?none]');
      expect(await setUp({ report: { format_note: '720p' } }).find()).not.toHaveProperty('watermarked');
    },
  );

  test('missing: names the package, and waits', async () => {
    const failure = await failureOf(
      setUp().find({ tools: { clock: new TestClock(NOW), ytDlp: '/nonexistent/yt-dlp' } }),
    );
    expect(failure).toMatchObject({ code: 'E_TOOL_MISSING', kind: 'later', reason: 'media' });
    expect(failure.hint).toContain('yt-dlp');
  });

  test('broken: says no version', async () => {
    expect((await failureOf(setUp({ versionExit: 1 }).find())).code).toBe('E_TOOL_FAILED');
    expect((await failureOf(setUp({ version: 'Segmentation fault' }).find())).code).toBe('E_TOOL_FAILED');
  });

  test('somebody else’s post is not taken', async () => {
    const { find } = setUp({ report: { uploader: 'somebody' } });
    const failure = await failureOf(find({ handle: '@test.creator' }));
    expect(failure).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject' });
    expect(failure.message).toContain('@somebody');
    expect(await failureOf(setUp({ report: { id: '7000000000000000001' } }).find())).toMatchObject({
      code: 'E_TOOL_FAILED',
    });
  });

  test('only the person’s copy of the cookies is written to', async () => {
    const { find, home, calls } = setUp();
    const cookies = join(home, 'cookies.txt');
    writeFileSync(cookies, '# Netscape HTTP Cookie File\n');
    await find({ ytDlp: { cookies, rateLimit: '1M' } });
    expect(readFileSync(cookies, 'utf8')).toBe('# Netscape HTTP Cookie File\n');
    expect(calls()[1]?.argv).toEqual(expect.arrayContaining(['--limit-rate', '1M']));
  });

  test('past its time the whole process group is killed', async () => {
    const { find, home, clock, workspace } = setUp({ hang: true });
    const work = failureOf(find());
    while (!existsSync(join(home, 'pids')) || readFileSync(join(home, 'pids'), 'utf8') === '')
      await new Promise((resolve) => setImmediate(resolve));
    clock.advance(15 * MINUTE);
    expect(await work).toMatchObject({ code: 'E_TOOL_FAILED', kind: 'retry' });
    for (const pid of readFileSync(join(home, 'pids'), 'utf8').split(' ')) {
      // A killed grandchild may stay a zombie until its adopter looks: that is dead, too.
      const stat = `/proc/${pid}/stat`;
      while (existsSync(stat) && readFileSync(stat, 'utf8').split(') ')[1]?.[0] !== 'Z')
        await new Promise((resolve) => setImmediate(resolve));
    }
    expect(readdirSync(workspace)).toEqual(['fetched.mp4.part']);
  });

  test('an abort kills it as well', async () => {
    const { find, home, clock, program } = setUp({ hang: true });
    const stop = new AbortController();
    const work = find({ tools: { clock, ytDlp: program, signal: stop.signal } }).catch(
      (error: unknown) => error,
    );
    while (!existsSync(join(home, 'pids'))) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('drain'));
    expect(await work).toEqual(new Error('drain'));
  });
});

describe('a run that ends well with the wrong thing', () => {
  test.each([
    ['no file', {}, null, 'E_TOOL_FAILED', 'retry', 'left no file'],
    ['a part only', { part: true }, null, 'E_TOOL_FAILED', 'retry', 'part of the file'],
    ['an empty file', {}, '', 'E_TOOL_FAILED', 'retry', 'left no file'],
    [
      'sound',
      { ext: 'mp3', report: { ext: 'mp3', vcodec: 'none' } },
      'ID3',
      'E_MEDIA_INVALID',
      'reject',
      'slideshow',
    ],
    ['a web page', {}, '<!doctype html><html>', 'E_MEDIA_INVALID', 'retry', 'web page'],
    ['a report that is cut', { stdout: '{"id": "75' }, 'x', 'E_TOOL_FAILED', 'retry', 'report'],
    [
      'a path elsewhere',
      { report: { filepath: '/etc/passwd' } },
      'x',
      'E_TOOL_FAILED',
      'retry',
      'left no file',
    ],
    ['no path', { report: { filepath: null } }, 'x', 'E_TOOL_FAILED', 'retry', 'left no file'],
  ] as const)('%s', async (_name, scenario, content, code, kind, words) => {
    const failure = await failureOf(setUp(scenario, content).find());
    expect(failure).toMatchObject({ code, kind });
    expect(failure.message).toContain(words);
  });
});

const T = `ERROR: [TikTok] ${VIDEO_ID}:`;

describe('what yt-dlp writes on stderr, and what it means', () => {
  test.each([
    [`${T} Unable to download webpage: HTTP Error 429: Too Many Requests`, 'E_RATE_LIMIT', 'later'],
    [
      `${T} Unable to download webpage: HTTP Error 403: Forbidden (caused by <HTTPError 403>)`,
      'E_TOOL_FAILED',
      'retry',
    ],
    [`${T} Unable to download webpage: HTTP Error 502: Bad Gateway`, 'E_NETWORK', 'retry'],
    [`${T} Unable to download webpage: Failed to resolve 'www.tiktok.com'`, 'E_NETWORK', 'retry'],
    [`${T} Unable to download webpage: The read operation timed out`, 'E_NETWORK', 'retry'],
    [`${T} Unable to download webpage: [Errno 111] Connection refused`, 'E_NETWORK', 'retry'],
    [`${T} Unable to download webpage: Unable to connect to proxy`, 'E_NETWORK', 'retry'],
    ['ERROR: unable to download video data: HTTP Error 403: Forbidden', 'E_NETWORK', 'retry'],
    [
      'ERROR: [download] Got error: 1000 bytes read, 299024 more expected. Giving up after 3 retries',
      'E_NETWORK',
      'retry',
    ],
    [`${T} Unexpected response from webpage request`, 'E_TOOL_FAILED', 'retry'],
    [`${T} Unable to extract challenge data`, 'E_TOOL_FAILED', 'retry'],
    [`${T} Unable to solve JS challenge`, 'E_TOOL_FAILED', 'retry'],
    [
      `${T} Unable to extract universal data for rehydration; please report this issue on …`,
      'E_TOOL_FAILED',
      'retry',
    ],
    [`${T} Your IP address is blocked from accessing this post`, 'E_TOOL_FAILED', 'retry'],
    [
      `${T} You do not have permission to view this post. Log into an account that has access.`,
      'E_NO_MEDIA',
      'later',
    ],
    [`${T} TikTok is requiring login for access to this content. Use --cookies`, 'E_NO_MEDIA', 'later'],
    [`${T} This post may not be comfortable for some audiences. Log in for access`, 'E_NO_MEDIA', 'later'],
    [`${T} Video not available, status code 10204`, 'E_SOURCE_GONE', 'retry'],
    ['ERROR: Unsupported URL: https://www.tiktok.com/@u/photo/1', 'E_MEDIA_INVALID', 'reject'],
    [`${T} Requested format is not available. Use --list-formats for a list`, 'E_MEDIA_INVALID', 'reject'],
    ['ERROR: [Errno 28] No space left on device', 'E_DISK_FULL', 'later'],
    ['Something never seen: https://v16.tiktokcdn.com/x?signature=abc', 'E_TOOL_FAILED', 'retry'],
  ])('%s', async (stderr, code, kind) => {
    const failure = await failureOf(setUp({ stderr, exit: 1 }).find());
    expect(failure).toMatchObject({ code, kind });
    expect(failure.message).not.toContain('signature');
    if (kind === 'later') expect(failure).toMatchObject({ reason: 'media' });
    if (failure.notBefore !== undefined) expect(failure.notBefore).toBeGreaterThan(NOW);
  });

  test('throttling waits half an hour', async () => {
    const stderr = `${T} Unable to download webpage: HTTP Error 429: Too Many Requests`;
    expect((await failureOf(setUp({ stderr, exit: 1 }).find())).notBefore).toBe(NOW + 30 * MINUTE);
  });

  test('a traceback without curl_cffi is a matter of the set-up', async () => {
    const failure = await failureOf(setUp().find({ ytDlp: { impersonate: 'chrome' } }));
    expect(failure).toMatchObject({ code: 'E_TOOL_MISSING', kind: 'later', class: 'config' });
    expect(await setUp({ curlCffi: true }).find({ ytDlp: { impersonate: 'chrome' } })).not.toBeInstanceOf(
      Failure,
    );
  });

  test('killed by a signal', async () => {
    const failure = await failureOf(setUp({ signal: 'SIGTERM' }).find());
    expect(failure).toMatchObject({ code: 'E_TOOL_FAILED', kind: 'retry' });
    expect(failure.message).toMatch(/killed|143/);
  });
});

describeWith({ 'yt-dlp': 'yt-dlp' }, 'the installed yt-dlp', () => {
  test('understands every option, and takes the address for one', async () => {
    const { workspace, clock, warnings } = setUp();
    // Nothing listens on port 9: it must get as far as asking.
    const mapUrl = () => `http://127.0.0.1:9/www.tiktok.com/@u/video/${VIDEO_ID}`;
    const context = {
      consented: true,
      workspace,
      mapUrl,
      tools: { clock },
      warn: (text: string) => warnings.push(text),
    };
    const failure = await failureOf(ytdlpSource.find(aVideo(), { kind: 'yt-dlp' }, findContext(context)));
    expect(failure).toMatchObject({ code: 'E_NETWORK', kind: 'retry' });
  });
});
