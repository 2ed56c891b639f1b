import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { folderSource } from '../../src/media/folder.ts';
import type { FindContext } from '../../src/media/source.ts';
import type { Mp4Options } from './build-mp4.ts';
import { buildMp4 } from './build-mp4.ts';
import { aVideo, failureOf, findContext, freshFolder, PUBLISHED_AT, VIDEO_ID } from './fixtures.ts';

function setUp() {
  const path = freshFolder();
  const put = (name: string, options: Mp4Options = {}, at = PUBLISHED_AT - 10 * MINUTE) => {
    writeFileSync(join(path, name), buildMp4({ seed: name, ...options }));
    utimesSync(join(path, name), at / 1000, at / 1000);
    return join(path, name);
  };
  const find = (context: Partial<FindContext> = {}, video = aVideo()) =>
    folderSource.find(video, { kind: 'folder', path }, findContext(context));
  return { path, put, find };
}

const OTHER_ID = '7575000000000000999';

describe('a folder of originals', () => {
  test.each([`${VIDEO_ID}.mp4`, `My ride (${VIDEO_ID}) final.MOV`, `tiktok_${VIDEO_ID}_720p.webm`])(
    'finds by the id in the name: %s',
    async (name) => {
      const { put, find } = setUp();
      put(`${OTHER_ID}.mp4`);
      put(`1${VIDEO_ID}.mp4`);
      // Length and date are no matter where the id is given: verification looks at the length.
      const path = put(name, { seconds: 40 }, PUBLISHED_AT - 1000 * HOUR);
      expect(await find()).toEqual({ path, owned: false, origin: 'folder' });
    },
  );

  test('says exactly which name to use where there is none', async () => {
    const { put, find, path } = setUp();
    put(`${VIDEO_ID}.jpg`);
    put(`${VIDEO_ID}.mp4.part`);
    put(`.${VIDEO_ID}.mp4`);
    mkdirSync(join(path, `${VIDEO_ID}.mp4`));
    const failure = await failureOf(find());
    expect(failure).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
    expect(failure.hint).toContain(`${VIDEO_ID}.mp4`);
    expect(failure.message).toContain(path);
  });

  test('follows no symbolic link', async () => {
    const { put, find, path } = setUp();
    symlinkSync(put('elsewhere.txt'), join(path, `${VIDEO_ID}.mp4`));
    expect((await failureOf(find())).code).toBe('E_NO_MEDIA');
  });

  test('by time and length together', async () => {
    const { put, find, path: folder } = setUp();
    put('other-length.mp4', { seconds: 30 });
    put('other-day.mp4', {}, PUBLISHED_AT - 25 * HOUR);
    put('other-shape.mp4', { width: 1024, height: 576 });
    put(`${OTHER_ID}.mp4`);
    const broken = put('broken.mp4');
    writeFileSync(broken, 'text');
    utimesSync(broken, PUBLISHED_AT / 1000, PUBLISHED_AT / 1000);
    expect((await failureOf(find())).message).toContain(folder);
    const path = put('final cut.mp4', { seconds: 13, width: 1080, height: 1920 });
    expect(await find()).toMatchObject({ path });
  });

  test('the time in the name counts as well', async () => {
    const { put, find } = setUp();
    const at = new Date(PUBLISHED_AT - 30 * MINUTE);
    const two = (value: number) => String(value).padStart(2, '0');
    const date = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
    const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
    const path = put(`VID_${date}_${time}.mp4`, {}, PUBLISHED_AT + 500 * HOUR);
    expect(await find()).toMatchObject({ path });
  });

  test('the edges of the tolerance', async () => {
    const { put, find } = setUp();
    put('early.mp4', {}, PUBLISHED_AT - 2 * HOUR - SECOND);
    expect((await failureOf(find())).code).toBe('E_NO_MEDIA');
    put('early.mp4', {}, PUBLISHED_AT - 2 * HOUR);
    expect(await find()).toMatchObject({ origin: 'folder' });
  });

  test('without a stated length the time proves nothing', async () => {
    const { put, find } = setUp();
    put('some.mp4');
    expect((await failureOf(find({}, aVideo({ durationSeconds: 0 })))).code).toBe('E_NO_MEDIA');
  });

  test('several candidates: their names, and a question', async () => {
    const { put, find } = setUp();
    put('take one.mp4');
    put('take two.mp4');
    const failure = await failureOf(find());
    expect(failure).toMatchObject({ code: 'E_MEDIA_AMBIGUOUS', kind: 'later', reason: 'media' });
    expect(failure.message).toContain('take one.mp4, take two.mp4');
    expect(failure.hint).toContain(`${VIDEO_ID}.mp4`);
    put(`${VIDEO_ID}.mp4`);
    expect(await find()).toMatchObject({ origin: 'folder' });
    put(`${VIDEO_ID} (1).mp4`);
    expect((await failureOf(find())).code).toBe('E_MEDIA_AMBIGUOUS');
  });

  test('the same file twice is no question', async () => {
    const { put, find } = setUp();
    put(`${VIDEO_ID}.mp4`, { seed: 'same' });
    put(`${VIDEO_ID} copy.mp4`, { seed: 'same' });
    expect(await find()).toMatchObject({ origin: 'folder' });
  });

  test('a file that could as well be a neighbour’s is no proof', async () => {
    const { put, find } = setUp();
    put('some.mp4');
    const neighbour = { remoteId: OTHER_ID, publishedAt: PUBLISHED_AT + HOUR, durationSeconds: 12 };
    expect(await find({ siblings: [{ ...neighbour, durationSeconds: 40 }] })).toMatchObject({
      origin: 'folder',
    });
    const failure = await failureOf(find({ siblings: [neighbour] }));
    expect(failure).toMatchObject({ code: 'E_MEDIA_AMBIGUOUS', kind: 'later', reason: 'media' });
    expect(failure.message).toContain('some.mp4');
  });

  test('a file that may still be growing is looked at again soon', async () => {
    const { put, find } = setUp();
    const now = PUBLISHED_AT + HOUR;
    put(`${VIDEO_ID}.mp4`, {}, now - SECOND);
    const clock = new TestClock(now);
    const failure = await failureOf(find({ tools: { clock } }));
    expect(failure).toMatchObject({
      code: 'E_NO_MEDIA',
      kind: 'later',
      reason: 'media',
      notBefore: now + 3 * SECOND,
    });
    clock.advance(3 * SECOND);
    expect(await find({ tools: { clock } })).toMatchObject({ origin: 'folder' });
  });

  test('a folder that vanished is waited for', async () => {
    const { path, find, put } = setUp();
    put(`${VIDEO_ID}.mp4`);
    renameSync(path, `${path}.away`);
    const failure = await failureOf(find());
    expect(failure).toMatchObject({ code: 'E_MEDIA_FOLDER', kind: 'later', reason: 'media' });
    expect(failure.message).toContain(path);
    renameSync(`${path}.away`, path);
    expect(await find()).toMatchObject({ origin: 'folder' });
  });

  test('ids that are no numbers are whole names', async () => {
    const { put, find } = setUp();
    const path = put('holiday.mp4', {}, PUBLISHED_AT - 1000 * HOUR);
    put('holiday 2.mp4', {}, PUBLISHED_AT - 1000 * HOUR);
    expect(await find({}, aVideo({ remoteId: 'holiday' }))).toMatchObject({ path });
    expect(await find({}, aVideo({ remoteId: 'holiday.mp4' }))).toMatchObject({ path });
  });
});
