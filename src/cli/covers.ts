import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { takeStill } from '../media/still.ts';
import type { App } from './app.ts';

/** Of those beyond, the oldest go: pictures are made again in a moment. */
const MOST_KEPT = 1_000;

/** Gives small pictures of cached videos, made once and kept beside the cache; one at a time. */
export function openCovers(app: App): (sha256: string) => Promise<Buffer | undefined> {
  const folder = join(app.paths.cache, 'covers');
  // What could not be made is not tried again for as long as this process lives.
  const hopeless = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();

  async function make(sha256: string): Promise<Buffer | undefined> {
    const target = join(folder, `${sha256}.jpg`);
    const kept = await readFile(target).catch(() => undefined);
    if (kept || hopeless.has(sha256)) return kept;
    const media = await (await app.store()).media.get(sha256);
    if (!media) return undefined;
    await mkdir(folder, { recursive: true });
    const fresh = join(folder, `${randomUUID()}.part`);
    try {
      await takeStill(join(app.files.media, media.path), fresh, { clock: app.clock });
      await rename(fresh, target);
      await prune(folder);
      return await readFile(target);
    } catch {
      // Without ffmpeg, or with a file that went meanwhile, the page has a plain tile.
      hopeless.add(sha256);
      await rm(fresh, { force: true });
      return undefined;
    }
  }

  return (sha256) => {
    const made = last.then(() => make(sha256));
    last = made.catch(() => undefined);
    return made;
  };
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= MOST_KEPT) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = files.sort((a, b) => a.at - b.at).slice(0, names.length - MOST_KEPT);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
