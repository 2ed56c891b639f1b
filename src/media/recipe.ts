import { Failure } from '../core/failure.ts';
import type { MediaFacts, MediaRules } from '../core/media.ts';
import type { MediaProblem } from '../core/media-rules.ts';
import { checkMedia } from '../core/media-rules.ts';

/** What a rule allows to be done to a file that breaks a platform's limits. */
export interface FitOptions {
  /** `remux`: streams are copied, never re-encoded. Default remux. */
  fit?: 'none' | 'remux' | 'transcode';
  /** Default skip. */
  tooLong?: 'skip' | 'trim';
}

/** What ffmpeg shall do: the same recipe makes the same kind of file, so results are kept by it. */
export interface Recipe {
  container: 'mp4' | 'mov';
  video: 'copy' | 'h264';
  audio: 'copy' | 'aac' | 'none';
  /** Cut off behind this. */
  trimMs?: number;
  width?: number;
  height?: number;
  frameRate?: number;
  /** No second of it above this, bits per second of the pictures. */
  maxVideoBitRate?: number;
  /** Average over the whole, where a size limit binds: encoded in two passes. */
  targetVideoBitRate?: number;
  /** The file may not grow beyond. */
  maxBytes?: number;
}

export const AUDIO_BIT_RATE = 128_000;

/** Below this 576×1024 is mush: better not posted than posted so. */
const LEAST_VIDEO_BIT_RATE = 250_000;

/** The container and the encoder's inaccuracy take their part of a size limit. */
const SIZE_MARGIN = 0.95;

/** Sound frames reach beyond the last picture. */
const TRIM_MARGIN_MS = 200;

/**
 * The lightest recipe that makes the file keep to the rules, or undefined where it does already.
 * Throws Failure E_MEDIA_UNFIT, naming each limit against the file, where none may or can.
 */
export function chooseRecipe(facts: MediaFacts, rules: MediaRules, options: FitOptions): Recipe | undefined {
  const check = checkMedia(facts, rules);
  if (check.ok) return undefined;
  const trimMs = check.problems.some(({ rule }) => rule === 'maxDurationMs')
    ? Math.max(1000, (rules.maxDurationMs ?? 0) - TRIM_MARGIN_MS)
    : undefined;
  const durationMs = trimMs ?? facts.durationMs;
  const problems = check.problems.filter((problem) => !liftedByTrim(problem, facts, rules, durationMs));
  refuse(problems, options);
  const broken = new Set(problems.map(({ rule }) => rule));
  const container = rules.containers.find((name) => name === 'mp4' || name === 'mov');
  if (container !== 'mp4' && container !== 'mov')
    throw unfit(problems, 'No container that ffmpeg can make is taken.');
  const encode = problems.some(({ fix, rule }) => fix === 'transcode' && rule !== 'audioCodecs');
  if (encode && !rules.videoCodecs.includes('h264')) throw unfit(problems, 'H.264 is not taken.');
  const audio = facts.audioCodec === undefined ? 'none' : broken.has('audioCodecs') ? 'aac' : 'copy';
  return {
    container,
    video: encode ? 'h264' : 'copy',
    audio,
    ...(trimMs === undefined ? {} : { trimMs }),
    ...(encode ? picture(facts, rules, problems, durationMs) : {}),
    ...(rules.maxBytes === undefined ? {} : { maxBytes: rules.maxBytes }),
  };
}

/** A file that is cut gets smaller: no reason to re-encode it if the rest fits. */
function liftedByTrim(
  problem: MediaProblem,
  facts: MediaFacts,
  rules: MediaRules,
  durationMs: number,
): boolean {
  if (problem.rule !== 'maxBytes' || durationMs >= facts.durationMs) return false;
  return (facts.bytes * durationMs) / facts.durationMs <= (rules.maxBytes ?? 0) * SIZE_MARGIN;
}

function refuse(problems: readonly MediaProblem[], { fit = 'remux', tooLong = 'skip' }: FitOptions): void {
  if (problems.some(({ fix }) => fix === 'none'))
    throw unfit(problems, 'Nothing can be done to the file about it.');
  if (tooLong !== 'trim' && problems.some(({ fix }) => fix === 'trim'))
    throw unfit(problems, 'Allow it to be cut with the rule’s option tooLong=trim, or leave it out here.');
  if (fit !== 'transcode' && problems.some(({ fix }) => fix === 'transcode'))
    throw unfit(
      problems,
      'Allow re-encoding with the rule’s option fit=transcode, or give a file that fits.',
    );
  if (fit === 'none' && problems.some(({ fix }) => fix === 'remux'))
    throw unfit(problems, 'Allow copying into a new container with the rule’s option fit=remux.');
}

function picture(
  facts: MediaFacts,
  rules: MediaRules,
  problems: readonly MediaProblem[],
  durationMs: number,
): Partial<Recipe> {
  const scale = Math.min(
    1,
    (rules.maxWidth ?? Infinity) / facts.width,
    (rules.maxHeight ?? Infinity) / facts.height,
  );
  const frameRate = aimedRate(facts, rules);
  const fromSize =
    rules.maxBytes === undefined
      ? undefined
      : Math.floor((rules.maxBytes * 8000 * SIZE_MARGIN) / durationMs - AUDIO_BIT_RATE);
  const fromRate =
    rules.maxBitRate === undefined ? undefined : rules.maxBitRate * SIZE_MARGIN - AUDIO_BIT_RATE;
  const most = Math.min(fromSize ?? Infinity, fromRate ?? Infinity);
  if (most < LEAST_VIDEO_BIT_RATE)
    throw unfit(problems, 'Re-encoded to that size it would not be worth watching.');
  const sizeBinds = problems.some(({ rule }) => rule === 'maxBytes');
  return {
    width: even(facts.width * scale),
    height: even(facts.height * scale),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(most === Infinity ? {} : { maxVideoBitRate: Math.floor(most) }),
    // Twice its bit rate can't make a picture better than the file it comes from.
    ...(sizeBinds ? { targetVideoBitRate: Math.floor(Math.min(most, 2 * (facts.bitRate ?? most))) } : {}),
  };
}

/** Rates that cameras and editors mean when pictures come a little unevenly. */
const usualRates = [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60] as const;
const NEARLY = 0.02;

/**
 * Said always, because ffmpeg would otherwise take the finest spacing of two pictures for the rate: a phone's video
 * of 30 uneven pictures a second would come out with 60 or 120.
 */
function aimedRate({ frameRate }: MediaFacts, rules: MediaRules): number | undefined {
  if (frameRate === undefined) return undefined;
  const { minFrameRate = 0, maxFrameRate = Infinity } = rules;
  if (frameRate > maxFrameRate) return maxFrameRate;
  if (frameRate < minFrameRate) return minFrameRate;
  const distance = (rate: number) => Math.abs(rate - frameRate);
  const usual = usualRates
    .filter((rate) => rate >= minFrameRate && rate <= maxFrameRate && distance(rate) <= NEARLY * rate)
    .sort((one, other) => distance(one) - distance(other))[0];
  return usual ?? Number(frameRate.toFixed(2));
}

/** H.264 in 4:2:0 wants even sides. */
function even(pixels: number): number {
  return Math.max(2, Math.floor(pixels / 2) * 2);
}

export function unfit(problems: readonly MediaProblem[], hint: string): Failure {
  return new Failure('E_MEDIA_UNFIT', {
    message: `The video doesn’t fit: ${problems.map(({ message }) => message).join('; ')}.`,
    hint,
  });
}
