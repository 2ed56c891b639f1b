import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later, redo } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import type { MediaFile } from '../core/media.ts';
import type { PublishRequest } from '../core/platform.ts';
import { problemOf } from './x-errors.ts';
import { calls } from './x-rules.ts';
import { segmentSizes } from './x-segments.ts';

/** Chunked upload: https://docs.x.com/x-api/media/quickstart/media-upload-chunked */
const UPLOAD = 'https://api.x.com/2/media/upload';

/** As often as this, what has arrived is kept in the journal: an interrupted upload repeats no more. */
const SEGMENTS_A_STEP = 64;
const APPEND_TIMEOUT_MS = 2 * MINUTE;

/** Where X does not say when to look again. */
const LOOK_AGAIN_MS = 5 * SECOND;
const LONGEST_LOOK_MS = 5 * MINUTE;
/** X's own hours-old jobs have never ended; a new upload does. */
const PROCESSING_LIMIT_MS = 30 * MINUTE;

/** What `initialize` gave. Its parts are kept in the journal. */
export interface Upload {
  /** For the post. */
  id: string;
  /** Shows up in the timeline beside the post: how it is found after a lost answer. */
  key: string;
  /** Epoch ms. */
  expiresAt: number;
  /** Of the file it was made for. */
  sha256: string;
}

interface UploadAnswer {
  data?: {
    id?: unknown;
    media_key?: unknown;
    size?: unknown;
    expires_after_secs?: unknown;
    processing_info?: ProcessingInfo;
  };
}

interface ProcessingInfo {
  state?: string;
  check_after_secs?: number;
  error?: { code?: number; name?: string; message?: string };
}

/** What is known of an upload after `finalize`. */
interface Finalized {
  key: string;
  expiresAt: number;
  /** When to look first (epoch ms); null: ready. */
  lookAt: number | null;
}

/** Brings the file to X, all but the post. Every part can be repeated; nothing of it is seen by anybody. */
export async function uploadVideo(request: PublishRequest): Promise<Upload> {
  const { run, http, media, clock } = request;
  for (const [round, segmentBytes] of segmentSizes(media.bytes).entries()) {
    const called = (name: string) => `${name}${roundNames[round] ?? ''}`;
    const upload = await run.step(called('initialize'), () => initialize(http, media, clock));
    if (!(await appendAll(request, upload, segmentBytes, called))) continue;
    const finalized = await run.step(called('finalize'), () =>
      guarded(request, upload, () => finalize(http, upload, clock)),
    );
    await run.step(called('processed'), () =>
      guarded(request, upload, () =>
        waitForProcessing(request, upload, finalized, run.doneAt(called('finalize'))),
      ),
    );
    return { ...upload, key: finalized.key, expiresAt: finalized.expiresAt };
  }
  throw new Failure('E_MEDIA_REFUSED', {
    message: 'X takes no segment of this video, however small.',
    certain: true,
  });
}

/** A segment that is too large means a new upload: the journal keeps its steps beside those of the first. */
const roundNames = ['', ' in smaller segments', ' in the smallest segments'];

async function initialize(http: Http, media: MediaFile, clock: Clock): Promise<Upload> {
  const response = await http.send({
    url: `${UPLOAD}/initialize`,
    json: {
      media_type: media.container === 'mov' ? 'video/quicktime' : 'video/mp4',
      total_bytes: media.bytes,
      media_category: 'tweet_video',
    },
    call: calls.initialize,
  });
  const { data } = response.json<UploadAnswer>();
  if (typeof data?.id !== 'string' || !/^\d+$/u.test(data.id))
    throw new Failure('E_BAD_ANSWER', { message: 'X began an upload without naming it.' });
  return {
    id: data.id,
    key: keyOf(data, `7_${data.id}`),
    expiresAt: expiryOf(data, clock) ?? clock.now() + 24 * 60 * MINUTE,
    sha256: media.sha256,
  };
}

/** False where a segment was too large. */
async function appendAll(
  request: PublishRequest,
  upload: Upload,
  segmentBytes: number,
  called: (name: string) => string,
): Promise<boolean> {
  const { run, media } = request;
  const segments = Math.ceil(media.bytes / segmentBytes);
  for (let first = 0; first < segments; first += SEGMENTS_A_STEP) {
    const name = first === 0 ? 'upload' : `upload from segment ${first}`;
    const end = Math.min(first + SEGMENTS_A_STEP, segments);
    const taken = await run.step(called(name), () =>
      guarded(request, upload, () => appendSome(request, upload, segmentBytes, first, end)),
    );
    if (!taken) return false;
  }
  return true;
}

/** Segments from `first` to before `end`, one after the other. X replaces a segment that is sent again. */
async function appendSome(
  request: PublishRequest,
  upload: Upload,
  segmentBytes: number,
  first: number,
  end: number,
): Promise<boolean> {
  const { http, media, progress, signal } = request;
  for (let index = first; index < end; index += 1) {
    signal?.throwIfAborted();
    const start = index * segmentBytes;
    const stop = Math.min(start + segmentBytes, media.bytes);
    const response = await http.send({
      url: `${UPLOAD}/${upload.id}/append`,
      multipart: [
        { name: 'segment_index', value: String(index) },
        {
          name: 'media',
          value: { path: media.path, start, end: stop },
          filename: 'blob',
          contentType: 'application/octet-stream',
        },
      ],
      accept: [400, 413, 431],
      timeoutMs: APPEND_TIMEOUT_MS,
      onProgress: (sent) => progress(Math.min(start + sent, stop), media.bytes),
      call: calls.append,
      ...(signal ? { signal } : {}),
    });
    if (response.status === 413 || response.status === 431) return false;
    if (response.status === 400)
      throw redo('initialize', `X takes no more of the upload: ${saidBy(response)}`);
    progress(stop, media.bytes);
  }
  return true;
}

async function finalize(http: Http, upload: Upload, clock: Clock): Promise<Finalized> {
  try {
    return finalizedOf(
      await http.send({ method: 'POST', url: `${UPLOAD}/${upload.id}/finalize`, call: calls.finalize }),
      upload,
      clock,
    );
  } catch (error) {
    const failure = asFailure(error);
    if (failure.status !== 400) throw failure;
    // Refused: because parts are missing, or because an earlier call whose answer was lost has done it.
    const status = await askStatus(http, upload);
    const { data } = status.json<UploadAnswer>();
    if (status.status === 200 && (data?.processing_info || typeof data?.size === 'number'))
      return finalizedOf(status, upload, clock);
    throw redo('initialize', 'X could not put the parts of the upload together.');
  }
}

function finalizedOf(response: HttpResponse, upload: Upload, clock: Clock): Finalized {
  const { data } = response.json<UploadAnswer>();
  if (!data) throw new Failure('E_BAD_ANSWER', { message: 'X ended the upload without a word about it.' });
  const { processing_info: info } = data;
  return {
    key: keyOf(data, upload.key),
    expiresAt: expiryOf(data, clock) ?? upload.expiresAt,
    lookAt: info && info.state !== 'succeeded' ? clock.now() + waitOf(info) : null,
  };
}

/** Throws `later` while X is at it, and what it says where it fails. */
async function waitForProcessing(
  { http, clock }: PublishRequest,
  upload: Upload,
  { lookAt }: Finalized,
  finalizedAt: number | undefined,
): Promise<null> {
  if (lookAt === null) return null;
  if (clock.now() < lookAt) throw later(lookAt, 'X is processing the video.');
  const status = await askStatus(http, upload);
  if (status.status === 400) throw redo('initialize', 'X no longer knows the upload.');
  const { data } = status.json<UploadAnswer>();
  if (!data) throw new Failure('E_BAD_ANSWER', { message: 'X said nothing about the upload.' });
  const info = data.processing_info;
  if (info?.error || info?.state === 'failed') throw processingFailure(info.error);
  if (!info || info.state === 'succeeded') return null;
  const elapsedMs = clock.now() - (finalizedAt ?? clock.now());
  if (elapsedMs > PROCESSING_LIMIT_MS)
    throw new Failure('E_PROCESSING', {
      kind: 'redo',
      step: 'initialize',
      message: 'X did not come to an end with the video in half an hour; it is uploaded anew.',
    });
  // As often as X likes to be asked, and less often the longer it takes.
  throw later(clock.now() + Math.max(waitOf(info), Math.ceil(elapsedMs / 10)), 'X is processing the video.');
}

/** An error ends the processing whatever the state beside it says: `in_progress` at 99 % is never left again. */
function processingFailure(error: ProcessingInfo['error']): Failure {
  const said = [error?.name, error?.message].filter(Boolean).join(': ').slice(0, 300);
  const message = `X could not process the video${said === '' ? '' : ` (${said})`}.`;
  if (error === undefined || error.name === 'InternalError')
    return new Failure('E_PROCESSING', { kind: 'redo', step: 'initialize', message });
  return new Failure('E_MEDIA_REFUSED', { message, certain: true });
}

/** 400 is an answer here: X does not know the upload (any more). */
function askStatus(http: Http, upload: Pick<Upload, 'id'>): Promise<HttpResponse> {
  return http.send({
    url: UPLOAD,
    query: { command: 'STATUS', media_id: upload.id },
    accept: [400],
    call: calls.status,
  });
}

/** What X says of an upload that it would not post: `gone`, still `busy` with it, or `whole`. */
export async function fateOf(http: Http, upload: Upload): Promise<'gone' | 'busy' | 'whole'> {
  const status = await askStatus(http, upload);
  const { data } = status.json<UploadAnswer>();
  if (status.status !== 200 || !data || data.expires_after_secs === 0) return 'gone';
  const state = data.processing_info?.state;
  return state === 'pending' || state === 'in_progress' ? 'busy' : 'whole';
}

/** Work on an upload that must still be good for this file. */
async function guarded<T>(
  { media, clock }: PublishRequest,
  upload: Upload,
  work: () => Promise<T>,
): Promise<T> {
  if (upload.sha256 !== media.sha256)
    throw redo('initialize', 'The file was made anew; its upload starts again.');
  if (clock.now() >= upload.expiresAt) throw redo('initialize', 'The upload expired on X.');
  return work();
}

function saidBy(response: HttpResponse): string {
  return problemOf(response)?.said.slice(0, 300) || `HTTP ${response.status}`;
}

function keyOf(data: NonNullable<UploadAnswer['data']>, otherwise: string): string {
  return typeof data.media_key === 'string' && data.media_key !== '' ? data.media_key : otherwise;
}

function expiryOf(data: NonNullable<UploadAnswer['data']>, clock: Clock): number | undefined {
  const seconds = data.expires_after_secs;
  return typeof seconds === 'number' && seconds > 0 ? clock.now() + seconds * SECOND : undefined;
}

function waitOf(info: ProcessingInfo): number {
  const wait = (info.check_after_secs ?? 0) * SECOND;
  return Math.min(wait > 0 ? wait : LOOK_AGAIN_MS, LONGEST_LOOK_MS);
}
