import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SECOND, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Video } from '../../src/core/video.ts';
import { exportSource } from '../../src/media/export.ts';
import { readExport } from '../../src/media/export-file.ts';
import type { Download, FindContext } from '../../src/media/source.ts';
import { buildMp4 } from './build-mp4.ts';
import { buildZip } from './build-zip.ts';
import { aVideo, failureOf, findContext, freshFolder, PUBLISHED_AT } from './fixtures.ts';

const folder = freshFolder();
let count = 0;

function put(content: string | Buffer, name = 'export.zip'): string {
  count += 1;
  const path = join(folder, `${count}-${name}`);
  writeFileSync(path, content);
  return path;
}

const EXPIRES = PUBLISHED_AT / 1000 + 864_000;
const LINK = `https://video-no1a.tiktokv.eu/storage/v1/tos-no1a/oAb?a=1233&x-tos-expires=${EXPIRES}&x-tos-signature=fake`;
const DECOY = {
  Date: '2026-11-21 09:00:00',
  Link: 'https://www.tiktokv.com/share/video/7000000000000000001/',
};
const post = (change: Record<string, unknown> = {}) => ({
  Date: '2026-11-21 09:00:00',
  Link: LINK,
  Likes: '52',
  Title: 'Morning ride #bike, and a caption that goes on beyond what the API tells',
  ...change,
});
const current = (list: unknown) => ({
  Comment: { Comments: { App: 1, CommentsList: null } },
  Post: { Posts: { VideoList: list }, 'Recently Deleted Posts': { PostList: [] }, Story: {} },
  'Your Activity': { 'Watch History': { VideoList: [DECOY] } },
});
const zipped = (value: unknown, name = 'user_data_tiktok.json') =>
  put(buildZip({ 'readme.txt': 'hello', [name]: JSON.stringify(value) }));

describe('readExport', () => {
  const expected = { postedAt: PUBLISHED_AT, caption: post().Title, link: LINK, photo: false };

  test.each([
    ['the current shape', zipped(current([post()]))],
    ['an older file name', zipped(current([post()]), 'TikTok/user_data.json')],
    ['the old shape', zipped({ Video: { Videos: { VideoList: [post()] } }, Activity: {} })],
    ['the bare JSON', put(JSON.stringify(current([post()])), 'user_data_tiktok.json')],
    ['a byte order mark', put(`\ufeff${JSON.stringify(current([post()]))}`, 'x.json')],
    [
      'keys in lower case',
      zipped({ post: { posts: { videoList: [{ date: post().Date, link: LINK, title: post().Title }] } } }),
    ],
    ['dates that end in UTC', zipped(current([post({ Date: '2026-11-21 09:00:00 UTC' })]))],
  ])('%s', async (_name, path) => {
    expect((await readExport(path)).posts).toEqual([expected]);
  });

  test.each([
    ['null', current(null)],
    ['an empty list', current([])],
    ['an empty parent', { Post: { Posts: {} } }],
    ['no parent at all', { Activity: { 'Video Browsing History': { VideoList: [DECOY] } } }],
    ['old and null', { Video: { Videos: { VideoList: null } } }],
  ])('no posts: %s', async (_name, value) => {
    expect((await readExport(zipped(value))).posts).toEqual([]);
  });

  test('links that are no files are none; photo posts are called so; damaged items are left out', async () => {
    const list = [
      post({ Link: 'https://www.tiktok.com/login/?redirect_url=x' }),
      post({
        Date: '2026-11-21 10:00:00',
        Link: 'https://p16.tiktokcdn-eu.com/a.jpeg\nhttps://p16.tiktokcdn-eu.com/b.jpg',
      }),
      post({ Date: '2026-11-21 11:00:00', Link: 'https://evil.example/storage/v1/x' }),
      post({ Date: '2026-11-21 12:00:00', Link: undefined, Title: undefined }),
      post({ Date: 'yesterday' }),
      null,
      7,
    ];
    const { posts } = await readExport(zipped(current(list)));
    expect(posts.map(({ link, photo }) => [link, photo])).toEqual([
      [undefined, false],
      [undefined, false],
      [undefined, true],
      [undefined, false],
    ]);
    expect(posts[0]?.postedAt).toBeGreaterThan(posts[1]?.postedAt ?? 0);
  });

  test.each([
    ['is not there', '/nonexistent/export.zip'],
    ['not TikTok’s', put('{"hello": 1}', 'x.json')],
    ['neither a ZIP nor JSON', put('<html>', 'x.html')],
    ['damaged', put(buildZip({ 'user_data_tiktok.json': '{}' }).subarray(0, 60))],
    ['JSON is damaged', put('{"Post": ', 'x.json')],
    ['text form', put(buildZip({ 'Posts.txt': 'Date: …' }))],
    ['no JSON in it', put(buildZip({ 'a.jpg': 'x' }))],
  ])('a file that can’t be read says why: %s', async (why, path) => {
    const failure = await failureOf(readExport(path));
    expect(failure.code).toBe('E_EXPORT');
    expect(failure.message).toContain(why);
  });
});

describe('a data export as a source', () => {
  function setUp(value: unknown = current([post()])) {
    const path = zipped(value);
    const asked: string[] = [];
    const download: Download = async (url, to, bounds) => {
      asked.push(url);
      expect(bounds.hosts).toContain('.tiktokv.eu');
      writeFileSync(to, buildMp4());
    };
    const find = (video: Partial<Video> = {}, context: Partial<FindContext> = {}) =>
      exportSource.find(
        aVideo(video),
        { kind: 'export', path },
        findContext({ workspace: freshFolder(), download, ...context }),
      );
    return { asked, find };
  }

  test('joins by date, fetches the link, gives the whole caption', async () => {
    const { asked, find } = setUp();
    const found = await find({ publishedAt: PUBLISHED_AT + 2 * SECOND });
    if (found instanceof Failure) throw found;
    expect(found).toMatchObject({ owned: true, origin: 'export', caption: post().Title });
    expect(existsSync(found.path)).toBe(true);
    expect(asked).toEqual([LINK]);
  });

  test('three seconds apart is another post', async () => {
    const failure = await failureOf(setUp().find({ publishedAt: PUBLISHED_AT + 3 * SECOND }));
    expect(failure).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
  });

  test('two posts in one second: the caption decides, or a person', async () => {
    const two = current([post({ Title: 'Evening walk' }), post({ Date: '2026-11-21 09:00:01' })]);
    expect(await setUp(two).find({ caption: 'Morning ride #bike, and a cap…' })).toMatchObject({
      caption: post().Title,
    });
    const failure = await failureOf(setUp(two).find({ caption: 'Something else' }));
    expect(failure).toMatchObject({ code: 'E_MEDIA_AMBIGUOUS', kind: 'later', reason: 'media' });
    const untitled = current([post({ Title: '' }), post({ Title: '' })]);
    expect((await failureOf(setUp(untitled).find())).code).toBe('E_MEDIA_AMBIGUOUS');
  });

  test('an expired link is not asked, and says what to do', async () => {
    const { asked, find } = setUp();
    const clock = new TestClock(EXPIRES * 1000);
    const failure = await failureOf(find({}, { tools: { clock } }));
    expect(failure).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
    expect(failure.message).toContain('expired on 2026-12-01');
    expect(failure.hint).toContain('Download your data');
    expect(asked).toEqual([]);
  });

  test('a link that the server refuses has expired as well; other errors stay what they are', async () => {
    const refused = (status: number) => async () => {
      throw new Failure('E_REFUSED', { status, message: 'no' });
    };
    const gone = await failureOf(setUp().find({}, { download: refused(403) }));
    expect(gone).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
    expect(gone.message).not.toContain('x-tos');
    const down = await failureOf(
      setUp().find(
        {},
        {
          download: async () => {
            throw new Failure('E_NETWORK');
          },
        },
      ),
    );
    expect(down).toMatchObject({ code: 'E_NETWORK', kind: 'retry' });
  });

  test('no link, a photo post, a broken export', async () => {
    const junk = current([post({ Link: 'https://www.tiktok.com/login/?redirect_url=x' })]);
    expect((await failureOf(setUp(junk).find())).message).toContain('no link');
    const photo = current([post({ Link: 'https://p16.tiktokcdn-eu.com/a.jpeg' })]);
    expect(await failureOf(setUp(photo).find())).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject' });
    const spec = { kind: 'export', path: '/nonexistent/x.zip' } as const;
    const failure = await failureOf(exportSource.find(aVideo(), spec, findContext()));
    expect(failure).toMatchObject({ code: 'E_EXPORT', kind: 'later', reason: 'media' });
  });

  test('a new export in the old one’s place is read', async () => {
    const path = zipped(current([]));
    const context = findContext({
      workspace: freshFolder(),
      download: async (_url, to) => writeFileSync(to, 'x'),
    });
    const find = () => exportSource.find(aVideo(), { kind: 'export', path }, context);
    expect((await failureOf(find())).code).toBe('E_NO_MEDIA');
    writeFileSync(path, buildZip({ 'user_data_tiktok.json': JSON.stringify(current([post()])) }));
    expect(await find()).toMatchObject({ origin: 'export' });
  });
});
