import { copyFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { SourceContext } from '../../src/core/source.ts';
import { findFolderVideo, folderVideos } from '../../src/media/folder-videos.ts';

const shipped = (name: string) => new URL(`../../src/sandbox/videos/${name}`, import.meta.url).pathname;

describe('a watched folder', () => {
  const clock = new TestClock();
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'repost-folder-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(name: string, file = 'sunrise.mp4', ageMs = MINUTE): string {
    const path = join(folder, name);
    copyFileSync(shipped(file), path);
    const at = (clock.now() - ageMs) / 1000;
    utimesSync(path, at, at);
    return path;
  }
  const context = (known: readonly string[] = []) =>
    ({
      locator: folder,
      clock,
      known: (id: string) => known.includes(id),
      since: 0,
    }) as unknown as SourceContext;
  const poll = (known: readonly string[] = []) => folderVideos.poll(context(known));

  it('gives each finished video once, newest first, with its length and shape', async () => {
    put('Morning at the sea.mp4', 'sunrise.mp4', 2 * MINUTE);
    put('walk.mp4', 'long-walk.mp4', MINUTE);
    const items = await poll();
    expect(
      items.map(({ caption, durationSeconds, width, height, kind }) => [
        caption,
        durationSeconds,
        width,
        height,
        kind,
      ]),
    ).toEqual([
      ['walk', 64, 576, 1024, 'video'],
      ['Morning at the sea', 12, 576, 1024, 'video'],
    ]);
  });

  it('waits for a file that is still being written', async () => {
    put('fresh.mp4', 'sunrise.mp4', 1000);
    expect(await poll()).toEqual([]);
  });

  it('takes its caption from the text file beside it', async () => {
    put('a.mp4');
    writeFileSync(join(folder, 'a.txt'), 'A better caption #sea\n');
    expect((await poll())[0]?.caption).toBe('A better caption #sea');
  });

  it('knows a file by its content: renamed or copied it is nothing new', async () => {
    const path = put('a.mp4');
    const [first] = await poll();
    renameSync(path, join(folder, 'b.mp4'));
    put('copy of b.mp4');
    const again = await poll([first?.remoteId ?? '']);
    expect(again.map(({ remoteId }) => remoteId)).toEqual([first?.remoteId]);
    expect(await findFolderVideo(folder, first?.remoteId ?? '', clock)).toMatch(/b\.mp4$/);
  });

  it('says that a file was taken away', async () => {
    const path = put('a.mp4');
    const [item] = await poll();
    const id = item?.remoteId ?? '';
    expect(await folderVideos.stillPublic(context(), id)).toBe('public');
    rmSync(path);
    expect(await folderVideos.stillPublic(context(), id)).toBe('gone');
  });

  it('leaves text named .mp4, hidden files and other things alone, and never tells the path', async () => {
    writeFileSync(put('lies.mp4'), 'this is no video');
    put('.hidden.mp4');
    writeFileSync(join(folder, 'notes.txt'), 'x');
    put('real.mp4', 'waves.mp4');
    utimesSync(join(folder, 'lies.mp4'), 1, 1);
    const items = await poll();
    expect(items.map(({ caption }) => caption)).toEqual(['real']);
    expect(JSON.stringify(items)).not.toContain(folder);
  });

  it('fails with the way out where the folder is gone', async () => {
    rmSync(folder, { recursive: true });
    await expect(poll()).rejects.toSatisfy(
      (error) => error instanceof Failure && error.code === 'E_MEDIA_FOLDER',
    );
  });
});
