import { Failure } from '../core/failure.ts';
import type { MediaFacts } from '../core/media.ts';
import { sayDuration } from '../core/media-rules.ts';
import type { Video } from '../core/video.ts';
import { probe } from './probe.ts';
import type { MediaTools } from './program.ts';

/**
 * The source states whole seconds, and doesn't say how it rounds; its own copy and the original may differ by
 * a frame or two. One second of tolerance and half a second of rounding.
 */
const DURATION_TOLERANCE_MS = 1500;

/** Whether a file of this length can be a video that its source states to have so many whole seconds. */
export function lengthFits(durationMs: number, statedSeconds: number | undefined): boolean {
  if (statedSeconds === undefined || statedSeconds <= 0) return true;
  return Math.abs(durationMs - statedSeconds * 1000) <= DURATION_TOLERANCE_MS;
}

/**
 * Proves that the file is a video and, as far as can be told, this video: its kind, its index, its length
 * against what the source states. Throws Failure E_MEDIA_INVALID.
 */
export async function verify(
  path: string,
  video: Pick<Video, 'durationSeconds'>,
  tools?: MediaTools,
): Promise<MediaFacts> {
  const facts = await probe(path, tools);
  if (!lengthFits(facts.durationMs, video.durationSeconds))
    throw new Failure('E_MEDIA_INVALID', {
      message:
        `The file is ${sayDuration(facts.durationMs)} long, but the source states ` +
        `${video.durationSeconds} s: it is another video, or one that was cut.`,
      hint: 'Replace the file by the original of exactly this video.',
    });
  return facts;
}
