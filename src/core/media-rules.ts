import type { MediaFacts, MediaRules } from './media.ts';

/** The lightest work that would lift a problem. `remux`: copy the streams into a new container. */
type MediaFix = 'none' | 'remux' | 'transcode' | 'trim';

/** One way in which a file breaks a platform's rule, in words for people. */
export interface MediaProblem {
  rule: Exclude<keyof MediaRules, 'source'>;
  limit: string;
  actual: string;
  fix: MediaFix;
  message: string;
}

export type MediaCheck = { ok: true } | { ok: false; problems: MediaProblem[] };

/** Frame rates are written as 29.97 and 59.94: a limit of 30 or 60 is not broken by a rounding error. */
const FRAME_RATE_SLACK = 0.05;

/** Width ÷ height of 576×1024 is 0.5625, of 576×1022 a hair more: encoders round sides to even numbers. */
const ASPECT_SLACK = 0.005;

/**
 * Does this file keep to these rules? Pure. What the facts don't tell counts as kept: the platform has the
 * last word. Problems come in the order of the rules' declaration.
 */
export function checkMedia(facts: MediaFacts, rules: MediaRules): MediaCheck {
  const problems = [...formatProblems(facts, rules), ...lengthProblems(facts, rules)];
  problems.push(...pictureProblems(facts, rules), ...layoutProblems(facts, rules));
  return problems.length === 0 ? { ok: true } : { ok: false, problems };
}

function formatProblems(facts: MediaFacts, rules: MediaRules): MediaProblem[] {
  const problems: MediaProblem[] = [];
  if (!rules.containers.includes(facts.container))
    problems.push(problem('containers', rules.containers.join(', '), facts.container, 'remux', 'container'));
  if (!rules.videoCodecs.includes(facts.videoCodec))
    problems.push(
      problem('videoCodecs', rules.videoCodecs.join(', '), facts.videoCodec, 'transcode', 'codec'),
    );
  if (facts.audioCodec !== undefined && !rules.audioCodecs.includes(facts.audioCodec))
    problems.push(
      problem('audioCodecs', rules.audioCodecs.join(', '), facts.audioCodec, 'transcode', 'sound codec'),
    );
  return problems;
}

function lengthProblems(facts: MediaFacts, rules: MediaRules): MediaProblem[] {
  const problems: MediaProblem[] = [];
  const length = sayDuration(facts.durationMs);
  if (rules.minDurationMs !== undefined && facts.durationMs < rules.minDurationMs)
    problems.push(
      problem('minDurationMs', atLeast(sayDuration(rules.minDurationMs)), length, 'none', 'length'),
    );
  if (rules.maxDurationMs !== undefined && facts.durationMs > rules.maxDurationMs)
    problems.push(
      problem('maxDurationMs', atMost(sayDuration(rules.maxDurationMs)), length, 'trim', 'length'),
    );
  if (rules.maxBytes !== undefined && facts.bytes > rules.maxBytes)
    problems.push(
      problem('maxBytes', atMost(sayBytes(rules.maxBytes)), sayBytes(facts.bytes), 'transcode', 'size'),
    );
  return problems;
}

function pictureProblems(facts: MediaFacts, rules: MediaRules): MediaProblem[] {
  const { frameRate, width, height, bitRate } = facts;
  const aspect = height > 0 ? width / height : undefined;
  const rate = { what: 'frame rate', fix: 'transcode', slack: FRAME_RATE_SLACK, say: sayRate } as const;
  const side = { fix: 'transcode', slack: 0, say: (pixels: number) => `${pixels} pixels` } as const;
  const shape = { what: 'shape (width ÷ height)', fix: 'none', slack: ASPECT_SLACK } as const;
  const sayAspect = (ratio: number) => round(ratio, 3);
  return [
    below('minFrameRate', frameRate, rules.minFrameRate, rate),
    above('maxFrameRate', frameRate, rules.maxFrameRate, rate),
    below('minWidth', width, rules.minWidth, { ...side, fix: 'none', what: 'width' }),
    below('minHeight', height, rules.minHeight, { ...side, fix: 'none', what: 'height' }),
    above('maxWidth', width, rules.maxWidth, { ...side, what: 'width' }),
    above('maxHeight', height, rules.maxHeight, { ...side, what: 'height' }),
    below('minAspect', aspect, rules.minAspect, { ...shape, say: sayAspect }),
    above('maxAspect', aspect, rules.maxAspect, { ...shape, say: sayAspect }),
    above('maxBitRate', bitRate, rules.maxBitRate, {
      what: 'bit rate',
      fix: 'transcode',
      slack: 0,
      say: sayBitRate,
    }),
  ].filter((found) => found !== undefined);
}

interface Measure {
  what: string;
  fix: MediaFix;
  /** How far past the limit still counts as kept. */
  slack: number;
  say(value: number): string;
}

type Rule = MediaProblem['rule'];

function above(rule: Rule, value: number | undefined, limit: number | undefined, by: Measure) {
  if (value === undefined || limit === undefined || value <= limit + by.slack) return undefined;
  return problem(rule, atMost(by.say(limit)), by.say(value), by.fix, by.what);
}

function below(rule: Rule, value: number | undefined, limit: number | undefined, by: Measure) {
  if (value === undefined || limit === undefined || value >= limit - by.slack) return undefined;
  return problem(rule, atLeast(by.say(limit)), by.say(value), by.fix, by.what);
}

function layoutProblems(facts: MediaFacts, rules: MediaRules): MediaProblem[] {
  const problems: MediaProblem[] = [];
  if (rules.fastStart === true && facts.fastStart === false)
    problems.push(problem('fastStart', 'at the front', 'at the end', 'remux', 'index of the file (moov)'));
  if (rules.noEditList === true && facts.editList === true)
    problems.push(problem('noEditList', 'none', 'one that shifts or trims', 'remux', 'edit list'));
  return problems;
}

function problem(
  rule: MediaProblem['rule'],
  limit: string,
  actual: string,
  fix: MediaFix,
  what: string,
): MediaProblem {
  return { rule, limit, actual, fix, message: `${what}: ${actual}; allowed: ${limit}` };
}

const atMost = (text: string) => `at most ${text}`;
const atLeast = (text: string) => `at least ${text}`;

function round(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

/** A length as people say it: `34.2 s`, `2 min 20 s`. */
export function sayDuration(ms: number): string {
  if (ms < 60_000) return `${round(ms / 1000, 1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`;
}

/** A size as people say it, in powers of 1000: `31.2 MB`. */
export function sayBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${round(bytes / 1e3, 1)} kB`;
  return bytes < 1e9 ? `${round(bytes / 1e6, 1)} MB` : `${round(bytes / 1e9, 2)} GB`;
}

function sayRate(framesPerSecond: number): string {
  return `${round(framesPerSecond, 2)} frames/s`;
}

function sayBitRate(bitsPerSecond: number): string {
  return bitsPerSecond < 1e6
    ? `${round(bitsPerSecond / 1e3, 0)} kb/s`
    : `${round(bitsPerSecond / 1e6, 1)} Mb/s`;
}
