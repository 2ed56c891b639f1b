import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later, redo } from '../core/failure.ts';
import type { HttpResponse } from '../core/http.ts';
import type { PublishRequest } from '../core/platform.ts';
import { v5 } from './pinterest-api.ts';
import { storageError } from './pinterest-errors.ts';
import { calls } from './pinterest-rules.ts';

const LOOK_AGAIN_MS = 5 * SECOND;
/** How long an upload that arrived may still look as if it had not. */
const NOTICE_LIMIT_MS = 10 * MINUTE;
/** "Some minutes" is what is known; past this it is uploaded anew. */
const PROCESSING_LIMIT_MS = 2 * HOUR;

/** What the upload's host answers where the address is no longer good, or the form never was. */
const refusals = [400, 401, 403, 404, 405, 409, 410, 411, 412, 413] as const;

/** What `register` gave. The parameters are a signature: kept sealed. */
interface Upload {
  id: string;
  url: string;
  parameters: Readonly<Record<string, string>>;
  /** Of the file that it is for. */
  sha256: string;
}

/**
 * Brings the file to Pinterest, all but the Pin; gives the media id. Nothing of it is seen by anybody.
 * https://developers.pinterest.com/docs/api/v5/media-create
 */
export async function uploadVideo(request: PublishRequest): Promise<string> {
  const { run, clock } = request;
  const upload = await run.step('register', () => register(request), { sealed: true });
  await run.step('upload', () => send(request, upload));
  const sentAt = run.doneAt('upload') ?? clock.now();
  await run.step('processed', () => waitForMedia(request, upload.id, sentAt));
  return upload.id;
}

async function register({ http, media, options }: PublishRequest): Promise<Upload> {
  const response = await http.send({
    url: v5('media', options),
    json: { media_type: 'video' },
    call: calls.register,
  });
  const answer = response.json<{
    media_id?: unknown;
    upload_url?: unknown;
    upload_parameters?: Readonly<Record<string, unknown>> | null;
  }>();
  const { media_id: id, upload_url: url, upload_parameters: parameters } = answer;
  const named = typeof id === 'string' && /^\d+$/u.test(id);
  if (!named || typeof url !== 'string' || !url.startsWith('https://'))
    throw new Failure('E_BAD_ANSWER', { message: 'Pinterest began an upload without saying where to.' });
  return {
    id,
    url,
    // Which ones there are is not fixed: whatever comes goes along.
    parameters: Object.fromEntries(
      Object.entries(parameters ?? {}).map(([name, value]) => [name, String(value)]),
    ),
    sha256: media.sha256,
  };
}

/** Sends the form, the file as its last field: what follows a file is not looked at. */
async function send(request: PublishRequest, upload: Upload): Promise<null> {
  const { http, media, progress, signal } = request;
  if (upload.sha256 !== media.sha256)
    throw redo('register', 'The file was made anew; its upload starts again.');
  // An earlier sending whose answer was lost may have arrived.
  const status = await statusOf(request, upload.id);
  if (status === 'missing') throw redo('register', 'Pinterest no longer knows the upload.');
  if (status !== 'registered') return null;
  const response = await http.send({
    url: upload.url,
    multipart: [
      ...Object.entries(upload.parameters).map(([name, value]) => ({ name, value })),
      {
        name: 'file',
        value: { path: media.path, start: 0, end: media.bytes },
        filename: media.container === 'mov' ? 'video.mov' : 'video.mp4',
        contentType: media.mimeType,
      },
    ],
    // The form's own signature is the right to upload; beside a token the host refuses it.
    authorize: false,
    accept: refusals,
    onProgress: (sent) => progress(Math.min(sent, media.bytes), media.bytes),
    call: calls.upload,
    ...(signal ? { signal } : {}),
  });
  if (response.status >= 400) throw refused(response);
  progress(media.bytes, media.bytes);
  return null;
}

function refused(response: HttpResponse): Failure {
  const { status } = response;
  const { code, message } = storageError(response.text);
  const said = [code, message].filter(Boolean).join(': ') || `HTTP ${status}`;
  if (code === 'EntityTooLarge' || code === 'EntityTooSmall' || status === 413)
    return new Failure('E_MEDIA_REFUSED', {
      certain: true,
      status,
      message: `Pinterest’s upload host refused the file: ${said}`,
    });
  if (code === 'RequestTimeout')
    return new Failure('E_NETWORK', {
      certain: true,
      status,
      message: `Pinterest’s upload host waited too long for the file: ${said}`,
    });
  return redo('register', `Pinterest’s upload host refused the upload (${said}); it starts again.`);
}

/** Throws `later` while Pinterest is at it. */
async function waitForMedia(request: PublishRequest, id: string, sentAt: number): Promise<null> {
  const status = await statusOf(request, id);
  const now = request.clock.now();
  const elapsed = now - sentAt;
  const again = later(
    now + Math.max(LOOK_AGAIN_MS, Math.ceil(elapsed / 10)),
    'Pinterest is processing the video.',
  );
  switch (status) {
    case 'succeeded':
      return null;
    case 'failed':
      throw new Failure('E_MEDIA_REFUSED', {
        certain: true,
        message: 'Pinterest could not process the video, and does not say why.',
      });
    case 'missing':
      throw redo('register', 'Pinterest no longer knows the upload.');
    case 'registered':
      if (elapsed > NOTICE_LIMIT_MS) throw redo('register', 'Pinterest never noticed the upload.');
      throw again;
    default:
      if (elapsed > PROCESSING_LIMIT_MS)
        throw new Failure('E_PROCESSING', {
          kind: 'redo',
          step: 'register',
          message: 'Pinterest did not come to an end with the video in two hours; it is uploaded anew.',
        });
      throw again;
  }
}

/** `registered`, `processing`, `succeeded`, `failed`; `missing` where Pinterest does not know it. */
async function statusOf({ http, options }: PublishRequest, id: string): Promise<string> {
  const response = await http.send({ url: v5(`media/${id}`, options), accept: [404], call: calls.media });
  if (response.status === 404) return 'missing';
  const { status } = response.json<{ status?: unknown }>();
  if (typeof status === 'string') return status;
  throw new Failure('E_BAD_ANSWER', { message: 'Pinterest said nothing about the upload.' });
}
