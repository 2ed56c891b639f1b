import { join } from 'node:path';
import { MINUTE } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { MediaFile } from '../core/media.ts';
import type { Video } from '../core/video.ts';
import type { MediaCache } from '../media/cache.ts';
import type { MediaTools } from '../media/program.ts';
import { DEFAULT_MAX_BYTES } from '../media/source.ts';
import { verify } from '../media/verify.ts';
import { download } from '../net/download.ts';
import { feedSource } from '../platforms/feed.ts';
import type { SourceRow } from '../store/types.ts';
import type { App } from './app.ts';

const DOWNLOAD_TIMEOUT_MS = 15 * MINUTE;
const LOOK_AGAIN_MS = 10 * MINUTE;

/** The file that a feed's item names; undefined where feeds of its kind name none (YouTube). */
export async function fromFeed(
  app: App,
  cache: MediaCache,
  { video, source, knownSha256 }: { video: Video; source: SourceRow; knownSha256: string | undefined },
  tools: MediaTools,
): Promise<MediaFile | undefined> {
  const cached = knownSha256 === undefined ? undefined : await cache.get(knownSha256);
  if (cached) return cached;
  const net = await app.net();
  const url = await addressOf(app, video, source);
  if (url === undefined) return undefined;
  return cache.withWorkspace(async (workspace) => {
    const path = join(workspace, 'enclosure.mp4');
    const { clock, origins } = app;
    const bounds = { maxBytes: DEFAULT_MAX_BYTES, timeoutMs: DOWNLOAD_TIMEOUT_MS };
    const signal = tools.signal === undefined ? {} : { signal: tools.signal };
    let sha256: string;
    try {
      ({ sha256 } = await download({
        transport: net.transport,
        origins,
        clock,
        url,
        path,
        ...bounds,
        ...signal,
      }));
    } catch (error) {
      const failure = asFailure(error);
      if (failure.status !== 403 && failure.status !== 404 && failure.status !== 410) throw failure;
      throw new Failure('E_NO_MEDIA', {
        kind: 'later',
        reason: 'media',
        notBefore: clock.now() + LOOK_AGAIN_MS,
        message: `The server of the feed’s file answered ${failure.status}: it is not there.`,
        hint: 'Bring the file back, or cancel the job.',
      });
    }
    return cache.add({
      path,
      adopt: true,
      sha256,
      origin: 'feed',
      verify: (copy) => verify(copy, video, tools),
    });
  });
}

/** As the feed says now; what it no longer shows, as it said then. */
async function addressOf(app: App, video: Video, source: SourceRow): Promise<string | undefined> {
  const { file } = video.facts;
  const then = typeof file === 'string' ? file : undefined;
  const http = (await app.net()).plain();
  const context = { http, locator: source.locator ?? '', clock: app.clock, known: () => false, since: 0 };
  try {
    return (await feedSource.fileOf(context, video.remoteId)) ?? then;
  } catch (error) {
    if (then === undefined) throw error;
    return then;
  }
}
