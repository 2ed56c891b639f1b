import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import type { MediaFile } from '../core/media.ts';

export interface Upload {
  http: Http;
  /** As the platform gave it. */
  url: string;
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
 * Throws what `classify` makes of the refusals; a broken connection is left to the job, which resumes.
 */
export async function sendBytes(upload: Upload): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    const offset = await upload.held();
    if (offset >= upload.media.bytes) return;
    try {
      const response = await sendTail(upload, offset);
      // Anything else with a 2xx proves nothing: the next look tells what arrived.
      if (response.json<{ success?: boolean } | null>()?.success === true) return;
      if (left <= 1)
        throw new Failure('E_BAD_ANSWER', { message: 'Meta answered the upload without a yes.' });
    } catch (error) {
      if (left <= 1 || !isPassing(error)) throw error;
    }
  }
}

/** True where rupload itself answered that it didn't take the bytes this time, or nothing readable. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.code === 'E_BAD_ANSWER' || (error.code === 'E_PLATFORM_DOWN' && (error.status ?? 500) < 500);
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
