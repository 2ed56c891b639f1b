import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import { Failure } from '../core/failure.ts';
import type { MediaFacts } from '../core/media.ts';
import type { MediaSpec } from '../core/rule.ts';
import type { Video } from '../core/video.ts';
import { hashFile } from './copy.ts';
import { probe } from './probe.ts';
import type { FindContext, FoundMedia, MediaSource } from './source.ts';
import { lengthFits } from './verify.ts';

type FolderSpec = Extract<MediaSpec, { kind: 'folder' }>;

/**
 * A file without the video's id in its name counts only if its date is this near to the publishing: originals
 * are exported shortly before, and saved from TikTok shortly after.
 */
const TIME_TOLERANCE_MS = 2 * HOUR;

/** A file that changed less than this ago may still be growing. */
const SETTLE_MS = 3 * SECOND;

/** How unlike the shapes (width ÷ height) of an original and of TikTok's copy may be. */
const SHAPE_TOLERANCE = 0.03;

/** A folder with more files than this is no folder of originals, and reading it would hold up everything. */
const MOST_FILES = 20_000;

/** Only so many files without an id are opened for one video. */
const MOST_PROBES = 200;

interface Candidate {
  name: string;
  path: string;
  bytes: number;
  mtimeMs: number;
}

/** A folder of originals: by the id in the file's name, else by time, length and shape together. */
export const folderSource: MediaSource<FolderSpec> = {
  kind: 'folder',
  async find(video, spec, context) {
    const now = context.tools.clock.now();
    const files = await listVideos(spec.path, now);
    if (files instanceof Failure) return files;
    const named = files.filter(({ name }) => carries(name, video.remoteId));
    const { fitting, shared } =
      named.length > 0
        ? { fitting: await withoutCopies(named), shared: [] }
        : await byTimeAndLength(video, files, context);
    const [first, ...others] = fitting;
    if (first === undefined)
      return shared.length > 0 ? contested(video, shared, now) : absent(video, spec.path, now);
    if (others.length > 0) return ambiguous(video, fitting, now);
    // A clock that was set back makes a file look as if it came from the future: that is no growth.
    const age = now - first.mtimeMs;
    if (age >= 0 && age < SETTLE_MS) return stillGrowing(first, now);
    return { path: first.path, owned: false, origin: 'folder' } satisfies FoundMedia;
  },
};

async function listVideos(folder: string, now: number): Promise<Candidate[] | Failure> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(
      (entry) => entry.isFile() && /^[^.].*\.(mp4|m4v|mov|webm|mkv)$/i.test(entry.name),
    );
    if (entries.length > MOST_FILES)
      return trouble(
        now,
        `The media folder ${folder} has more than ${MOST_FILES} videos.`,
        'Name a smaller one.',
      );
    const files: Candidate[] = [];
    for (const { name } of entries) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined) files.push({ name, path, bytes: found.size, mtimeMs: found.mtimeMs });
    }
    return files;
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const what = gone ? 'is not there' : 'can’t be read';
    return trouble(
      now,
      `The media folder ${folder} ${what}.`,
      'Bring it back, or name another one in the rule.',
      error,
    );
  }
}

/** True where the name carries exactly this id: not as a part of a longer number. */
function carries(name: string, id: string): boolean {
  if (/^\d+$/.test(id)) return new RegExp(`(?<!\\d)${id}(?!\\d)`).test(name);
  return name === id || name.replace(/\.[^.]+$/, '') === id;
}

/** A number as long as TikTok's ids, older ones included: the file belongs to another video. */
function carriesAnyId(name: string): boolean {
  return /(?<!\d)\d{18,20}(?!\d)/.test(name);
}

/** The same file twice is no question. */
async function withoutCopies(files: readonly Candidate[]): Promise<readonly Candidate[]> {
  const [first, ...others] = files;
  if (first === undefined || others.length === 0) return files;
  if (others.some(({ bytes }) => bytes !== first.bytes)) return files;
  const hashes = new Set<string>();
  for (const { path } of files) hashes.add(await hashFile(path));
  return hashes.size === 1 ? [first] : files;
}

async function byTimeAndLength(
  video: Video,
  files: readonly Candidate[],
  context: FindContext,
): Promise<{ fitting: Candidate[]; shared: Candidate[] }> {
  const fitting: Candidate[] = [];
  const shared: Candidate[] = [];
  // Without a stated length the time alone would be a guess.
  if (video.durationSeconds === undefined || video.durationSeconds <= 0) return { fitting, shared };
  const near = files
    .filter(({ name }) => !carriesAnyId(name))
    .filter((file) => isNear(file, video.publishedAt));
  for (const file of near.slice(0, MOST_PROBES)) {
    const facts = await probe(file.path, context.tools).catch(() => undefined);
    if (facts === undefined || !isLike(facts, video)) continue;
    (fitsSibling(file, facts, video, context) ? shared : fitting).push(file);
  }
  return { fitting, shared };
}

function isNear(file: Candidate, publishedAt: number): boolean {
  const dates = [file.mtimeMs, timeInName(file.name)];
  return dates.some((at) => at !== undefined && Math.abs(at - publishedAt) <= TIME_TOLERANCE_MS);
}

/** Cameras and phones name files `VID_20261121_090000.mp4`, in the local time of whoever filmed. */
function timeInName(name: string): number | undefined {
  const parts = /(20\d\d)-?(\d\d)-?(\d\d)[ _T.-]?(\d\d)[.:-]?(\d\d)[.:-]?(\d\d)/
    .exec(name)
    ?.slice(1)
    .map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const at = new Date(year, month - 1, day, hour, minute, second).getTime();
  return Number.isNaN(at) ? undefined : at;
}

function isLike(facts: MediaFacts, video: Video): boolean {
  if (!lengthFits(facts.durationMs, video.durationSeconds)) return false;
  if (!video.width || !video.height) return true;
  return Math.abs(facts.width / facts.height - video.width / video.height) <= SHAPE_TOLERANCE;
}

/** A file that could as well be a neighbour's proves nothing. */
function fitsSibling(file: Candidate, facts: MediaFacts, video: Video, context: FindContext): boolean {
  return (context.siblings ?? []).some(
    (other) =>
      other.remoteId !== video.remoteId &&
      isNear(file, other.publishedAt) &&
      lengthFits(facts.durationMs, other.durationSeconds),
  );
}

function absent(video: Video, folder: string, now: number): Failure {
  return waiting('E_NO_MEDIA', now + MINUTE, {
    message: `The folder ${folder} has no file for this video.`,
    hint: `Put the original there as ${video.remoteId}.mp4; it is then taken by itself.`,
  });
}

function ambiguous(video: Video, files: readonly Candidate[], now: number): Failure {
  const shown = files.slice(0, 5).map(({ name }) => name);
  if (files.length > shown.length) shown.push(`${files.length - shown.length} more`);
  return waiting('E_MEDIA_AMBIGUOUS', now + MINUTE, {
    message: `${files.length} files fit this video: ${shown.join(', ')}.`,
    hint: `Rename the right one to ${video.remoteId}.mp4 and move the others away.`,
  });
}

function contested(video: Video, files: readonly Candidate[], now: number): Failure {
  return waiting('E_MEDIA_AMBIGUOUS', now + MINUTE, {
    message: `${files[0]?.name} fits this video, but as well another one of the same time and length.`,
    hint: `If it is this one, rename it to ${video.remoteId}.mp4.`,
  });
}

function stillGrowing(file: Candidate, now: number): Failure {
  return waiting('E_NO_MEDIA', now + SETTLE_MS, {
    message: `${basename(file.path)} changed a moment ago and may still be growing.`,
    hint: 'Nothing to do; it is taken once it stays the same.',
  });
}

function trouble(now: number, message: string, hint: string, cause?: unknown): Failure {
  return waiting('E_MEDIA_FOLDER', now + MINUTE, { message, hint, cause });
}

function waiting(
  code: ErrorCode,
  notBefore: number,
  details: { message: string; hint: string; cause?: unknown },
): Failure {
  return new Failure(code, { kind: 'later', reason: 'media', notBefore, ...details });
}
