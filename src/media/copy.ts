import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { openRegular } from './probe.ts';

/** One reused buffer of this size hashes at three times the speed of a stream with its defaults. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies a regular file into a new one (0600) and gives the SHA-256 (hex) of what was written, in one pass;
 * the copy is on the disk when it returns. Throws Failure where the file changes meanwhile or the disk is full.
 */
export async function copyHashed(from: string, to: string, clock: Clock): Promise<string> {
  const source = await openSource(from, clock);
  let target: FileHandle | undefined;
  try {
    target = await open(to, 'wx', 0o600);
    const sha256 = await readHashed(source.handle, target);
    const after = await source.handle.stat();
    if (after.size !== source.bytes || after.mtimeMs !== source.mtimeMs)
      throw new Failure('E_NO_MEDIA', {
        kind: 'later',
        reason: 'media',
        notBefore: clock.now() + 10 * SECOND,
        message: 'The file was still being written while repost read it.',
        hint: 'Nothing to do; it is read again once it stays the same.',
      });
    await target.datasync();
    return sha256;
  } finally {
    await source.handle.close();
    await target?.close();
  }
}

/** Not the cache's fault but the source's: the file went away or may not be read. */
async function openSource(path: string, clock: Clock): ReturnType<typeof openRegular> {
  try {
    return await openRegular(path);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('E_MEDIA_FOLDER', {
      kind: 'later',
      reason: 'media',
      notBefore: clock.now() + MINUTE,
      message: `The file ${basename(path)} can’t be read.`,
      hint: 'Make it readable for the user that repost runs as.',
      cause: error,
    });
  }
}

/** The SHA-256 (hex) of a regular file; `settled`: its bytes are on the disk when this returns. */
export async function hashFile(path: string, settled = false): Promise<string> {
  const { handle } = await openRegular(path);
  try {
    const sha256 = await readHashed(handle);
    if (settled) await handle.datasync();
    return sha256;
  } finally {
    await handle.close();
  }
}

/** Brings a file's bytes onto the disk, where its SHA-256 is known. */
export async function settleFile(path: string): Promise<void> {
  const { handle } = await openRegular(path);
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function readHashed(source: FileHandle, target?: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return hash.digest('hex');
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    if (target !== undefined) await writeAll(target, chunk);
  }
}

async function writeAll(target: FileHandle, chunk: Buffer): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    const { bytesWritten } = await target.write(chunk, done, chunk.length - done, null);
    done += bytesWritten;
  }
}

/** Errors of the disk that a person must see as such; everything else unchanged. */
export function storageFailure(error: unknown, now: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof Failure) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Failure('E_DISK_FULL', {
      kind: 'later',
      reason: 'media',
      notBefore: now + 5 * MINUTE,
      message: 'The disk of the media cache is full.',
      cause: error,
    });
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new Failure('E_HOME', {
      kind: 'later',
      reason: 'media',
      notBefore: now + 5 * MINUTE,
      message: 'The media cache can’t be written.',
      cause: error,
    });
  return error;
}
