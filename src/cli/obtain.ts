import { Failure } from '../core/failure.ts';
import type { MediaFile } from '../core/media.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { type MediaCache, openCache } from '../media/cache.ts';
import { obtain } from '../media/fetch.ts';
import { makeFit } from '../media/fit.ts';
import { findFolderVideo, folderVideos } from '../media/folder-videos.ts';
import type { MediaTools } from '../media/program.ts';
import type { FindContext } from '../media/source.ts';
import { verify } from '../media/verify.ts';
import { download } from '../net/download.ts';
import { feedSource } from '../platforms/feed.ts';
import type { Store } from '../store/types.ts';
import type { App } from './app.ts';
import { importedMedia } from './imports.ts';
import { fromFeed } from './obtain-feed.ts';
import { oneFlight } from './one-flight.ts';
import { makeFolder } from './paths.ts';

/** Gets a video's file by its rule and makes it fit the destination. `warn` hears what a person should know. */
export async function createObtain(app: App, warn: (message: string) => void): Promise<EngineDeps['obtain']> {
  const store = await app.store();
  const net = await app.net();
  const { clock, origins } = app;
  const cache = await openCache({
    dir: app.files.media,
    limitBytes: app.config.number('media.cacheLimit'),
    register: store.media,
    clock,
  });

  /** An old program is as old for every video: said once. */
  const told = new Set<string>();

  async function fetchFile(...[video, rule, , { signal } = {}]: Asked): Promise<MediaFile> {
    const tools = { clock, ...(signal ? { signal } : {}) };
    const specs: readonly MediaSpec[] = [
      ...(rule && rule.media.length > 0 ? rule.media : [ownFolder(app)]),
      ...(await importedMedia(store, video)),
    ];
    const allowWatermark = rule?.spec['watermark'] === 'allow';
    const cached = await store.videos.media(video.id);
    // What another rule may take, this one need not.
    const marked =
      cached !== undefined && /watermarked$/u.test((await store.media.get(cached))?.origin ?? '');
    const knownSha256 = marked && !allowWatermark ? undefined : cached;
    const source = await store.sources.get(video.sourceId);
    if (knownSha256 === undefined) await checkStorage(store, rule?.user ?? source?.user ?? 'me', clock.now());
    const siblings = await store.videos.list({
      sourceId: video.sourceId,
      since: video.publishedAt - SIBLING_MS,
      limit: 200,
    });
    if (source?.kind === folderVideos.id) {
      const own = await fromWatchedFolder(cache, video, source.locator ?? '', knownSha256, tools);
      if (own.sha256 !== knownSha256) await store.videos.setMedia(video.id, own.sha256);
      return own;
    }
    if (source?.kind === feedSource.id) {
      const own = await fromFeed(app, cache, { video, source, knownSha256 }, tools);
      if (own && own.sha256 !== knownSha256) await store.videos.setMedia(video.id, own.sha256);
      if (own) return own;
    }
    const file = await obtain(video, specs, {
      tools,
      cache,
      consented: (await store.meta.get('consent.yt-dlp')) !== undefined,
      mapUrl: (url) => origins.map(url),
      download: async (url, path, { hosts, ...bounds }) => {
        allowHost(url, hosts);
        await download({ transport: net.transport, origins, clock, url, path, ...bounds });
      },
      allowWatermark,
      ytDlp: ytDlpSettings(app),
      warn: (message) => {
        if (told.has(message)) return;
        told.add(message);
        warn(message);
      },
      siblings: siblings.filter((other) => other.id !== video.id),
      ...(knownSha256 === undefined ? {} : { knownSha256 }),
      ...(source?.kind === 'tiktok' ? { handle: source.name.replace(/^tiktok:@?/u, '') } : {}),
    });
    if (knownSha256 !== file.sha256) await store.videos.setMedia(video.id, file.sha256);
    if (file.caption !== undefined && file.caption.length > video.caption.length)
      await store.videos.setCaption(video.id, file.caption);
    return file;
  }

  const together = oneFlight<MediaFile>();
  return async (...asked) => {
    const [video, rule, platform, { signal, onProgress } = {}] = asked;
    // The jobs of a video start together: its file is fetched once for all of them.
    const file = await together(`${video.id} ${rule?.id}`, signal, () => fetchFile(...asked));
    const options = {
      fit: choiceOf(rule?.spec['fit'], ['none', 'remux', 'transcode'], 'remux'),
      tooLong: choiceOf(rule?.spec['tooLong'], ['skip', 'trim'], 'skip'),
    } as const;
    const tools = { clock, ...(signal ? { signal } : {}) };
    const context = { cache, tools, ...(onProgress === undefined ? {} : { onProgress }) };
    return makeFit(file, platform.media, options, context);
  };
}

type Asked = Parameters<EngineDeps['obtain']>;

/** Videos this near in time are looked at when a file without an id in its name could be any of them. */
const SIBLING_MS = 2 * 86_400_000;

/** A watched folder is complete: the item is the file. */
async function fromWatchedFolder(
  cache: MediaCache,
  video: Video,
  folder: string,
  knownSha256: string | undefined,
  tools: MediaTools,
): Promise<MediaFile> {
  const cached = knownSha256 === undefined ? undefined : await cache.get(knownSha256);
  if (cached) return cached;
  const path = await findFolderVideo(folder, video.remoteId, tools.clock);
  if (path === undefined) {
    throw new Failure('E_NO_MEDIA', {
      kind: 'later',
      reason: 'media',
      notBefore: tools.clock.now() + LOOK_AGAIN_MS,
      message: `The file of “${video.caption}” is no longer in ${folder}.`,
      hint: 'Bring it back, or cancel the job.',
    });
  }
  return cache.add({ path, origin: 'watched folder', verify: (copy) => verify(copy, video, tools) });
}

/** Throws `later` while the files that this user's jobs hold fill the user's space; those go out, and make room. */
async function checkStorage(store: Store, user: string, now: number): Promise<void> {
  const max = (await store.users.list()).find(({ name }) => name === user)?.limits['storageBytes'];
  if (max === undefined || (await store.media.bytesFor(user)) < max) return;
  throw new Failure('E_USER_LIMIT', {
    kind: 'later',
    reason: 'media',
    notBefore: now + LOOK_AGAIN_MS,
    message: `The files of ${user} that wait to be sent fill the space that ${user} has.`,
    hint: 'It goes on when some of them are out; or raise the limit.',
    command: `repost users set ${user} --limit storage=SIZE`,
  });
}

const LOOK_AGAIN_MS = 60_000;

/** What a person set for yt-dlp; read anew each time, because it may be changed while the daemon runs. */
function ytDlpSettings({ config }: App): NonNullable<FindContext['ytDlp']> {
  const cookies = config.text('ytDlp.cookies');
  const impersonate = config.text('ytDlp.impersonate');
  return {
    rateLimit: config.text('ytDlp.rateLimit'),
    timeoutMs: config.number('ytDlp.timeout'),
    ...(cookies === '' ? {} : { cookies }),
    ...(impersonate === '' ? {} : { impersonate }),
  };
}

/** The folder of originals that serves rules which name no media source; made when first needed. */
function ownFolder(app: App): MediaSpec {
  const path = app.config.text('media.folder') || app.files.originals;
  makeFolder(path);
  return { kind: 'folder', path };
}

function allowHost(url: string, hosts: readonly string[]): void {
  const { hostname } = new URL(url);
  if (hosts.some((end) => hostname === end.replace(/^\./u, '') || hostname.endsWith(end))) return;
  throw new Failure('E_REFUSED', {
    message: `The link leads to ${hostname}, which is none of TikTok’s hosts.`,
    certain: true,
  });
}

function choiceOf<T extends string>(value: unknown, choices: readonly T[], preset: T): T {
  return choices.find((choice) => choice === value) ?? preset;
}
