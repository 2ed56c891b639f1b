import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later, redo } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { PublishRequest } from '../core/platform.ts';
import { saidBy } from '../net/classify.ts';
import { coverSecondsOf, noCover, takeCover } from './cover.ts';
import { inPath, rest } from './linkedin-api.ts';
import { calls } from './linkedin-rules.ts';

/** As often as this, the parts that have arrived are kept in the journal (LinkedIn's parts have 4 MiB). */
const PARTS_A_STEP = 8;
/** Where LinkedIn does not say until when its upload addresses are good. */
const USUAL_LIFE_MS = DAY;
/** What a dead upload address may answer with. */
const addressIsDead = [400, 401, 403, 404, 409, 410, 412, 413] as const;

const LOOK_AGAIN_MS = 10 * SECOND;
/** A vendor gives it half an hour; past this it is uploaded anew. */
const PROCESSING_LIMIT_MS = 2 * HOUR;
/** How long a video is left alone whose state may not be read. */
const BLIND_WAIT_MS = 2 * MINUTE;
/** How long a finished upload may still look unfinished. */
const NOTICE_LIMIT_MS = 10 * MINUTE;

/** What `initialize` gave. The addresses are signed: kept sealed. */
interface Upload {
  video: string;
  uploadToken: string;
  parts: readonly Part[];
  /** Epoch ms. */
  expiresAt: number;
  /** Where a cover goes, if one was asked for. */
  coverUrl?: string;
  /** Of the file it was made for. */
  sha256: string;
}

interface Part {
  url: string;
  /** Bytes from `start` to before `end`. */
  start: number;
  end: number;
}

/**
 * Brings the file to LinkedIn, all but the post; gives the video's URN, and a warning where the
 * cover is not the one that was wished for. Nothing of it is seen by anybody.
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api
 */
export async function uploadVideo(
  request: PublishRequest,
): Promise<{ video: string; warning: string | null }> {
  const { run, clock } = request;
  const upload = await run.step('initialize', () => initialize(request), { sealed: true });
  const etags = await sendParts(request, upload);
  const warning = await sendCover(request, upload);
  await run.step('finalize', () => finalize(request, upload, etags));
  const finalizedAt = run.doneAt('finalize') ?? clock.now();
  await run.step('processed', () => waitForVideo(request.http, upload.video, finalizedAt));
  return { video: upload.video, warning };
}

interface InitializeAnswer {
  value?: {
    video?: unknown;
    uploadToken?: unknown;
    uploadUrlsExpireAt?: unknown;
    thumbnailUploadUrl?: unknown;
    uploadInstructions?: { uploadUrl?: unknown; firstByte?: unknown; lastByte?: unknown }[];
  };
}

async function initialize(request: PublishRequest): Promise<Upload> {
  const { http, account, media, clock } = request;
  const response = await http.send(
    rest('videos', {
      query: { action: 'initializeUpload' },
      json: {
        initializeUploadRequest: {
          owner: account.remoteId,
          fileSizeBytes: media.bytes,
          uploadCaptions: false,
          uploadThumbnail: coverSecondsOf(request.options) !== undefined,
        },
      },
      call: calls.initialize,
    }),
  );
  const { value } = response.json<InitializeAnswer>();
  const { video, uploadToken, uploadUrlsExpireAt: until, thumbnailUploadUrl: coverUrl } = value ?? {};
  if (typeof video !== 'string' || !video.startsWith('urn:li:video:'))
    throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn began an upload without naming the video.' });
  return {
    video,
    // Empty most of the time, and wanted back all the same.
    uploadToken: typeof uploadToken === 'string' ? uploadToken : '',
    parts: partsOf(value?.uploadInstructions ?? [], media.bytes),
    expiresAt: typeof until === 'number' && until > 0 ? until : clock.now() + USUAL_LIFE_MS,
    ...(typeof coverUrl === 'string' && coverUrl.startsWith('https://') ? { coverUrl } : {}),
    sha256: media.sha256,
  };
}

/** The parts in the file's order; throws where they leave a gap or overlap. */
function partsOf(
  instructions: readonly { uploadUrl?: unknown; firstByte?: unknown; lastByte?: unknown }[],
  bytes: number,
): Part[] {
  const parts = instructions
    .map(({ uploadUrl, firstByte, lastByte }) => ({
      url: typeof uploadUrl === 'string' ? uploadUrl : '',
      start: Number(firstByte),
      end: Number(lastByte) + 1,
    }))
    .sort((one, other) => one.start - other.start);
  let covered = 0;
  for (const { url, start, end } of parts) {
    if (!url.startsWith('https://') || start !== covered || !(end > start)) covered = Number.NaN;
    covered = Number.isNaN(covered) ? covered : end;
  }
  if (covered === bytes) return parts;
  throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn’s upload instructions don’t fit the file.' });
}

async function sendParts(request: PublishRequest, upload: Upload): Promise<string[]> {
  const etags: string[] = [];
  for (let first = 0; first < upload.parts.length; first += PARTS_A_STEP) {
    const name = first === 0 ? 'upload' : `upload from part ${first + 1}`;
    etags.push(...(await request.run.step(name, () => sendSome(request, upload, first))));
  }
  return etags;
}

/** Some parts, one after the other. A part that is sent again replaces what came before. */
async function sendSome(request: PublishRequest, upload: Upload, first: number): Promise<string[]> {
  const { media, clock, signal } = request;
  if (upload.sha256 !== media.sha256)
    throw redo('initialize', 'The file was made anew; its upload starts again.');
  const etags: string[] = [];
  for (const part of upload.parts.slice(first, first + PARTS_A_STEP)) {
    signal?.throwIfAborted();
    if (clock.now() >= upload.expiresAt)
      throw redo('initialize', 'LinkedIn’s upload addresses have expired.');
    etags.push(await sendPart(request, part));
  }
  return etags;
}

/** Gives the part's ETag, which may look like a path and may be quoted. */
async function sendPart(request: PublishRequest, { url, start, end }: Part): Promise<string> {
  const { http, media, progress, signal } = request;
  const response = await http.send({
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    body: { path: media.path, start, end },
    // The address itself is the right to upload: a token must not follow it to another host.
    authorize: false,
    accept: addressIsDead,
    onProgress: (sent) => progress(Math.min(start + sent, end), media.bytes),
    call: calls.part,
    ...(signal ? { signal } : {}),
  });
  if (response.status >= 400)
    throw redo(
      'initialize',
      `LinkedIn’s upload address answered ${response.status}; the upload starts again.`,
    );
  const etag = (response.headers['etag'] ?? '')
    .trim()
    .replace(/^W\//u, '')
    .replace(/^"(.*)"$/u, '$1');
  if (etag === '')
    throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn took a part of the video without a receipt.' });
  progress(end, media.bytes);
  return etag;
}

/** The cover belongs to the upload, so it goes before `finalize`; without it LinkedIn takes a picture of its own. */
async function sendCover(request: PublishRequest, { coverUrl }: Upload): Promise<string | null> {
  if (coverSecondsOf(request.options) === undefined) return null;
  return request.run.step('cover', async () => {
    const { picture, warning } = await takeCover(request);
    if (!picture) return warning ?? null;
    try {
      if (!coverUrl) throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn named no place for it.' });
      await request.http.send({
        method: 'PUT',
        url: coverUrl,
        headers: { 'content-type': 'application/octet-stream', 'media-type-family': 'STILLIMAGE' },
        body: picture,
        authorize: false,
        call: calls.cover,
      });
      return null;
    } catch (error) {
      return noCover(request, error);
    }
  });
}

/** What a second `finalize` does is not documented: an earlier one whose answer was lost is looked for first. */
async function finalize(
  { http, media }: PublishRequest,
  upload: Upload,
  etags: readonly string[],
): Promise<null> {
  if (upload.sha256 !== media.sha256)
    throw redo('initialize', 'The file was made anew; its upload starts again.');
  const { state } = await readVideo(http, upload.video);
  if (['PROCESSING', 'AVAILABLE', 'PROCESSING_FAILED'].includes(state)) return null;
  const response = await http.send(
    rest('videos', {
      query: { action: 'finalizeUpload' },
      json: {
        finalizeUploadRequest: {
          video: upload.video,
          uploadToken: upload.uploadToken,
          uploadedPartIds: etags,
        },
      },
      accept: [400, 404, 422],
      call: calls.finalize,
    }),
  );
  if (response.status < 300) return null;
  throw redo(
    'initialize',
    `LinkedIn could not put the video together: ${saidBy(response) || response.status}`,
  );
}

/** Throws `later` while LinkedIn is at it. */
async function waitForVideo(http: Http, video: string, finalizedAt: number): Promise<null> {
  const { state, reason } = await readVideo(http, video);
  const now = http.clock.now();
  const elapsed = now - finalizedAt;
  const again = later(
    now + Math.max(LOOK_AGAIN_MS, Math.ceil(elapsed / 10)),
    'LinkedIn is processing the video.',
  );
  switch (state) {
    case 'AVAILABLE':
      return null;
    case 'PROCESSING_FAILED':
      throw new Failure('E_MEDIA_REFUSED', {
        certain: true,
        message: `LinkedIn could not process the video${reason === '' ? '' : ` (${reason})`}.`,
      });
    case 'forbidden':
      // Not every app may read what it uploads: the post is then tried after a while, and refused if too early.
      if (elapsed >= BLIND_WAIT_MS) return null;
      throw later(
        finalizedAt + BLIND_WAIT_MS,
        'LinkedIn does not tell when the video is ready; waiting a little.',
      );
    case 'WAITING_UPLOAD':
    case 'missing':
      if (elapsed > NOTICE_LIMIT_MS) throw redo('initialize', 'LinkedIn lost the upload; it starts again.');
      throw again;
    default:
      if (elapsed > PROCESSING_LIMIT_MS)
        throw new Failure('E_PROCESSING', {
          kind: 'redo',
          step: 'initialize',
          message: 'LinkedIn did not come to an end with the video in two hours; it is uploaded anew.',
        });
      throw again;
  }
}

/** The state of a video, or why there is none: `forbidden`, `missing`. */
async function readVideo(http: Http, video: string): Promise<{ state: string; reason: string }> {
  const response = await http.send(
    rest(`videos/${inPath(video)}`, { accept: [403, 404], call: calls.video }),
  );
  if (response.status === 403) return { state: 'forbidden', reason: '' };
  if (response.status === 404) return { state: 'missing', reason: '' };
  const answer = response.json<{ status?: unknown; processingFailureReason?: unknown } | null>();
  if (typeof answer?.status !== 'string')
    throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn said nothing about the video.' });
  const { processingFailureReason: reason } = answer;
  return { state: answer.status, reason: typeof reason === 'string' ? reason.slice(0, 200) : '' };
}
