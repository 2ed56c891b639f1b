import type { MediaFacts, MediaRules } from './media.ts';
import { checkMedia, type MediaProblem } from './media-rules.ts';
import { type RuleSpec, specOf } from './rule.ts';
import type { Video } from './video.ts';

/** What can be said of a video's file before it is sent. */
export interface MediaVerdict {
  /** By the file itself, or by the little that the source tells. */
  by: 'file' | 'source';
  /** `unknown`: the source tells nothing against it, and the file was not seen yet. */
  verdict: 'fits' | 'is made to fit' | 'is refused' | 'unknown';
  /** Each limit against the file, in words. */
  problems: readonly string[];
}

/** Would a platform take this video, after what the rule lets be done to it? Pure. */
export function foresee(
  video: Pick<Video, 'durationSeconds'>,
  file: MediaFacts | undefined,
  rules: MediaRules,
  rule: { spec: Readonly<Record<string, unknown>> },
): MediaVerdict {
  const by = file ? 'file' : 'source';
  const check = file ? checkMedia(file, rules) : checkLength(video, rules);
  if (!check) return { by, verdict: 'unknown', problems: [] };
  if (check.ok) return { by, verdict: file ? 'fits' : 'unknown', problems: [] };
  const mended = check.problems.every(({ fix }) => isAllowed(fix, specOf(rule)));
  return {
    by,
    verdict: mended ? 'is made to fit' : 'is refused',
    problems: check.problems.map(({ message }) => message),
  };
}

function isAllowed(fix: MediaProblem['fix'], { fit = 'remux', tooLong = 'skip' }: RuleSpec): boolean {
  switch (fix) {
    case 'none':
      return false;
    case 'trim':
      return tooLong === 'trim';
    case 'remux':
      return fit !== 'none';
    case 'transcode':
      return fit === 'transcode';
  }
}

/** Of a file that nobody saw yet, the length alone is known. */
function checkLength({ durationSeconds = 0 }: Pick<Video, 'durationSeconds'>, rules: MediaRules) {
  if (durationSeconds <= 0) return undefined;
  const { minDurationMs, maxDurationMs } = rules;
  const facts: MediaFacts = {
    container: rules.containers[0] ?? 'mp4',
    videoCodec: rules.videoCodecs[0] ?? 'h264',
    durationMs: durationSeconds * 1000,
    bytes: 0,
    width: 0,
    height: 0,
  };
  return checkMedia(facts, {
    containers: rules.containers,
    videoCodecs: rules.videoCodecs,
    audioCodecs: rules.audioCodecs,
    ...(minDurationMs === undefined ? {} : { minDurationMs }),
    ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
    source: rules.source,
  });
}
