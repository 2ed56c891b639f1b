import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type Clock, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Source } from '../core/source.ts';
import type { SourceItem } from '../core/video.ts';
import { probe } from './probe.ts';

const videoNames = /\.(?:mp4|mov|m4v|webm)$/iu;
/** A file that changed within this time may still be being written. */
const SETTLED_MS = 10 * SECOND;
/** Read from each end of a file to tell it from others: enough, and quick for large ones. */
const END_BYTES = 64 * 1024;

interface FolderVideo {
  path: string;
  remoteId: string;
  publishedAt: number;
}

/**
 * A watched folder as a source: every video file that has stopped growing is an item, its caption the text file
 * of the same name beside it, else its name. A file is known by its content, so renaming it makes nothing new.
 */
export const folderVideos: Source = {
  id: 'folder',

  async poll({ locator = '', clock, known }) {
    const videos = await listVideos(locator, clock);
    const items = await Promise.all(
      videos.map((video) => (known(video.remoteId) ? bare(video) : newItem(video, clock))),
    );
    return items.filter((item) => item !== undefined).sort((a, b) => b.publishedAt - a.publishedAt);
  },

  async stillPublic({ locator = '', clock }, remoteId) {
    return (await findFolderVideo(locator, remoteId, clock)) === undefined ? 'gone' : 'public';
  },
};

/** The file of an item of a watched folder, wherever in it the file is now. */
export async function findFolderVideo(
  folder: string,
  remoteId: string,
  clock: Clock,
): Promise<string | undefined> {
  return (await listVideos(folder, clock)).find((video) => video.remoteId === remoteId)?.path;
}

async function listVideos(folder: string, clock: Clock): Promise<FolderVideo[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new Failure('E_MEDIA_FOLDER', {
      kind: 'retry',
      message: `The folder ${folder} can’t be read.`,
      cause: error,
    });
  });
  const videos = await Promise.all(
    names
      .filter((name) => videoNames.test(name) && !name.startsWith('.'))
      .map((name) => lookAt(join(folder, name), clock)),
  );
  const seen = new Set<string>();
  return videos.filter((video) => {
    if (!video || seen.has(video.remoteId)) return false;
    seen.add(video.remoteId);
    return true;
  }) as FolderVideo[];
}

async function lookAt(path: string, clock: Clock): Promise<FolderVideo | undefined> {
  try {
    const entry = await stat(path);
    const { size, mtimeMs } = entry;
    if (!entry.isFile() || size === 0 || clock.now() - mtimeMs < SETTLED_MS) return undefined;
    return { path, remoteId: await fingerprint(path, size), publishedAt: Math.round(mtimeMs) };
  } catch {
    // Gone between two looks.
    return undefined;
  }
}

async function fingerprint(path: string, size: number): Promise<string> {
  const file = await open(path);
  try {
    const hash = createHash('sha256').update(String(size));
    const buffer = Buffer.alloc(Math.min(size, END_BYTES));
    for (const position of new Set([0, size - buffer.length])) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await file.close();
  }
}

/** Without an address: a path of this machine must never get into a caption. */
function bare({ path, remoteId, publishedAt }: FolderVideo): SourceItem {
  return { remoteId, url: '', caption: basename(path, extname(path)), publishedAt, kind: 'video', facts: {} };
}

/** Undefined where the file is no video (yet): it is looked at again at the next poll. */
async function newItem(video: FolderVideo, clock: Clock): Promise<SourceItem | undefined> {
  try {
    const { durationMs, width, height } = await probe(video.path, { clock });
    const caption = await readFile(video.path.replace(videoNames, '.txt'), 'utf8').catch(() => undefined);
    return {
      ...bare(video),
      ...(caption === undefined ? {} : { caption: caption.trim() }),
      durationSeconds: Math.round(durationMs / 1000),
      width,
      height,
    };
  } catch {
    return undefined;
  }
}
