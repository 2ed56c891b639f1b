import { MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later, redo } from '../core/failure.ts';
import { segments } from '../core/graphemes.ts';
import type { HttpRequest, HttpResponse, MultipartField } from '../core/http.ts';
import type { PublishRequest } from '../core/platform.ts';
import { noCover, takeCover } from './cover.ts';
import { saidBy } from './mastodon-errors.ts';
import { calls, checkFile } from './mastodon-rules.ts';
import { factsOf, originOf } from './mastodon-server.ts';

/** Conversion of a long video on a small server takes many minutes; one that hangs never ends. */
const STUCK_AFTER_MS = 30 * MINUTE;
/** The old way answers only when the video is converted. */
const SYNCHRONOUS_TIMEOUT_MS = 10 * MINUTE;

/** What was uploaded, as the journal keeps it. */
export interface Upload {
  id: string;
  /** Address of the file as the server shows it; '' while it converts. */
  url: string;
  ready: boolean;
  /** Of the file that was sent. */
  sha256: string;
  /** Why it has not the cover that was wished for. */
  warning?: string;
}

interface MediaAnswer {
  id?: unknown;
  url?: unknown;
}

/**
 * Brings the file to the server, all but the post: https://docs.joinmastodon.org/methods/media/#v2
 * A repeated upload leaves the one before without a post; the server throws such files away after a day.
 */
export async function uploadVideo(request: PublishRequest): Promise<Upload> {
  const { run } = request;
  if (run.doneAt('upload') === undefined) checkFile(request.media, request.account);
  const upload = await run.step('upload', () => send(request));
  const url = await run.step('processed', () => waitForProcessing(request, upload));
  return { ...upload, url };
}

/** A cover that the server refuses is left out: the video counts. */
async function send(request: PublishRequest): Promise<Upload> {
  const { picture, warning } = await takeCover(request);
  const coverless = warning === undefined ? {} : { warning };
  if (!picture) return { ...(await sendFile(request, [])), ...coverless };
  try {
    return await sendFile(request, [
      { name: 'thumbnail', value: picture, filename: 'cover.jpg', contentType: 'image/jpeg' },
    ]);
  } catch (error) {
    if (asFailure(error).status !== 422) throw error;
    return { ...(await sendFile(request, [])), warning: noCover(request, error) };
  }
}

async function sendFile(request: PublishRequest, cover: readonly MultipartField[]): Promise<Upload> {
  const { http, media, account, progress } = request;
  const multipart = [...cover, ...partsOf(request)];
  const way: HttpRequest = {
    url: `${originOf(account)}/api/v2/media`,
    multipart,
    call: calls.upload,
    accept: [404, 405],
    onProgress: (sent) => progress(Math.min(sent, media.bytes), media.bytes),
  };
  const modern = await http.send(way);
  const { timeoutMs: _none, accept: _modern, ...old } = way;
  // Before 3.1.3, and on some others, there is only the way that waits.
  const response =
    modern.status < 300
      ? modern
      : await http.send({
          ...old,
          url: `${originOf(account)}/api/v1/media`,
          timeoutMs: SYNCHRONOUS_TIMEOUT_MS + media.bytes / 32,
        });
  return uploadOf(response, media.sha256);
}

function partsOf({ media, options, account }: PublishRequest): MultipartField[] {
  const alt = typeof options['altText'] === 'string' ? options['altText'].trim() : '';
  const { altCharacters } = factsOf(account.settings);
  const description: MultipartField[] =
    alt === '' ? [] : [{ name: 'description', value: firstCharacters(alt, altCharacters) }];
  return [
    ...description,
    {
      name: 'file',
      value: { path: media.path, start: 0, end: media.bytes },
      filename: `video.${media.container === 'other' ? 'mp4' : media.container}`,
      contentType: media.mimeType,
    },
  ];
}

/** Whole graphemes, and no more characters than allowed by any way to count. */
function firstCharacters(text: string, max: number): string {
  let kept = '';
  for (const { segment } of segments(text)) {
    if (kept.length + segment.length > max) break;
    kept += segment;
  }
  return kept;
}

function uploadOf(response: HttpResponse, sha256: string): Upload {
  const { id, url } = response.json<MediaAnswer>();
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '')
    throw new Failure('E_BAD_ANSWER', { message: 'The server took the video without naming it.' });
  const address = typeof url === 'string' ? url : '';
  return { id: String(id), url: address, ready: response.status === 200 && address !== '', sha256 };
}

/** The file's address once it is converted; throws `later` while the server is at it. */
async function waitForProcessing(request: PublishRequest, upload: Upload): Promise<string> {
  const { run, media, clock } = request;
  if (upload.sha256 !== media.sha256) throw redo('upload', 'The file was made anew; it is uploaded again.');
  if (upload.ready) return upload.url;
  const response = await askMedia(request, upload);
  if (response.status === 404) throw redo('upload', 'The server no longer has the upload.');
  if (response.status === 422)
    throw new Failure('E_PROCESSING', {
      kind: 'redo',
      step: 'upload',
      message: `The server could not process the video${said(response)}.`,
    });
  const url = response.status === 200 ? response.json<MediaAnswer>().url : undefined;
  if (typeof url === 'string' && url !== '') return url;
  const elapsed = clock.now() - (run.doneAt('upload') ?? clock.now());
  if (elapsed > STUCK_AFTER_MS)
    throw redo('upload', 'The server did not come to an end with the video in half an hour.');
  // Often in the first seconds, when most videos get ready, and ever less often.
  const pause = Math.min(15 * SECOND, Math.max(SECOND, Math.ceil(elapsed / 4)));
  throw later(clock.now() + pause, 'The server is still processing the video.');
}

/**
 * What the server says of an upload: 206 while it converts (with or without a body), 200, 422 where it failed,
 * 404 where it is unknown or belongs to a post already. https://docs.joinmastodon.org/methods/media/#get
 */
export function askMedia(
  { http, account }: Pick<PublishRequest, 'http' | 'account'>,
  { id }: Pick<Upload, 'id'>,
): Promise<HttpResponse> {
  return http.send({
    url: `${originOf(account)}/api/v1/media/${encodeURIComponent(id)}`,
    accept: [404, 422],
    call: calls.media,
  });
}

/** `gone`: purged, or in a post already. */
export async function fateOf(
  request: Pick<PublishRequest, 'http' | 'account'>,
  upload: Pick<Upload, 'id'>,
): Promise<'gone' | 'busy' | 'whole'> {
  const { status } = await askMedia(request, upload);
  return status === 404 ? 'gone' : status === 206 ? 'busy' : 'whole';
}

function said(response: HttpResponse): string {
  const words = saidBy(response);
  return words ? ` (${words})` : '';
}
