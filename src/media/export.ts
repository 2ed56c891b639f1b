import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import { asFailure, Failure } from '../core/failure.ts';
import { isSameText } from '../core/past-posts.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { ExportedPost } from './export-file.ts';
import { fileHosts, readExport } from './export-file.ts';
import type { FindContext, FoundMedia, MediaSource } from './source.ts';
import { DEFAULT_MAX_BYTES } from './source.ts';

type ExportSpec = Extract<MediaSpec, { kind: 'export' }>;

/** Dates of the export and of the API differ by up to two seconds; there is no id to join by. */
const JOIN_TOLERANCE_MS = 2 * SECOND;

const DOWNLOAD_TIMEOUT_MS = 10 * MINUTE;

const NEW_EXPORT =
  'Ask TikTok for your data again (Download your data, JSON) and put the new file in its place.';

/** The last export that was read: one backfill asks for hundreds of its posts. */
let lastRead: { key: string; posts: readonly ExportedPost[] } | undefined;

/** TikTok's own data export: its links lead to the files, for some days. */
export const exportSource: MediaSource<ExportSpec> = {
  kind: 'export',
  async find(video, spec, context) {
    const now = context.tools.clock.now();
    try {
      const post = pick(await readCached(spec.path), video, now);
      return post instanceof Failure ? post : await fetchPost(post, context);
    } catch (error) {
      const failure = asFailure(error);
      if (failure.code !== 'E_EXPORT') return failure;
      return waiting('E_EXPORT', now, failure.message, failure.hint);
    }
  },
};

async function readCached(path: string): Promise<readonly ExportedPost[]> {
  const found = await stat(path).catch(() => undefined);
  const key = JSON.stringify([path, found?.size, found?.mtimeMs]);
  if (lastRead?.key !== key) lastRead = { key, posts: (await readExport(path)).posts };
  return lastRead.posts;
}

function pick(posts: readonly ExportedPost[], video: Video, now: number): ExportedPost | Failure {
  const near = posts.filter((post) => Math.abs(post.postedAt - video.publishedAt) <= JOIN_TOLERANCE_MS);
  const fitting = near.length > 1 ? near.filter((post) => isSameText(post.caption, video.caption)) : near;
  const [post, another] = fitting;
  if (near.length > 1 && (post === undefined || another !== undefined))
    return waiting(
      'E_MEDIA_AMBIGUOUS',
      now,
      `The export has ${near.length} posts of the second in which this video was published.`,
      `Put the right file into a folder as ${video.remoteId}.mp4 and give the rule that folder.`,
    );
  if (post === undefined)
    return waiting(
      'E_NO_MEDIA',
      now,
      'The export has no post of this video’s date: it is older.',
      NEW_EXPORT,
    );
  if (post.photo)
    return new Failure('E_MEDIA_INVALID', {
      message: 'The export has pictures for this post: it is a photo post.',
    });
  if (post.link === undefined)
    return waiting('E_NO_MEDIA', now, 'The export has no link to this video’s file.', NEW_EXPORT);
  const expiresAt = Number(new URL(post.link).searchParams.get('x-tos-expires')) * SECOND;
  if (expiresAt > 0 && expiresAt <= now)
    return waiting(
      'E_NO_MEDIA',
      now,
      `The export’s link to this video expired on ${new Date(expiresAt).toISOString().slice(0, 10)}.`,
      NEW_EXPORT,
    );
  return post;
}

async function fetchPost(post: ExportedPost, context: FindContext): Promise<FoundMedia | Failure> {
  const path = join(context.workspace, 'export.mp4');
  try {
    await context.download(post.link ?? '', path, {
      hosts: fileHosts,
      maxBytes: context.maxBytes ?? DEFAULT_MAX_BYTES,
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      ...(context.tools.signal === undefined ? {} : { signal: context.tools.signal }),
    });
  } catch (error) {
    const failure = asFailure(error);
    if (failure.status !== 403 && failure.status !== 404 && failure.status !== 410) return failure;
    const message = `TikTok’s server refused the export’s link (HTTP ${failure.status}): it has expired.`;
    return waiting('E_NO_MEDIA', context.tools.clock.now(), message, NEW_EXPORT);
  }
  const found = { path, owned: true, origin: 'export' };
  return post.caption === '' ? found : { ...found, caption: post.caption };
}

function waiting(code: ErrorCode, now: number, message: string, hint: string): Failure {
  return new Failure(code, { kind: 'later', reason: 'media', notBefore: now + MINUTE, message, hint });
}
