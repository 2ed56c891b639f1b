import { describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/clock.ts';
import { BLOCK, openChannel, reasonOf, upload } from './youtube-google.ts';

const bytes = (length: number) => Buffer.alloc(length, 'abcdefg');
const rangeOf = (reply: { status: number; headers: Readonly<Record<string, string>> }) => [
  reply.status,
  reply.headers['range'],
];

async function session(total = 2 * BLOCK + 10) {
  const channel = await openChannel();
  const opened = await channel.open(undefined, { bytes: total });
  expect(opened.status).toBe(200);
  expect(opened.text).toBe('');
  return { ...channel, total, address: opened.headers['location'] ?? '' };
}

describe('opening an upload session', () => {
  it.each([
    [{ snippet: {} }, 'invalidTitle'],
    [{ snippet: { title: ' ' } }, 'invalidTitle'],
    [{ snippet: { title: 'x'.repeat(101) } }, 'invalidTitle'],
    [{ snippet: { title: 'a > b' } }, 'invalidTitle'],
    [{ snippet: { title: 'a', description: 'ё'.repeat(2501) } }, 'invalidDescription'],
    [{ snippet: { title: 'a', description: '<' } }, 'invalidDescription'],
    [{ snippet: { title: 'a', tags: ['x'.repeat(250), 'x'.repeat(250)] } }, 'invalidTags'],
    [{ snippet: { title: 'a', tags: [`${'x'.repeat(497)} y`] } }, 'invalidTags'],
    [{ snippet: { title: 'a', tags: [''] } }, 'invalidTags'],
    [{ snippet: { title: 'a', categoryId: '18' } }, 'invalidCategoryId'],
    [
      { snippet: { title: 'a' }, status: { privacyStatus: 'public', publishAt: '2027-01-01T00:00:00Z' } },
      'invalidPublishAt',
    ],
    [{ snippet: { title: 'a' }, status: { privacyStatus: 'secret' } }, 'badRequest'],
    [{ snippet: { title: 'a' }, localizations: { de: {} } }, 'defaultLanguageNotSet'],
  ])('refuses %j: %s', async (body, reason) => {
    const channel = await openChannel();
    const refused = await channel.open(body);
    expect([refused.status, reasonOf(refused)]).toEqual([400, reason]);
  });

  it('takes what is just within the limits', async () => {
    const channel = await openChannel();
    const snippet = {
      title: '😀'.repeat(50),
      description: 'ё'.repeat(2500),
      tags: ['x'.repeat(249), 'x'.repeat(250)],
    };
    expect((await channel.open({ snippet })).status).toBe(200);
  });

  it('looks at headers and parameters too', async () => {
    const channel = await openChannel();
    const reason = async (...ask: Parameters<typeof channel.open>) => reasonOf(await channel.open(...ask));
    expect(await reason(undefined, { headers: { slug: 'a/b' } })).toBe('invalidFilename');
    expect(await reason(undefined, { bytes: 0 })).toBe('mediaBodyRequired');
    expect(await reason(undefined, { bytes: 274_877_906_945 })).toBe('uploadTooLarge');
    expect(await reason(undefined, { headers: { 'x-upload-content-type': 'image/png' } })).toBe('badContent');
    expect(await reason(undefined, { query: { part: '' } })).toBe('missingRequiredParameter');
    expect(await reason(undefined, { query: { part: 'nonsense' } })).toBe('invalidPart');
  });

  it('writes only what the parts name', async () => {
    const channel = await openChannel();
    const opened = await channel.open(
      { snippet: { title: 'a' }, status: { privacyStatus: 'private' } },
      { query: { part: 'snippet' } },
    );
    const sent = await channel.put(opened.headers['location'] ?? '', undefined, bytes(5));
    expect(sent.json['status']).toBeUndefined();
    expect(channel.google.sandbox.posts()[0]!.visible).toBe(true);
  });
});

describe('an upload session', () => {
  it('tells what it keeps and ends with the video', async () => {
    const { put, address, total, google } = await session();
    const query = `bytes */${total}`;
    expect(rangeOf(await put(address, query))).toEqual([308, undefined]);
    expect(rangeOf(await put(address, `bytes 0-${BLOCK - 1}/${total}`, bytes(BLOCK)))).toEqual([
      308,
      `bytes=0-${BLOCK - 1}`,
    ]);
    expect(rangeOf(await put(address, query))).toEqual([308, `bytes=0-${BLOCK - 1}`]);
    expect(google.sandbox.posts()).toEqual([]);
    const rest = await put(address, `bytes ${BLOCK}-${total - 1}/${total}`, bytes(total - BLOCK));
    expect(rest.status).toBe(201);
    expect(rest.json).toMatchObject({
      kind: 'youtube#video',
      status: { uploadStatus: 'uploaded', privacyStatus: 'public' },
    });
    expect(google.sandbox.posts()[0]).toMatchObject({ id: rest.json['id'], bytes: total });
    for (const [range, body] of [
      [query, undefined],
      [undefined, bytes(total)],
    ] as const) {
      const repeated = await put(address, range, body);
      expect([repeated.status, repeated.json['id']]).toEqual([201, rest.json['id']]);
    }
    expect(google.sandbox.posts()).toHaveLength(1);
    expect(google.sandbox.complaints()).toEqual([]);
  });

  it('answers 200 in its other form', async () => {
    const { put, address, google } = await session(100);
    await google.quirks({ finalStatus: 200 });
    expect((await put(address, undefined, bytes(100))).status).toBe(200);
  });

  it('keeps less than was sent: half, whole blocks, nothing of a gap or an overlap', async () => {
    const { put, address, total, google } = await session(8 * BLOCK);
    await google.quirks({ keepHalf: 1 });
    expect(rangeOf(await put(address, `bytes 0-${4 * BLOCK - 1}/${total}`, bytes(4 * BLOCK)))).toEqual([
      308,
      `bytes=0-${2 * BLOCK - 1}`,
    ]);
    const kept = [308, `bytes=0-${2 * BLOCK - 1}`];
    expect(rangeOf(await put(address, `bytes ${4 * BLOCK}-${5 * BLOCK - 1}/${total}`, bytes(BLOCK)))).toEqual(
      kept,
    );
    expect(rangeOf(await put(address, `bytes ${BLOCK}-${3 * BLOCK - 1}/${total}`, bytes(2 * BLOCK)))).toEqual(
      kept,
    );
    expect(google.sandbox.complaints()).toEqual([]);
    const odd = await put(address, `bytes ${2 * BLOCK}-${3 * BLOCK + 9}/${total}`, bytes(BLOCK + 10));
    expect(rangeOf(odd)).toEqual([308, `bytes=0-${3 * BLOCK - 1}`]);
    expect(google.sandbox.complaints()).toMatchObject([{ what: expect.stringContaining('no multiple') }]);
  });

  it('keeps whole blocks of what arrived before the line was cut', async () => {
    const { put, address, total, google } = await session(3 * BLOCK);
    const cut = await put(address, undefined, bytes(BLOCK + 77), {}, total);
    expect(cut).toMatchObject({ status: 0, text: 'upload' });
    expect(rangeOf(await put(address, `bytes */${total}`))).toEqual([308, `bytes=0-${BLOCK - 1}`]);
    expect(google.sandbox.posts()).toEqual([]);
  });

  it('minds totals, lengths and types', async () => {
    const { put, address, total, google } = await session(1000);
    const wrong = [
      await put(address, `bytes */${total + 1}`),
      await put(address, 'bytes 0-9/', bytes(10)),
      await put(address, `bytes 0-99/${total}`, bytes(10)),
      await put(address, undefined, bytes(total), { 'content-type': 'video/webm' }),
    ];
    for (const reply of wrong) expect([reply.status, reasonOf(reply)]).toEqual([400, 'badRequest']);
    expect(google.sandbox.complaints()).toHaveLength(4);
  });

  it('is gone after its life, and when it is ended', async () => {
    const { put, open, address, total, google } = await session();
    google.clock.advance(7 * DAY);
    // The token is older still.
    expect((await put(address, `bytes */${total}`)).status).toBe(401);
    const fresh = await openChannel(google);
    expect((await fresh.put(address, `bytes */${total}`)).status).toBe(404);
    const opened = await fresh.open(undefined, { bytes: total });
    await google.quirks({ goneStatus: 410 });
    await google.pull('expireSessions');
    expect((await fresh.put(opened.headers['location'] ?? '', `bytes */${total}`)).status).toBe(410);
    expect((await open()).status).toBe(401);
  });

  it('repeats the error it failed with', async () => {
    const { put, address, total, google } = await session();
    await google.pull('failSessions', { status: 400, reason: 'uploadLimitExceeded' });
    for (let n = 0; n < 2; n += 1)
      expect(reasonOf(await put(address, `bytes */${total}`))).toBe('uploadLimitExceeded');
  });

  it('belongs to one channel', async () => {
    const { address, total, google } = await session();
    const other = await openChannel(google, { account: '@second' });
    expect((await other.put(address, `bytes */${total}`)).status).toBe(403);
  });

  it('says 308 in a header where it is asked to', async () => {
    const { put, address, total } = await session();
    const reply = await put(address, `bytes */${total}`, undefined, { 'x-guploader-no-308': 'yes' });
    expect([reply.status, reply.headers['x-http-status-code-override']]).toEqual([200, '308']);
  });

  it('is not opened by nonsense', async () => {
    const channel = await openChannel();
    const { google, bearer } = channel;
    const headers = { authorization: bearer };
    expect((await google.send(upload, { method: 'POST', query: { part: 'snippet' }, headers })).status).toBe(
      400,
    );
    expect((await google.send('https://www.googleapis.com/youtube/v3/nonsense', { headers })).text).toContain(
      '<!DOCTYPE html>',
    );
    expect(google.sandbox.complaints()).toHaveLength(2);
  });
});
