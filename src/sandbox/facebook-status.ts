import type { ReelVideo } from './facebook-part.ts';
import type { MetaQuirks } from './meta-quirks.ts';

/**
 * The status of a video, in the documentation’s spelling or in the schema’s: they differ in the word for done,
 * in a letter of `bytes_transferred`, and in how an error is told.
 */
export function videoStatus(
  video: ReelVideo,
  liveAt: number | undefined,
  expired: boolean,
  quirks: MetaQuirks,
  now: number,
): Record<string, unknown> {
  const documented = quirks.spelling === 'documented';
  const done = documented ? 'completed' : 'complete';
  const arrived = video.completeAt !== undefined && video.completeAt <= now;
  const failed = video.error !== undefined;
  const fault = { code: Number(video.error ?? 0), message: 'The video does not fit.' };
  const told = documented ? { error: { message: `${fault.message} (${fault.code})` } } : { errors: [fault] };
  const processing = failed
    ? 'error'
    : liveAt !== undefined
      ? done
      : video.finishedAt
        ? 'in_progress'
        : 'not_started';
  return {
    video_status: overall(video, { liveAt, expired, failed, arrived }),
    uploading_phase: {
      status: arrived ? done : video.received > 0 ? 'in_progress' : 'not_started',
      [documented ? 'bytes_transfered' : 'bytes_transferred']: video.received,
      ...(video.size === undefined ? {} : { source_file_size: video.size }),
    },
    processing_phase: { status: processing, ...(failed ? told : {}) },
    publishing_phase: {
      status: liveAt === undefined ? 'not_started' : done,
      ...(liveAt === undefined
        ? draft(video)
        : { publish_status: 'published', publish_time: Math.floor(liveAt / 1000) }),
    },
    copyright_check_status: { status: 'in_progress' },
  };
}

function draft(video: ReelVideo): Record<string, unknown> {
  return video.wanted === 'DRAFT' ? { publish_status: 'draft' } : {};
}

function overall(
  video: ReelVideo,
  facts: { liveAt: number | undefined; expired: boolean; failed: boolean; arrived: boolean },
): string {
  if (facts.failed) return 'error';
  if (facts.expired) return 'expired';
  if (facts.liveAt !== undefined) return 'ready';
  if (video.finishedAt !== undefined) return 'processing';
  return facts.arrived ? 'upload_complete' : 'uploading';
}
