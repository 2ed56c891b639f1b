import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import type { MediaFile } from '../core/media.ts';
import { masked, parsed } from './meta-errors.ts';

export interface Upload {
  http: Http;
  /** As the platform gave it. */
  url: string;
  /** For people: `Instagram`. */
  name: string;
  media: MediaFile;
  /** Bytes that the server holds already; asked before each try. */
  held(): Promise<number>;
  progress(done: number, total: number): void;
  signal?: AbortSignal;
}

/**
 * The same file, target and headers are refused with 400 and taken a moment later: seen in August 2026.
 * Within one attempt it is tried this often; the pause between tries is the question how much arrived.
 */
const TRIES = 3;

/**
 * Sends what is missing of the file in one request and returns once the server has it all. The protocol knows no
 * parts: each request carries everything from its offset to the end.
 * https://developers.facebook.com/documentation/instagram-platform/content-publishing/resumable-uploads
 * Throws `retry` for what may pass, E_LOGIN_NEEDED where the token is refused, E_REFUSED where the request is.
 */
export async function sendBytes(upload: Upload): Promise<void> {
  let trouble = '';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const offset = await upload.held();
    if (offset >= upload.media.bytes) return;
    const response = await sendTail(upload, offset);
    if (response.status < 300 && parsed(response)['success'] !== false) return;
    trouble = readTrouble(response, upload.name);
  }
  throw new Failure('E_PLATFORM_DOWN', { message: `${upload.name} did not take the upload: ${trouble}` });
}

function sendTail({ http, url, media, progress, signal }: Upload, offset: number): Promise<HttpResponse> {
  return http.send({
    method: 'POST',
    url: ownAddress(url),
    headers: {
      offset: String(offset),
      file_size: String(media.bytes),
      'content-type': 'application/octet-stream',
    },
    body: { path: media.path, start: offset, end: media.bytes },
    call: 'rupload',
    accept: [400, 403, 404, 408, 409, 412, 413, 422],
    // Generous, because it is for the whole file: 300 MB at 2 Mbit/s take 20 minutes.
    timeoutMs: 60 * MINUTE,
    onProgress: (sent) => progress(offset + sent, media.bytes),
    ...(signal ? { signal } : {}),
  });
}

/** The address, where it is one of rupload's own; a token goes nowhere else. */
function ownAddress(url: string): string {
  const host = URL.canParse(url) ? new URL(url) : undefined;
  if (host?.protocol === 'https:' && host.host === 'rupload.facebook.com') return url;
  throw new Failure('E_BAD_ANSWER', {
    message: `Meta named an upload address on ${host?.host ?? 'no host'}, not on rupload.facebook.com; nothing was sent.`,
    certain: true,
  });
}

/** In words what rupload didn't like; throws where another try can't help. */
function readTrouble(response: HttpResponse, name: string): string {
  const info = parsed(response)['debug_info'];
  const { type, message } = (typeof info === 'object' && info !== null ? info : {}) as Record<
    string,
    unknown
  >;
  const words = masked(typeof message === 'string' ? message : `status ${response.status}`);
  if (/unauthorized user request/iu.test(words) || (response.status === 403 && type === undefined))
    throw new Failure('E_LOGIN_NEEDED', {
      message: `${name} refuses the account’s token for uploads: “${words}”.`,
      status: response.status,
    });
  if (type === 'ParameterValidationError' || response.status === 413)
    throw new Failure('E_REFUSED', {
      message: `${name} refused the upload: “${words}”.`,
      status: response.status,
    });
  return `“${words}” (${typeof type === 'string' ? type : response.status})`;
}
