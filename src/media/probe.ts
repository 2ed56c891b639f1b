import { constants, fstatSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { MediaFacts } from '../core/media.ts';
import { probeByFfprobe } from './ffprobe.ts';
import { MAGIC_BYTES, readMagic } from './magic.ts';
import { readMp4 } from './mp4.ts';
import type { MediaTools } from './program.ts';

/** Longer than any source has (TikTok: 60 min, YouTube: 12 h): a forged length would stretch every time-out. */
const LONGEST_MS = 12 * 3_600_000;

/** 8K and no more: a few bytes can claim a picture whose decoding fills the memory. */
const MOST_PIXELS = 7680 * 4320;

/**
 * Opens a regular file for reading: no symbolic link, no pipe that would never answer.
 * Throws Failure E_MEDIA_INVALID for such, and the system's own error where the file is missing or locked.
 */
export async function openRegular(
  path: string,
): Promise<{ handle: FileHandle; bytes: number; mtimeMs: number }> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP')
      throw invalid('it is a symbolic link; repost reads the file itself only');
    throw error;
  }
  try {
    // Of an open file: not worth the way through the thread pool.
    const stat = fstatSync(handle.fd);
    if (!stat.isFile()) throw invalid('it is no regular file');
    return { handle, bytes: stat.size, mtimeMs: stat.mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * What kind of video a file is. Ordinary MP4 and MOV files are read by their boxes alone (well below a
 * millisecond); ffprobe is asked for the rest. Throws Failure E_MEDIA_INVALID naming what the file is instead.
 */
export async function probe(path: string, tools: MediaTools = { clock: systemClock }): Promise<MediaFacts> {
  const { handle, bytes } = await openRegular(path);
  let container: MediaFacts['container'];
  try {
    const head = Buffer.alloc(Math.min(MAGIC_BYTES, bytes));
    readSync(handle.fd, head, 0, head.length, 0);
    const magic = readMagic(head);
    if (magic.kind === 'foreign') throw invalid(`it is ${magic.what}`);
    if (magic.kind === 'iso') {
      const facts = readMp4(handle.fd, bytes);
      if (facts !== undefined) return bounded(facts);
      container = head.toString('latin1', 4, 12) === 'ftypqt  ' ? 'mov' : 'mp4';
    } else container = magic.webm ? 'webm' : 'mkv';
  } finally {
    await handle.close();
  }
  return bounded(await probeByFfprobe(path, container, bytes, tools));
}

function bounded(facts: MediaFacts): MediaFacts {
  if (facts.durationMs > LONGEST_MS) throw invalid('it claims to be longer than 12 hours');
  if (facts.width * facts.height > MOST_PIXELS)
    throw invalid(`it claims a picture of ${facts.width} × ${facts.height}`);
  return facts;
}

function invalid(why: string): Failure {
  return new Failure('E_MEDIA_INVALID', { message: `The file is not a usable video: ${why}.` });
}
