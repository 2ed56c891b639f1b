import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, PublishRequest } from '../core/platform.ts';
import { videoRefused } from './facebook-errors.ts';
import { graph, graphTime, listAll, readObject } from './meta.ts';

/** Pages of 50 that a look-up reads at most: many more than a Page may publish in the days it covers. */
const LOOKUP_PAGES = 10;

/** How long Facebook may be at it before one question a quarter of an hour is enough. */
const LONG_WAIT_MS = 2 * HOUR;

/** A video as it reads. Documentation, schema and live answers spell some of it differently: all are read. */
export interface ReelState {
  id: string;
  permalink_url?: string;
  published?: boolean;
  description?: string;
  created_time?: string;
  updated_time?: string;
  status?: {
    video_status?: string;
    uploading_phase?: Phase & { bytes_transferred?: number; bytes_transfered?: number };
    processing_phase?: Phase;
    publishing_phase?: Phase & { publish_status?: string };
  };
}

interface Phase {
  status?: string;
  error?: { message?: string; code?: number };
  errors?: { message?: string; code?: number }[];
}

export function readReel(http: Http, id: string): Promise<ReelState | undefined> {
  return readObject(http, id, 'id,status,published,permalink_url');
}

export function bytesHeld(reel: ReelState | undefined): number {
  const phase = reel?.status?.uploading_phase;
  return phase?.bytes_transferred ?? phase?.bytes_transfered ?? 0;
}

export function isDone(phase: Phase | undefined): boolean {
  return phase?.status === 'complete' || phase?.status === 'completed';
}

function isPublished({ published, status }: ReelState): boolean {
  return published === true || status?.publishing_phase?.publish_status === 'published';
}

/** Why the reel will never appear, in Facebook's words; undefined where nothing says so. */
export function refusalOf({ status }: ReelState): Failure | undefined {
  const phases = [status?.uploading_phase, status?.processing_phase, status?.publishing_phase];
  const told = phases.flatMap((phase) => (phase ? [phase.error, ...(phase.errors ?? [])] : [])).find(Boolean);
  const failed =
    status?.video_status === 'error' ||
    status?.video_status === 'upload_failed' ||
    phases.some((phase) => phase?.status === 'error');
  if (!told && !failed) return undefined;
  const words = told?.message ?? status?.video_status ?? 'error';
  return videoRefused(told?.code ?? numberIn(words), words);
}

function numberIn(words: string): number | undefined {
  const number = /\b1\d{6}\b/u.exec(words)?.[0];
  return number === undefined ? undefined : Number(number);
}

/**
 * What became of a finish whose answer was lost: the video's own id tells. Where it shows neither processing nor
 * publication, finish was not taken and may be sent again for the same video. What a second finish does to one
 * that had it is not documented, so it is never tried.
 */
export async function findPublished(
  { http, account }: PublishRequest,
  videoId: string,
  sentAt: number,
): Promise<LookUp<{ taken: true }>> {
  const reel = await readReel(http, videoId);
  if (reel) {
    const { publishing_phase: publishing, processing_phase: processing, video_status } = reel.status ?? {};
    if (isPublished(reel) || publishing?.status === 'in_progress' || isDone(publishing))
      return { found: { taken: true } };
    const refusal = refusalOf(reel);
    if (refusal) throw refusal;
    if (processing?.status === 'in_progress' || video_status === 'processing')
      throw later(
        http.clock.now() + 15 * SECOND,
        'Facebook is processing the video; then it shows whether it goes out.',
      );
    if (video_status !== 'expired') return 'absent';
  }
  const { items } = await reelsSince(http, account.remoteId, sentAt - DAY);
  if (items.some(({ id, published }) => String(id) === videoId && published !== false))
    return { found: { taken: true } };
  const now = http.clock.now();
  if (!reel && now - sentAt < LONG_WAIT_MS)
    throw later(now + 5 * MINUTE, 'Facebook doesn’t show the video now; looking again.');
  return 'undecided';
}

/**
 * Returns the reel's address once viewers see it. Facebook's `success` is only a receipt: what comes after may
 * take hours and may fail.
 */
export async function confirmPublished(http: Http, videoId: string, sentAt: number): Promise<string> {
  const reel = await readReel(http, videoId);
  if (reel && isPublished(reel)) return addressOf(reel);
  const refusal = reel && refusalOf(reel);
  if (refusal) throw refusal;
  if (reel?.status?.publishing_phase?.publish_status === 'draft')
    throw new Failure('E_REFUSED', {
      message: 'Facebook made a draft of the reel; share it by hand in the Page’s app.',
    });
  const now = http.clock.now();
  const waited = now - sentAt;
  const pace = waited < MINUTE ? 10 * SECOND : waited < LONG_WAIT_MS ? 2 * MINUTE : 15 * MINUTE;
  throw later(now + pace, 'Facebook took the reel and is still publishing it.');
}

/** `permalink_url` is a path most of the time. */
export function addressOf({ id, permalink_url }: ReelState): string {
  return new URL(permalink_url ?? `/reel/${id}/`, 'https://www.facebook.com').href;
}

/** The Page's reels from an instant on, newest first. */
export async function reelsSince(
  http: Http,
  pageId: string,
  since: number,
): Promise<{ items: ReelState[]; cut: boolean }> {
  return listAll<ReelState>(
    http,
    {
      url: `${graph}/${pageId}/video_reels`,
      query: {
        fields: 'id,description,created_time,updated_time,permalink_url,published,status',
        since: Math.floor(since / SECOND),
        limit: 50,
      },
      call: 'read',
    },
    LOOKUP_PAGES,
  );
}

export function reelTime({ updated_time, created_time }: ReelState): number | undefined {
  return graphTime(created_time) ?? graphTime(updated_time);
}
