import { SECOND } from '../core/clock.ts';
import { asFailure, Failure, later } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { MediaFile } from '../core/media.ts';
import type { VideoResource } from './youtube-lookups.ts';

/** https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol */
const UPLOAD = 'https://www.googleapis.com/upload/youtube/v3/videos';

/** A multiple of 262,144 bytes, as every part but the last must be. */
export const CHUNK_BYTES = 8 * 1024 * 1024;

/** Parts that may be sent in a row without the server keeping a single byte more. */
const MOST_IDLE_PARTS = 3;

/** Name of the step that opens the session: everything is done anew from there once a session has expired. */
export const OPEN_SESSION = 'open upload session';

export interface Upload {
  http: Http;
  media: MediaFile;
  progress(done: number, total: number): void;
  signal?: AbortSignal;
}

interface VideoMetadata {
  snippet: {
    title: string;
    description: string;
    tags: readonly string[];
    categoryId: string;
  };
  status: {
    privacyStatus: string;
    selfDeclaredMadeForKids: boolean;
    containsSyntheticMedia: boolean;
    license: string;
    embeddable: boolean;
    publicStatsViewable: boolean;
  };
}

/** What a session is opened with. */
export interface Insert {
  metadata: VideoMetadata;
  fileName: string;
  notifySubscribers: boolean;
}

/** Where a session stands: how many bytes the server keeps, or the finished video, or nothing any more. */
export type SessionState =
  | { kind: 'stored'; bytes: number }
  | { kind: 'finished'; video: VideoResource }
  | { kind: 'gone' };

/** An open upload, bound to the bytes it was opened for. */
export interface Session {
  /** A secret: whoever has it may upload. */
  address: string;
  sha256: string;
  bytes: number;
}

/** Opens a resumable session. Leaves nothing on the channel. */
export async function openSession({ http, media }: Upload, insert: Insert): Promise<Session> {
  const { metadata, fileName, notifySubscribers } = insert;
  const response = await http.send({
    method: 'POST',
    url: UPLOAD,
    query: { uploadType: 'resumable', part: 'snippet,status', notifySubscribers },
    headers: {
      'x-upload-content-length': String(media.bytes),
      'x-upload-content-type': media.mimeType,
      slug: fileName,
    },
    json: metadata,
    call: 'videos.insert',
  });
  const address = response.headers['location'];
  if (address) return { address, sha256: media.sha256, bytes: media.bytes };
  throw new Failure('E_BAD_ANSWER', { message: 'YouTube opened an upload without an address for it.' });
}

/** Asks how far a session is. A finished one repeats its final answer. */
export function querySession(upload: Upload, session: Session): Promise<SessionState> {
  return put(upload, session, { headers: { 'content-range': `bytes */${session.bytes}` }, body: '' });
}

/** Sends what is missing from `start` on, the last byte included: the video is visible from then on. */
export async function finishUpload(upload: Upload, session: Session, start: number): Promise<SessionState> {
  const sent = await sendUntil(upload, session, start, 0);
  if (sent.kind !== 'stored') return sent;
  const state = await querySession(upload, session);
  if (state.kind !== 'stored') return state;
  throw new Failure('E_BAD_ANSWER', {
    message: `YouTube keeps ${state.bytes} of ${session.bytes} bytes and names no video.`,
  });
}

/** Sends bytes `start` to `end` (exclusive). What the server says it keeps is what counts, not what was sent. */
function sendPart(upload: Upload, session: Session, start: number, end: number): Promise<SessionState> {
  const { media, progress } = upload;
  return put(upload, session, {
    headers: { 'content-type': media.mimeType, 'content-range': `bytes ${start}-${end - 1}/${media.bytes}` },
    body: { path: media.path, start, end },
    effect: end === media.bytes,
    onProgress: (sent) => progress(Math.min(start + sent, media.bytes), media.bytes),
  });
}

/**
 * Sends parts from `start` until only the last one is missing; gives how far that is. A run that got further
 * and then lost the line is not a failed attempt: only standing still uses attempts up.
 */
export async function sendAllButEnd(upload: Upload, session: Session, start: number): Promise<SessionState> {
  let kept = start;
  try {
    return await sendUntil(upload, session, start, CHUNK_BYTES, (bytes) => {
      kept = bytes;
    });
  } catch (error) {
    const failure = asFailure(error);
    if (failure.kind !== 'retry') throw failure;
    // A part that broke off may have brought some bytes; with the line still down, what was heard counts.
    const state = kept > start ? undefined : await querySession(upload, session).catch(() => undefined);
    if (state?.kind === 'stored') kept = state.bytes;
    throw kept > start ? interrupted(failure, upload, kept) : failure;
  }
}

/** Sends parts from `start` until at most `leave` bytes are missing, always from where the server says it is. */
async function sendUntil(
  upload: Upload,
  session: Session,
  start: number,
  leave: number,
  heard: (keptBytes: number) => void = () => {},
): Promise<SessionState> {
  const { media } = upload;
  let at = start;
  let furthest = start;
  let idle = 0;
  while (media.bytes - at > leave) {
    const state = await sendPart(upload, session, at, Math.min(at + CHUNK_BYTES, media.bytes));
    if (state.kind !== 'stored') return state;
    at = state.bytes;
    heard(at);
    idle = at > furthest ? 0 : idle + 1;
    furthest = Math.max(furthest, at);
    if (idle >= MOST_IDLE_PARTS)
      throw new Failure('E_BAD_ANSWER', {
        message: `YouTube keeps no more than ${at} of ${media.bytes} bytes.`,
        certain: true,
      });
  }
  return { kind: 'stored', bytes: at };
}

function interrupted(failure: Failure, { http, media }: Upload, kept: number): Failure {
  const percent = Math.floor((kept / media.bytes) * 100);
  return later(
    Math.max(http.clock.now() + 5 * SECOND, failure.notBefore ?? 0),
    `The upload was interrupted at ${percent} % and goes on from there: ${failure.message}`,
    'backoff',
  );
}

async function put(
  { http, signal }: Upload,
  session: Session,
  request: Pick<HttpRequest, 'headers' | 'body' | 'effect' | 'onProgress'>,
): Promise<SessionState> {
  let response: HttpResponse;
  try {
    response = await http.send({
      method: 'PUT',
      url: session.address,
      ...request,
      accept: [308, 404, 410],
      call: 'upload bytes',
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw sessionFailure(asFailure(error));
  }
  if (response.status === 404 || response.status === 410) return { kind: 'gone' };
  if (response.status === 308) return { kind: 'stored', bytes: storedBytes(response) };
  const video = response.json<VideoResource>();
  if (typeof video?.id !== 'string' || video.id === '')
    throw new Failure('E_BAD_ANSWER', { message: 'YouTube’s answer to the upload names no video.' });
  return { kind: 'finished', video };
}

/** `Range: bytes=0-N` says that N + 1 bytes are kept; no such header: none. */
function storedBytes(response: HttpResponse): number {
  const last = /^bytes=0-(\d+)$/u.exec(response.headers['range'] ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/**
 * A session that answered an error of the request's own repeats it for ever. Where waiting helps (the channel's
 * daily limit), only a new session helps after it.
 */
function sessionFailure(failure: Failure): Failure {
  const { status = 0, kind, certain } = failure;
  const ended = certain && kind === 'later' && status >= 400 && status < 500 && status !== 429;
  if (!ended) return failure;
  return new Failure(failure.code, {
    kind: 'redo',
    step: OPEN_SESSION,
    message: failure.message,
    hint: failure.hint,
    ...(failure.notBefore === undefined ? {} : { notBefore: failure.notBefore }),
    certain: true,
    status,
    cause: failure,
  });
}

/** The session's address is good for nothing any more. */
export function sessionGone(): Failure {
  return new Failure('E_HANDLE_EXPIRED', {
    kind: 'redo',
    step: OPEN_SESSION,
    message: 'YouTube’s upload session has expired; the upload starts again.',
    certain: true,
  });
}
