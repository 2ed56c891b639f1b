import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import type { MediaFile } from '../core/media.ts';
import type { PublishRequest } from '../core/platform.ts';
import { API, ask, classify, codeOf } from './tiktok-answers.ts';
import type { PostInfo } from './tiktok-post-creator.ts';
import { failureOf } from './tiktok-post-errors.ts';
import { calls } from './tiktok-post-rules.ts';

/** Name of the step that begins an upload: everything is done anew from there once its address has ended. */
export const INIT = 'begin the upload';

/** Addresses of uploads end an hour after they were given: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post */
const ADDRESS_LIFE_MS = 55 * MINUTE;

/** By then nothing can come of an upload that is still not whole. */
const LOST_AFTER_MS = 2 * HOUR;

/** Chunks are 5 to 64 MB; the last one takes in what is left. TikTok's own example has this size. */
const CHUNK_BYTES = 10_000_000;

/** Times that TikTok may say in a row that another byte is next without being a byte further. */
const MOST_IDLE_CHUNKS = 3;

/** A begun upload, bound to the bytes it was begun for. */
export interface Upload {
  publishId: string;
  /** A secret: whoever has it may upload. */
  address: string;
  bytes: number;
  sha256: string;
  /** Who shall see the post; null for a draft. */
  privacy: string | null;
  openedAt: number;
}

export interface Chunk {
  start: number;
  /** Exclusive. */
  end: number;
}

/**
 * How a file is cut: whole below two chunks' size, else in equal chunks of which the last is longer. A lone chunk that
 * is not the whole file is refused since August 2026: https://github.com/DayMoonDevelopment/post-for-me/issues/327
 */
export function chunksOf(bytes: number): Chunk[] {
  const count = Math.max(1, Math.floor(bytes / CHUNK_BYTES));
  return Array.from({ length: count }, (_, index) => ({
    start: index * CHUNK_BYTES,
    end: index === count - 1 ? bytes : (index + 1) * CHUNK_BYTES,
  }));
}

/** Begins an upload; nobody sees anything of it before its last byte has come. */
export async function begin(
  { http, media, clock, signal }: PublishRequest,
  info: PostInfo | undefined,
): Promise<Upload> {
  const count = chunksOf(media.bytes).length;
  const data = await ask<{ publish_id?: unknown; upload_url?: unknown }>(http, calls.init, {
    url: `${API}/post/publish/${info ? '' : 'inbox/'}video/init/`,
    json: {
      ...(info ? { post_info: info } : {}),
      source_info: {
        source: 'FILE_UPLOAD',
        video_size: media.bytes,
        chunk_size: count === 1 ? media.bytes : CHUNK_BYTES,
        total_chunk_count: count,
      },
    },
    signal,
  });
  const { publish_id: publishId, upload_url: address } = data;
  if (typeof publishId !== 'string' || typeof address !== 'string' || !isTiktoks(address))
    throw new Failure('E_BAD_ANSWER', { message: 'TikTok began an upload without saying where it goes.' });
  const { bytes, sha256 } = media;
  return { publishId, address, bytes, sha256, privacy: info?.privacy_level ?? null, openedAt: clock.now() };
}

/** The file goes to TikTok and to nobody else. */
function isTiktoks(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  return (
    protocol === 'https:' && /(^|\.)tiktokapis\.com$/u.test(hostname) && username === '' && password === ''
  );
}

export function isAlive({ openedAt }: Upload, now: number): boolean {
  return now - openedAt < ADDRESS_LIFE_MS;
}

export function isLost({ openedAt }: Upload, now: number): boolean {
  return now - openedAt > LOST_AFTER_MS;
}

// ---------------------------------------------------------------- bytes

/** What TikTok said to a chunk. `gone`: it has no such upload (any more). */
type Answer = 'taken' | 'complete' | 'gone' | 'out of step';

export interface Sending {
  http: Http;
  media: MediaFile;
  upload: Upload;
  progress(done: number, total: number): void;
  signal?: AbortSignal;
}

async function put(sending: Sending, { start, end }: Chunk): Promise<Answer> {
  const { http, media, upload, progress, signal } = sending;
  const response = await http.send({
    method: 'PUT',
    url: upload.address,
    headers: {
      'content-type': media.mimeType,
      'content-range': `bytes ${start}-${end - 1}/${media.bytes}`,
    },
    body: { path: media.path, start, end },
    accept: [403, 404, 416],
    // The address is the credential.
    authorize: false,
    effect: end === media.bytes,
    call: calls.bytes,
    onProgress: (sent) => progress(Math.min(start + sent, media.bytes), media.bytes),
    ...(signal ? { signal } : {}),
  });
  switch (response.status) {
    case 201:
      return 'complete';
    case 206:
      return 'taken';
    case 403:
    case 404:
      return 'gone';
    case 416:
      return 'out of step';
    default:
      throw new Failure('E_BAD_ANSWER', {
        status: response.status,
        message: `TikTok answered ${response.status} to a part of the upload.`,
      });
  }
}

/**
 * Sends the chunks from `start` on, all of them or all but the last; gives how it ended. Where TikTok says that another
 * byte is next, its own count is asked for.
 */
export async function sendChunks(
  sending: Sending,
  start: number,
  which: 'all' | 'all but the last',
  heard: (bytes: number) => void = () => {},
): Promise<'complete' | 'gone' | 'stopped'> {
  const chunks = chunksOf(sending.media.bytes);
  const most = which === 'all' ? chunks.length : chunks.length - 1;
  let next = chunks.findIndex(({ end }) => end > start);
  let idle = 0;
  while (next >= 0 && next < most) {
    const chunk = chunks[next]!;
    const answer = await put(sending, chunk);
    if (answer === 'complete' || answer === 'gone') return answer;
    if (answer === 'taken') {
      heard(chunk.end);
      next += 1;
      continue;
    }
    const fate = await readFate(sending.http, sending.upload).catch(() => undefined);
    if (fate?.kind !== 'uploading') return 'stopped';
    const at = chunks.findIndex(({ end }) => end > fate.bytes);
    idle = at > next ? 0 : idle + 1;
    if (idle > MOST_IDLE_CHUNKS || at < 0) return 'stopped';
    next = at;
  }
  return 'stopped';
}

/** A run that got further and then lost the line is not a failed attempt: only standing still uses attempts up. */
export function interrupted(error: unknown, { http, media }: Sending, start: number, kept: number): Failure {
  const failure = asFailure(error);
  if (failure.kind !== 'retry' || kept <= start) return failure;
  const percent = Math.floor((kept / media.bytes) * 100);
  return later(
    Math.max(http.clock.now() + 5 * SECOND, failure.notBefore ?? 0),
    `The upload was interrupted at ${percent} % and goes on from there: ${failure.message}`,
    'backoff',
  );
}

// ---------------------------------------------------------------- status

/** What became of an upload: https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status */
export type Fate =
  /** TikTok has so many bytes of it, or works on it. */
  | { kind: 'uploading'; bytes: number }
  /** A draft lies in the inbox. */
  | { kind: 'inbox' }
  /** Ids come once moderation is over, and only of public posts. */
  | { kind: 'published'; ids: string[] }
  | { kind: 'failed'; why: Failure }
  /** TikTok doesn't know it (any more). */
  | { kind: 'forgotten' };

interface Status {
  status?: string;
  fail_reason?: string;
  /** So spelled. */
  publicaly_available_post_id?: unknown;
  publicly_available_post_id?: unknown;
  uploaded_bytes?: unknown;
}

const forgotten = /^(invalid_publish_id|token_not_authorized_for_specified_publish_id)$/u;

export async function readFate(http: Http, { publishId }: Pick<Upload, 'publishId'>): Promise<Fate> {
  const response = await http.send({
    url: `${API}/post/publish/status/fetch/`,
    json: { publish_id: publishId },
    accept: [200, 400],
    call: calls.status,
  });
  const code = codeOf(response);
  if (code !== undefined && forgotten.test(code)) return { kind: 'forgotten' };
  const refusal = classify(response, undefined, http.clock);
  if (refusal) throw refusal;
  return fateOf(response);
}

function fateOf(response: HttpResponse): Fate {
  const {
    status,
    fail_reason: reason,
    uploaded_bytes: bytes,
    ...ids
  } = response.json<{ data?: Status } | null>()?.data ?? {};
  switch (status) {
    case 'PROCESSING_UPLOAD':
    case 'PROCESSING_DOWNLOAD':
      return { kind: 'uploading', bytes: typeof bytes === 'number' ? bytes : 0 };
    case 'SEND_TO_USER_INBOX':
      return { kind: 'inbox' };
    case 'PUBLISH_COMPLETE':
      return {
        kind: 'published',
        ids: idsIn(ids.publicaly_available_post_id ?? ids.publicly_available_post_id),
      };
    case 'FAILED':
      return { kind: 'failed', why: failureOf(reason ?? '') };
    default:
      throw new Failure('E_BAD_ANSWER', { message: 'TikTok answered without the post’s status.' });
  }
}

function idsIn(value: unknown): string[] {
  return (Array.isArray(value) ? value : []).map(String).filter((id) => /^\d+$/u.test(id));
}
