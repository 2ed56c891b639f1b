import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later, redo } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import type { PublishRequest } from '../core/platform.ts';
import { videoFailure, xrpcNameOf } from './bluesky-errors.ts';
import type { Home } from './bluesky-identity.ts';
import { xrpc } from './bluesky-identity.ts';
import type { Blob } from './bluesky-record.ts';
import { blobIn } from './bluesky-record.ts';
import { videoService } from './bluesky-rules.ts';

export const UPLOAD = 'upload';

const VIDEO_SERVICE_DID = 'did:web:video.bsky.app';

/**
 * How long the video service may use the token that lets it write into the account's server. Servers give an hour
 * at most; half of it leaves room for a clock that is wrong.
 */
const UPLOAD_TOKEN_MS = 30 * MINUTE;

/** Processing takes about as long as the video; nothing is known to end after this. */
const STUCK_AFTER_MS = HOUR;

/** A file that was sent: being made ready by the video service, or as it stands. */
export type Upload = { jobId: string; blob?: never } | { blob: Blob; jobId?: never };

/** Sends the file: by the video service, or where that can't serve this account, straight to its server. */
export async function uploadVideo(request: PublishRequest, home: Home, key: string): Promise<Upload> {
  // The video service writes into the account's server, which it can't reach on a private machine.
  if (request.options['route'] === 'direct' || !home.pds.startsWith('https:'))
    return uploadPlain(request, home);
  try {
    return await sendToService(request, home, key);
  } catch (error) {
    if (isUnserved(asFailure(error))) return uploadPlain(request, home);
    throw error;
  }
}

/** The service is not there, or doesn't know the account: no reason to keep the video from its own server. */
function isUnserved(failure: Failure): boolean {
  return failure.status === 404 || failure.status === 501 || xrpcNameOf(failure) === 'profile_not_found';
}

/** The file as it is, into the account's server; the same bytes give the same blob. */
export async function uploadPlain(
  { http, media, progress, signal }: PublishRequest,
  home: Home,
): Promise<{ blob: Blob }> {
  // A token that has ended, or a proof that is out of date, is found before the whole file is on its way.
  await http.send({ url: xrpc(home.pds, 'com.atproto.server.getSession') });
  const response = await http.send({
    method: 'POST',
    url: xrpc(home.pds, 'com.atproto.repo.uploadBlob'),
    headers: { 'content-type': 'video/mp4' },
    body: { path: media.path, start: 0, end: media.bytes },
    onProgress: (sent) => progress(sent, media.bytes),
    call: 'uploadBlob',
    ...(signal ? { signal } : {}),
  });
  const blob = blobIn(response.json<{ blob?: unknown }>().blob);
  if (blob) return { blob };
  throw new Failure('E_BAD_ANSWER', { message: 'Bluesky took the file without naming it.' });
}

// ---------------------------------------------------------------- the video service

async function sendToService(request: PublishRequest, home: Home, key: string): Promise<Upload> {
  const { http, account, clock, media, progress, signal } = request;
  await requireRoom(request, home);
  const server = await serverDid(http, account.settings, home);
  const exp = Math.floor((clock.now() + UPLOAD_TOKEN_MS) / SECOND);
  // Late, so that most of its life is left for the processing.
  const token = await serviceToken(http, home, { aud: server, lxm: 'com.atproto.repo.uploadBlob', exp });
  const response = await http.send({
    method: 'POST',
    url: xrpc(videoService, 'app.bsky.video.uploadVideo'),
    query: { did: home.did, name: `${key}.mp4` },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'video/mp4' },
    body: { path: media.path, start: 0, end: media.bytes },
    onProgress: (sent) => progress(sent, media.bytes),
    // The same bytes were sent before: the answer names their job.
    accept: [409],
    call: 'uploadVideo',
    authorize: false,
    ...(signal ? { signal } : {}),
  });
  const job = jobIn(response);
  if (typeof job.jobId === 'string' && job.jobId !== '') return { jobId: job.jobId };
  throw (
    videoFailure(job, response, clock) ??
    new Failure('E_BAD_ANSWER', { message: 'Bluesky’s video service took the file without naming its work.' })
  );
}

interface Limits {
  canUpload?: unknown;
  remainingDailyVideos?: unknown;
  remainingDailyBytes?: unknown;
  message?: unknown;
  error?: unknown;
}

async function askLimits(http: Http, home: Home): Promise<{ limits: Limits; response: HttpResponse }> {
  const lxm = 'app.bsky.video.getUploadLimits';
  const token = await serviceToken(http, home, { aud: VIDEO_SERVICE_DID, lxm });
  const response = await http.send(videoRequest(lxm, { headers: { authorization: `Bearer ${token}` } }));
  return { limits: response.json<Limits>(), response };
}

async function requireRoom({ http, clock, media }: PublishRequest, home: Home): Promise<void> {
  const { limits, response } = await askLimits(http, home);
  const { canUpload, message, remainingDailyBytes } = limits;
  if (canUpload === false)
    throw (
      videoFailure(limits, response, clock) ??
      later(
        clock.now() + HOUR,
        `Bluesky takes no video now: ${String(message ?? 'it gives no reason')}`,
        'quota',
      )
    );
  if (typeof remainingDailyBytes === 'number' && remainingDailyBytes < media.bytes)
    throw later(clock.now() + HOUR, 'The bytes of video that Bluesky takes in a day are used up.', 'quota');
}

/** What the video service tells of the day's room; nothing where it can't be asked. */
export async function readUploadLimits(http: Http, home: Home): Promise<LimitReading[]> {
  if (!home.pds.startsWith('https:')) return [];
  try {
    const { remainingDailyVideos: remaining } = (await askLimits(http, home)).limits;
    return typeof remaining === 'number' ? [{ bucket: 'videos', remaining }] : [];
  } catch (error) {
    // The upload itself will meet the trouble again, if it lasts.
    const failure = asFailure(error);
    if (failure.kind === 'login') throw failure;
    return [];
  }
}

/** A token by which another service may call one method in the account's name. */
async function serviceToken(
  http: Http,
  home: Home,
  query: { aud: string; lxm: string; exp?: number },
): Promise<string> {
  const response = await http.send({ url: xrpc(home.pds, 'com.atproto.server.getServiceAuth'), query });
  const { token } = response.json<{ token?: unknown }>();
  if (typeof token === 'string' && token !== '') return token;
  throw new Failure('E_BAD_ANSWER', { message: 'Bluesky gave no token for its video service.' });
}

/** The server's own DID, as it was at the sign-in, or as the server says after a move. */
async function serverDid(
  http: Http,
  settings: Readonly<Record<string, unknown>>,
  home: Home,
): Promise<string> {
  const { pds, serverDid: known } = settings;
  if (typeof known === 'string' && pds === home.pds) return known;
  const response = await http.send({
    url: xrpc(home.pds, 'com.atproto.server.describeServer'),
    authorize: false,
  });
  const { did } = response.json<{ did?: unknown }>();
  return typeof did === 'string' ? did : `did:web:${new URL(home.pds).hostname}`;
}

// ---------------------------------------------------------------- its work

interface Job {
  jobId?: unknown;
  state?: unknown;
  blob?: unknown;
  error?: unknown;
  message?: unknown;
  failureCode?: unknown;
}

/** The description of the service wraps what the service itself sends bare. */
function jobIn(response: HttpResponse): Job {
  const body = response.json<(Job & { jobStatus?: Job }) | null>() ?? {};
  return body.jobStatus ?? body;
}

/** The ready video; throws `later` while the service is at it. */
export async function readyVideo(
  request: PublishRequest,
  home: Home,
  jobId: string,
  uploadedAt: number,
): Promise<Blob> {
  const { http, clock } = request;
  const response = await http.send(
    videoRequest('app.bsky.video.getJobStatus', { query: { jobId }, accept: [400, 404] }),
  );
  if (response.status !== 200) throw redo(UPLOAD, 'Bluesky’s video service no longer knows the upload.');
  const job = jobIn(response);
  const blob = blobIn(job.blob);
  if (blob) return blob;
  if (job.state === 'JOB_STATE_FAILED') return afterFailure(request, home, job);
  const waited = clock.now() - uploadedAt;
  if (waited > STUCK_AFTER_MS) return pastTheService(request, home);
  const pace = waited < MINUTE ? 2 * SECOND : waited < 5 * MINUTE ? 10 * SECOND : 30 * SECOND;
  throw later(clock.now() + pace, 'Bluesky is still processing the video.');
}

/** The same bytes would only lead to the work that stands still. */
async function pastTheService(request: PublishRequest, home: Home): Promise<Blob> {
  try {
    return (await uploadPlain(request, home)).blob;
  } catch (error) {
    if (asFailure(error).code !== 'E_MEDIA_REFUSED') throw error;
    throw later(
      request.clock.now() + 10 * MINUTE,
      'Bluesky’s processing stands still, and the account’s server takes no file of this size.',
    );
  }
}

async function afterFailure(request: PublishRequest, home: Home, job: Job): Promise<Blob> {
  const code = String(job.failureCode ?? '');
  const said = String(job.message ?? job.error ?? code).slice(0, 200);
  // It could not write into the account's server. That is what our own sign-in can do.
  if (code.startsWith('pds_upload_')) return (await uploadPlain(request, home)).blob;
  if (code === 'validation_failure')
    throw new Failure('E_MEDIA_REFUSED', { message: `Bluesky refused the video: ${said}` });
  throw redo(UPLOAD, `Bluesky could not process the video: ${said}`);
}

function videoRequest(method: string, request: Partial<HttpRequest>): HttpRequest {
  return { url: xrpc(videoService, method), call: 'video', authorize: false, ...request };
}
