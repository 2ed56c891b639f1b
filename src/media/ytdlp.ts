import { chmod, copyFile, lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import { MAGIC_BYTES, readMagic } from './magic.ts';
import { openRegular } from './probe.ts';
import { runProgram } from './program.ts';
import type { FindContext, FoundMedia, MediaSource } from './source.ts';
import { DEFAULT_MAX_BYTES } from './source.ts';
import { classifyYtdlp } from './ytdlp-errors.ts';

type YtdlpSpec = Extract<MediaSpec, { kind: 'yt-dlp' }>;

/** TikTok's part of yt-dlp was broken before and repaired in this version (https://github.com/yt-dlp/yt-dlp/releases). */
const OLDEST_GOOD_VERSION = '2026.08.19';

/** The first release that knows `--color`. */
const COLOR_OPTION_SINCE = '2023.06.21';

const VERSION_TIMEOUT_MS = MINUTE;
const FETCH_TIMEOUT_MS = 15 * MINUTE;

/** H.264 first: TikTok's best-looking renditions are H.265, which several platforms refuse. Never the watermarked one. */
const FORMAT_ORDER = 'vcodec:h264,res,br';
const FORMAT_FILTER = 'b[vcodec!=?none][format_id!=download]';
/** Where the rule takes marked files: yt-dlp itself ranks them last. */
const ANY_FORMAT = 'b[vcodec!=?none]';

const YOUTUBE_PAGE = 'https://www.youtube.com/watch?v=';

const PRINTED =
  'after_move:%(.{id,title,description,timestamp,duration,width,height,ext,format_id,format_note,vcodec,acodec,filesize,uploader,filepath})j';

/**
 * Fetching by yt-dlp: only with the person's consent, only the account's own posts, one at a time and slowly
 * (TikTok’s terms allow automated fetching only where it is permitted: https://tiktok.com/legal/page/global/summary-of-terms-and-conditions-eea/en).
 */
export const ytdlpSource: MediaSource<YtdlpSpec> = {
  kind: 'yt-dlp',
  async find(video, _spec, context) {
    const now = context.tools.clock.now();
    if (!context.consented)
      return new Failure('E_CONSENT', { kind: 'later', reason: 'media', notBefore: now + 10 * MINUTE });
    const address = postAddress(video);
    if (address instanceof Failure) return address;
    try {
      const version = await readVersion(context);
      const json = await fetchPost(address, version, context);
      return json instanceof Failure ? json : await takeFile(json, video, version, context);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  },
};

/** The post's address, made anew from its parts: nothing that a stranger wrote reaches the command line. */
function postAddress(video: Video): string | Failure {
  const url = URL.canParse(video.url) ? new URL(video.url) : undefined;
  if (url?.hostname === 'www.youtube.com' && /^[\w-]{11}$/.test(video.remoteId))
    return `${YOUTUBE_PAGE}${video.remoteId}`;
  const hosts = ['www.tiktok.com', 'tiktok.com', 'm.tiktok.com'];
  const parts = /^\/@([^/]*)\/(video|photo)\/(\d{1,25})\/?$/.exec(url?.pathname ?? '');
  if (url === undefined || !hosts.includes(url.hostname) || parts === null || parts[3] !== video.remoteId)
    return new Failure('E_MEDIA_INVALID', {
      kind: 'reject',
      message: 'yt-dlp is used for pages of TikTok and YouTube only; this address is none of them.',
      hint: 'Give the rule another way to the file: --media folder:DIR.',
    });
  if (parts[2] === 'photo')
    return new Failure('E_MEDIA_INVALID', {
      kind: 'reject',
      message: 'It is a photo post: there is no video in it.',
    });
  // `_` stands for any name: the id alone leads to the post.
  const name = /^[A-Za-z0-9_.]{1,24}$/.test(parts[1] ?? '') ? parts[1] : '_';
  return `https://www.tiktok.com/@${name}/video/${parts[3]}`;
}

async function readVersion(context: FindContext): Promise<string> {
  const { clock, signal } = context.tools;
  const end = await runProgram({
    program: context.tools.ytDlp ?? 'yt-dlp',
    args: ['--ignore-config', '--version'],
    debianPackage: 'yt-dlp',
    timeoutMs: VERSION_TIMEOUT_MS,
    clock,
    ...(signal === undefined ? {} : { signal }),
  });
  const version = end.stdout.trim();
  if (end.timedOut || end.exitCode !== 0 || !/^\d{4}\.\d\d\.\d\d/.test(version))
    throw new Failure('E_TOOL_FAILED', { message: 'yt-dlp doesn’t say its version: it is broken.' });
  if (version < OLDEST_GOOD_VERSION)
    context.warn?.(
      `yt-dlp ${version} is too old for today’s TikTok and has known security holes; ` +
        `update it to ${OLDEST_GOOD_VERSION} or later.`,
    );
  return version;
}

interface Printed {
  id?: unknown;
  description?: unknown;
  ext?: unknown;
  format_id?: unknown;
  format_note?: unknown;
  vcodec?: unknown;
  uploader?: unknown;
  filepath?: unknown;
}

async function fetchPost(address: string, version: string, context: FindContext): Promise<Printed | Failure> {
  const { clock, signal } = context.tools;
  const timeoutMs = context.ytDlp?.timeoutMs ?? FETCH_TIMEOUT_MS;
  const end = await runProgram({
    program: context.tools.ytDlp ?? 'yt-dlp',
    args: [...(await fetchOptions(address, version, context)), '--', context.mapUrl(address)],
    debianPackage: 'yt-dlp',
    timeoutMs,
    clock,
    cwd: context.workspace,
    ...(signal === undefined ? {} : { signal }),
  });
  if (end.timedOut)
    return new Failure('E_TOOL_FAILED', {
      message: `yt-dlp was not done after ${Math.round(timeoutMs / MINUTE)} minutes and was stopped.`,
    });
  if (end.exitCode !== 0) return classifyYtdlp(end.stderr, end.exitCode, clock.now());
  const line = end.stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) return noFile(context);
  try {
    return JSON.parse(line) as Printed;
  } catch {
    return new Failure('E_TOOL_FAILED', { message: 'yt-dlp’s report can’t be read.' });
  }
}

async function fetchOptions(address: string, version: string, context: FindContext): Promise<string[]> {
  const { rateLimit = '5M', cookies, impersonate } = context.ytDlp ?? {};
  const options = ['--ignore-config', '--no-exec', '--no-update', '--no-cache-dir', '--no-playlist'];
  options.push('--no-progress', '--no-warnings', '--restrict-filenames');
  if (version >= COLOR_OPTION_SINCE) options.push('--color', 'never');
  options.push('--socket-timeout', '20', '--retries', '3', '--extractor-retries', '2');
  options.push('--limit-rate', rateLimit, '--max-filesize', String(context.maxBytes ?? DEFAULT_MAX_BYTES));
  if (cookies !== undefined) {
    // yt-dlp writes the file anew at its end: the person's own stays as it is.
    const copy = join(context.workspace, 'cookies.txt');
    await copyFile(cookies, copy);
    await chmod(copy, 0o600);
    options.push('--cookies', copy);
  }
  if (impersonate !== undefined) options.push('--impersonate', impersonate);
  const formats = formatsFor(address, context.allowWatermark ?? false);
  options.push('--force-overwrites', '-S', FORMAT_ORDER, ...formats, '--print', PRINTED);
  options.push('-P', context.workspace, '-o', 'fetched.%(ext)s');
  return options;
}

/** YouTube keeps picture and sound apart; what holds both is small. ffmpeg puts them together. */
function formatsFor(address: string, allowWatermark: boolean): string[] {
  if (!address.startsWith(YOUTUBE_PAGE)) return ['-f', allowWatermark ? ANY_FORMAT : FORMAT_FILTER];
  return ['-f', 'bv*[vcodec^=avc1]+ba[ext=m4a]/b[ext=mp4]/b', '--merge-output-format', 'mp4'];
}

/** It ended well, and yet nothing says that it is the right post, a video, or there at all. */
async function takeFile(
  printed: Printed,
  video: Video,
  version: string,
  context: FindContext,
): Promise<FoundMedia | Failure> {
  if (String(printed.id) !== video.remoteId)
    return new Failure('E_TOOL_FAILED', {
      message: 'yt-dlp fetched another post than the one it was asked for.',
    });
  const { handle } = context;
  const uploader = typeof printed.uploader === 'string' ? printed.uploader : undefined;
  if (handle !== undefined && uploader !== undefined && plainName(uploader) !== plainName(handle))
    return new Failure('E_MEDIA_INVALID', {
      kind: 'reject',
      message: `The post belongs to @${plainName(uploader).slice(0, 40)}, not to the account that is watched.`,
      hint: 'Only own posts are fetched.',
    });
  if (printed.vcodec === 'none' || /^(mp3|m4a|aac|opus)$/.test(String(printed.ext)))
    return new Failure('E_MEDIA_INVALID', {
      kind: 'reject',
      message: 'TikTok gave sound only: the post is a slideshow.',
    });
  const path = resolve(context.workspace, String(printed.filepath ?? ''));
  const found = dirname(path) === context.workspace ? await lstat(path).catch(() => undefined) : undefined;
  if (found === undefined || !found.isFile() || found.size === 0) return noFile(context);
  const foreign = await whatElse(path);
  if (foreign !== undefined)
    return new Failure('E_MEDIA_INVALID', {
      kind: 'retry',
      notBefore: context.tools.clock.now() + MINUTE,
      message: `TikTok’s server sent no video: the file that yt-dlp stored is ${foreign}.`,
      hint: 'Nothing to do; it is fetched again.',
    });
  const watermarked = isMarked(printed);
  const origin = watermarked ? `yt-dlp ${version}, watermarked` : `yt-dlp ${version}`;
  const media: FoundMedia = { path, owned: true, origin, ...(watermarked ? { watermarked } : {}) };
  const { description } = printed;
  return typeof description === 'string' && description !== '' ? { ...media, caption: description } : media;
}

/** TikTok's own download bears its mark, and yt-dlp says so (extractor/tiktok.py). */
function isMarked({ format_id, format_note }: Printed): boolean {
  return format_id === 'download' || /watermark/i.test(String(format_note ?? ''));
}

async function whatElse(path: string): Promise<string | undefined> {
  const { handle } = await openRegular(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    const magic = readMagic(buffer.subarray(0, bytesRead));
    return magic.kind === 'foreign' ? magic.what : undefined;
  } finally {
    await handle.close();
  }
}

function plainName(name: string): string {
  return name.replace(/^@/, '').toLowerCase();
}

async function noFile(context: FindContext): Promise<Failure> {
  const left = await readdir(context.workspace);
  const part = left.find((name) => basename(name).endsWith('.part'));
  return new Failure('E_TOOL_FAILED', {
    message:
      part === undefined
        ? 'yt-dlp ended well but left no file: the video is larger than allowed, or was filtered out.'
        : 'yt-dlp ended well but left a part of the file only.',
  });
}
