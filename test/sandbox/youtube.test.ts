import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { openChannel, openGoogle, type Reply, reasonOf } from './youtube-google.ts';

interface Item {
  id: string;
  snippet: { title: string };
  contentDetails: { videoId: string };
  status: Record<string, unknown>;
  processingDetails: {
    processingStatus: string;
    processingProgress?: Record<string, string>;
    fileDetailsAvailability: string;
  };
  fileDetails?: Record<string, string>;
}
const itemsOf = ({ json }: Reply) => (json['items'] ?? []) as unknown as Item[];
const titled = (title: string, privacyStatus = 'public') => ({
  snippet: { title },
  status: { privacyStatus },
});

describe('processing', () => {
  const parts = 'status,processingDetails,fileDetails';

  it('runs with numbers as text and a percentage that falls', async () => {
    const channel = await openChannel();
    const { google } = channel;
    await google.quirks({ processingMs: 10_000, fileDetailsMs: 6_000 });
    const id = String((await channel.upload()).json['id']);
    const shares: number[] = [];
    for (let second = 0; second < 10; second += 2) {
      const [item] = itemsOf(await channel.list('videos', { part: parts, id }));
      const { processingProgress: progress } = item!.processingDetails;
      expect(item!.status).toMatchObject({ uploadStatus: 'uploaded', shelfStatus: 'STILL_WARM' });
      expect(typeof progress!['partsTotal']).toBe('string');
      expect(item!.fileDetails === undefined).toBe(second < 6);
      shares.push(Number(progress!['partsProcessed']) / Number(progress!['partsTotal']));
      google.clock.advance(2 * SECOND);
    }
    expect(shares).not.toEqual([...shares].sort((one, other) => one - other));
    const [done] = itemsOf(await channel.list('videos', { part: parts, id }));
    expect(done).toMatchObject({
      status: { uploadStatus: 'processed' },
      processingDetails: { processingStatus: 'succeeded' },
    });
    expect(done!.processingDetails.processingProgress).toBeUndefined();
    expect(done!.fileDetails).toMatchObject({ fileSize: '13' });
  });

  it.each([
    ['stuck', { uploadStatus: 'uploaded' }, 'processing', 1],
    ['failed:codec', { uploadStatus: 'failed', failureReason: 'codec' }, 'failed', 0],
    ['rejected:copyright', { uploadStatus: 'rejected', rejectionReason: 'copyright' }, 'terminated', 0],
  ])('ends as %s', async (outcome, status, processingStatus, shown) => {
    const channel = await openChannel();
    await channel.google.quirks({ outcome });
    const id = String((await channel.upload()).json['id']);
    channel.google.clock.advance(30 * MINUTE);
    const [item] = itemsOf(await channel.list('videos', { part: parts, id }));
    expect(item).toMatchObject({ status, processingDetails: { processingStatus } });
    expect(channel.google.sandbox.posts()).toHaveLength(shown);
  });

  it('rejects the same bytes a second time where it is so set, on the same channel', async () => {
    const channel = await openChannel();
    const { google } = channel;
    await google.quirks({ rejectDuplicates: true });
    await channel.upload(titled('first'));
    await channel.upload(titled('second'));
    await (await openChannel(google, { account: '@second' })).upload(titled('elsewhere'));
    google.clock.advance(MINUTE);
    expect(google.sandbox.posts().map(({ title }) => title)).toEqual(['elsewhere', 'first']);
  });

  it('rejects more than 15 minutes on an unverified channel', async () => {
    const channel = await openChannel();
    const header = Buffer.alloc(40);
    header.write('mvhd', 4, 'latin1');
    header.writeUInt32BE(1000, 20);
    header.writeUInt32BE(901_000, 24);
    const id = String((await channel.upload(titled('long'), header)).json['id']);
    channel.google.clock.advance(MINUTE);
    const [item] = itemsOf(await channel.list('videos', { part: parts, id }));
    expect(item).toMatchObject({
      status: { rejectionReason: 'length' },
      fileDetails: { durationMs: '901000' },
    });
  });

  it('locks what an unaudited project uploads, at once or later', async () => {
    const channel = await openChannel();
    const { google } = channel;
    await google.quirks({ audited: false });
    expect((await channel.upload()).json['status']).toMatchObject({ privacyStatus: 'private' });
    await google.quirks({ lockShows: 'processed' });
    const later = await channel.upload();
    expect(later.json['status']).toMatchObject({ privacyStatus: 'public' });
    google.clock.advance(MINUTE);
    const [item] = itemsOf(await channel.list('videos', { part: 'status', id: String(later.json['id']) }));
    expect(item!.status).toMatchObject({ privacyStatus: 'private' });
    expect(google.sandbox.posts().every(({ visible }) => !visible)).toBe(true);
  });
});

describe('lists', () => {
  it('show the owner all uploads, newest first, in pages, a little late', async () => {
    const channel = await openChannel();
    const { google } = channel;
    const other = await openChannel(google, { account: '@second' });
    const playlistId = 'UUsandboxCreator00000001';
    const list = (who: typeof channel, query = {}) =>
      who.list('playlistItems', { part: 'snippet,contentDetails', playlistId, ...query });
    expect(reasonOf(await list(channel))).toBe('playlistNotFound');
    for (let n = 0; n < 7; n += 1) {
      await channel.upload(titled(`${n}`, n === 3 ? 'private' : 'public'), Buffer.from(`${n}`));
      google.clock.advance(SECOND);
    }
    expect(itemsOf(await list(channel)).map(({ snippet }) => snippet.title)).toEqual(['2', '1', '0']);
    google.clock.advance(MINUTE);
    const first = await list(channel);
    expect(itemsOf(first).map(({ snippet }) => snippet.title)).toEqual(['6', '5', '4', '3', '2']);
    const rest = await list(channel, { pageToken: first.json['nextPageToken'] });
    expect(itemsOf(rest).map(({ snippet }) => snippet.title)).toEqual(['1', '0']);
    expect(rest.json['nextPageToken']).toBeUndefined();
    expect(itemsOf(await list(other, { maxResults: '50' })).map(({ snippet }) => snippet.title)).toEqual([
      '6',
      '5',
      '4',
      '2',
      '1',
      '0',
    ]);
    const one = itemsOf(first)[0]!.contentDetails.videoId;
    expect(itemsOf(await list(channel, { videoId: one }))).toHaveLength(1);
    expect((await list(channel, { maxResults: '51' })).status).toBe(400);
    expect(reasonOf(await list(channel, { pageToken: 'nonsense' }))).toBe('invalidPageToken');
  });

  it('leave out what is unknown, deleted, or another’s secret', async () => {
    const channel = await openChannel();
    const { google } = channel;
    const other = await openChannel(google, { account: '@second' });
    const id = String((await channel.upload(titled('mine', 'private'))).json['id']);
    const ids = { part: 'status', id: `${id},nosuchvideo` };
    expect(itemsOf(await channel.list('videos', ids)).map((item) => item.id)).toEqual([id]);
    expect(itemsOf(await other.list('videos', ids))).toEqual([]);
    expect(reasonOf(await other.list('videos', { ...ids, part: 'fileDetails' }))).toBe('forbidden');
    await google.pull('remove', { id });
    expect(itemsOf(await channel.list('videos', ids))).toEqual([]);
    expect(google.sandbox.posts()).toEqual([]);
  });

  it('search lags behind', async () => {
    const channel = await openChannel();
    await channel.upload();
    const mine = { part: 'snippet', forMine: 'true', type: 'video' };
    channel.google.clock.advance(9 * MINUTE);
    expect(itemsOf(await channel.list('search', mine))).toEqual([]);
    channel.google.clock.advance(MINUTE);
    expect(itemsOf(await channel.list('search', mine))).toHaveLength(1);
  });
});

describe('quotas', () => {
  const call = { part: 'id', mine: 'true' };

  it('have a bucket for uploads, one for searches and one for the rest', async () => {
    const channel = await openChannel();
    const { google } = channel;
    await google.quirks({ uploadsPerDay: 2, searchesPerDay: 1, unitsPerDay: 52 });
    // Failed calls are paid for.
    await channel.open({ snippet: {} });
    expect((await channel.open()).status).toBe(200);
    const full = await channel.open();
    expect([full.status, reasonOf(full)]).toEqual([429, 'rateLimitExceeded']);
    expect(full.text).toContain("limit 'Video Uploads per day'");
    await channel.list('search', { part: 'id', forMine: 'true' });
    expect((await channel.list('search', { part: 'id', forMine: 'true' })).status).toBe(429);
    for (let n = 0; n < 52; n += 1) expect((await channel.list('channels', call)).status).toBe(200);
    const empty = await channel.list('channels', call);
    expect([empty.status, reasonOf(empty)]).toEqual([403, 'quotaExceeded']);
    expect(empty.text).toContain('<a href');
    expect(await google.pull('used')).toEqual({ uploads: 2, searches: 1, units: 52 });
  });

  it('start afresh at midnight in California, also when clocks change', async () => {
    const google = openGoogle();
    // The day before clocks go back in Los Angeles.
    google.clock.advance(Date.UTC(2026, 9, 31, 12) - google.clock.now());
    const refusedAt = async () => {
      await google.pull('drain', { bucket: 'units' });
      for (let hours = 0; hours < 30; hours += 0.5) {
        const channel = await openChannel(google);
        if ((await channel.list('channels', call)).status === 200)
          return new Date(google.clock.now()).toISOString();
        google.clock.advance(HOUR / 2);
      }
      return 'never';
    };
    expect(await refusedAt()).toBe('2026-11-01T07:00:00.000Z');
    expect(await refusedAt()).toBe('2026-11-02T08:00:00.000Z');
  });

  it('have a limit per minute that only the text tells from a day’s', async () => {
    const channel = await openChannel();
    await channel.google.quirks({ callsPerMinute: 2 });
    await channel.list('channels', call);
    await channel.list('channels', call);
    const fast = await channel.list('channels', call);
    expect([fast.status, reasonOf(fast)]).toEqual([429, 'rateLimitExceeded']);
    expect(fast.text).toContain('per minute');
    channel.google.clock.advance(MINUTE);
    expect((await channel.list('channels', call)).status).toBe(200);
  });

  it('are one thing, the channel’s own limit another', async () => {
    const google = openGoogle();
    const channel = await openChannel(google);
    await google.quirks({ channelPerDay: 1 });
    await channel.upload();
    const refused = await channel.open();
    expect([refused.status, reasonOf(refused)]).toEqual([400, 'uploadLimitExceeded']);
    expect((await (await openChannel(google, { account: '@second' })).open()).status).toBe(200);
    google.clock.advance(DAY);
    expect((await (await openChannel(google)).open()).status).toBe(200);
  });
});

describe('thumbnails', () => {
  it('are taken from verified channels only, and not without end', async () => {
    const channel = await openChannel();
    const { google, bearer } = channel;
    const id = String((await channel.upload()).json['id']);
    const jpeg = Buffer.from('ffd8ffe000104a46', 'hex');
    const set = (body: Buffer, videoId = id) =>
      google.send('https://www.googleapis.com/upload/youtube/v3/thumbnails/set', {
        method: 'POST',
        query: { videoId },
        headers: { authorization: bearer, 'content-type': 'image/jpeg' },
        body,
      });
    expect((await set(jpeg)).status).toBe(200);
    expect(reasonOf(await set(jpeg, 'nosuchvideo'))).toBe('videoNotFound');
    expect(reasonOf(await set(Buffer.from('GIF89a')))).toBe('invalidImage');
    expect(reasonOf(await set(Buffer.alloc(0)))).toBe('mediaBodyRequired');
    expect((await set(Buffer.alloc(50 * 2 ** 20 + 1))).status).toBe(413);
    await google.quirks({ thumbnailsPerDay: 1 });
    expect(reasonOf(await set(jpeg))).toBe('uploadRateLimitExceeded');
    await google.pull('account', { account: '@creator', settings: { phoneVerified: false } });
    const refused = await set(jpeg);
    expect([refused.status, reasonOf(refused)]).toEqual([403, 'forbidden']);
  });
});

describe('levers', () => {
  it('say what is wrong with them', async () => {
    const google = openGoogle();
    await expect(google.quirks({ nonsense: 1 })).rejects.toThrow('no quirk nonsense');
    await expect(google.quirks({ audited: 'no' })).rejects.toThrow('wants a boolean');
    await expect(google.pull('remove', { id: 'x' })).rejects.toThrow('no video x');
    await expect(google.pull('drain', { bucket: 'sea' })).rejects.toThrow('uploads, units or searches');
    await expect(google.pull('account', { account: 'x' })).rejects.toThrow('no account x');
  });

  it('end processing by hand', async () => {
    const channel = await openChannel();
    const { google } = channel;
    await google.quirks({ outcome: 'stuck' });
    const id = String((await channel.upload()).json['id']);
    await google.pull('finish', { id, outcome: 'rejected:claim' });
    expect(google.sandbox.posts()).toEqual([]);
    await google.pull('finish', { id, outcome: 'processed' });
    expect(google.sandbox.posts()).toHaveLength(1);
  });
});
