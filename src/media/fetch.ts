import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { MediaFile } from '../core/media.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import type { MediaCache } from './cache.ts';
import { exportSource } from './export.ts';
import { folderSource } from './folder.ts';
import type { FindContext, FoundMedia } from './source.ts';
import { verify } from './verify.ts';
import { ytdlpSource } from './ytdlp.ts';

export interface ObtainContext extends Omit<FindContext, 'workspace'> {
  cache: MediaCache;
  /** SHA-256 of the file that was cached for this video before, where there is one. */
  knownSha256?: string;
}

/** The verified, cached file of a video, and what its source told on the way. */
export interface ObtainedMedia extends MediaFile {
  /** For people: `cache`, `folder`, `export`, `yt-dlp 2026.08.19`. */
  origin: string;
  /** The whole caption, where the source knows it. */
  caption?: string;
}

/** One source's words on why it gave no file. */
interface Refusal {
  spec: MediaSpec;
  failure: Failure;
}

/**
 * The file of a video: from the cache, else from the rule's sources in their order, verified and cached.
 * Throws one Failure: the only source's own, or, where there are several, one that names them all. Waiting for
 * a file (kind `later`, reason `media`) takes longer the longer it has lasted: from a minute to an hour.
 */
export async function obtain(
  video: Video,
  specs: readonly MediaSpec[],
  context: ObtainContext,
): Promise<ObtainedMedia> {
  const { cache, knownSha256 } = context;
  const known = knownSha256 === undefined ? undefined : await cache.get(knownSha256);
  if (known !== undefined) return { ...known, origin: 'cache' };
  const refusals: Refusal[] = [];
  for (const spec of specs) {
    const outcome = await cache.withWorkspace((workspace) =>
      obtainFrom(spec, video, { ...context, workspace }, cache),
    );
    if (!(outcome instanceof Failure)) return outcome;
    // An abort is the caller's wish, not the source's answer.
    context.tools.signal?.throwIfAborted();
    refusals.push({ spec, failure: outcome });
  }
  throw combine(refusals, video, context.tools.clock.now());
}

async function obtainFrom(
  spec: MediaSpec,
  video: Video,
  context: FindContext,
  cache: MediaCache,
): Promise<ObtainedMedia | Failure> {
  try {
    const found = await find(spec, video, context);
    if (found instanceof Failure) return found;
    if (found.watermarked && !context.allowWatermark) return marked(spec, context.tools.clock.now());
    const file = await cache.add({
      path: found.path,
      adopt: found.owned,
      origin: found.origin,
      verify: (path) => verify(path, video, context.tools),
    });
    const obtained: ObtainedMedia = { ...file, origin: found.origin };
    return found.caption === undefined ? obtained : { ...obtained, caption: found.caption };
  } catch (error) {
    return asFailure(error);
  }
}

/** Waits, because the original may still be brought. */
function marked(spec: MediaSpec, now: number): Failure {
  return new Failure('E_WATERMARK', {
    kind: 'later',
    reason: 'media',
    notBefore: now + MINUTE,
    message: `The file that ${spec.kind} has bears a visible mark.`,
  });
}

function find(spec: MediaSpec, video: Video, context: FindContext): Promise<FoundMedia | Failure> {
  switch (spec.kind) {
    case 'folder':
      return folderSource.find(video, spec, context);
    case 'export':
      return exportSource.find(video, spec, context);
    case 'yt-dlp':
      return ytdlpSource.find(video, spec, context);
  }
}

/** Above the minute for which a sync waits: it must not wait for a person who has a file to bring. */
const LEAST_PATIENCE_MS = 75 * SECOND;
/** A source that wants to be asked again within this time waits for the file itself. */
const SOON_MS = 30 * SECOND;

function combine(refusals: readonly Refusal[], video: Video, now: number): Failure {
  const patience = Math.min(HOUR, Math.max(LEAST_PATIENCE_MS, (now - video.seenAt) / 4));
  // What is wrong says more than what is merely absent.
  const telling = refusals.find(({ failure }) => failure.code !== 'E_NO_MEDIA') ?? refusals[0];
  if (telling === undefined) return noSource(now + patience);
  // What may still change outweighs what is final.
  const kinds = refusals.map(({ failure }) => failure.kind);
  const kind = kinds.includes('later') ? 'later' : kinds.includes('retry') ? 'retry' : telling.failure.kind;
  const words = refusals.map(({ spec, failure }) => `${spec.kind}: ${failure.message}`).join(' ');
  const { code, hint, command, status } = telling.failure;
  const notBefore = wakeAt(refusals, kind, now, patience);
  return new Failure(code, {
    kind,
    message: refusals.length === 1 ? telling.failure.message : `No source has the file. ${words}`,
    hint,
    ...(command === undefined ? {} : { command }),
    ...(status === undefined ? {} : { status }),
    ...(kind === 'later' ? { reason: 'media' as const } : {}),
    ...(notBefore === undefined ? {} : { notBefore }),
    cause: telling.failure,
  });
}

/** As the source said, but with growing patience; a file that is just settling is looked at soon. */
function wakeAt(
  refusals: readonly Refusal[],
  kind: Failure['kind'],
  now: number,
  patience: number,
): number | undefined {
  const named = refusals.map(({ failure }) => failure.notBefore).filter((at) => at !== undefined);
  const soonest = named.length === 0 ? undefined : Math.min(...named);
  if (kind !== 'later' || (soonest !== undefined && soonest < now + SOON_MS)) return soonest;
  return Math.max(soonest ?? 0, now + patience);
}

function noSource(notBefore: number): Failure {
  return new Failure('E_NO_MEDIA', {
    kind: 'later',
    reason: 'media',
    notBefore,
    message: 'The rule doesn’t say where the video’s file comes from.',
    hint: 'Give it a folder of originals, a data export or yt-dlp (--media folder:DIR|export:ZIP|yt-dlp).',
    command: 'repost rule edit RULE --media folder:DIR',
  });
}
