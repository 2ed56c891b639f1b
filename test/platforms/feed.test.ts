import { describe, expect, it } from 'vitest';
import { SECOND, TestClock } from '../../src/core/clock.ts';
import type { SourceContext } from '../../src/core/source.ts';
import { plainHttp } from '../../src/net/http.ts';
import { createFeedSource } from '../../src/platforms/feed.ts';
import { readFeed } from '../../src/platforms/feed-parse.ts';
import { api, httpServer, transportTo } from '../net/servers.ts';

const ADDRESS = `${api}/feed.xml`;

const rss = (items: string, head = '') =>
  `<?xml version="1.0" encoding="utf-8"?>${head}
  <rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:media="http://search.yahoo.com/mrss/">
  <channel><title>Mine</title><language>de-DE</language>${items}</channel></rss>`;

const ITEM = `<item><title>Ride &amp; rest &#x1F6B2;</title><guid isPermaLink="false">ride-1</guid>
  <link>https://example.com/ride</link><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>
  <description><![CDATA[<p>Up the hill</p><p>and&nbsp;down #bike</p>]]></description>
  <itunes:duration>1:05</itunes:duration>
  <enclosure url="/files/ride.mp4" length="12" type="video/mp4"/></item>`;

const ATOM = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Mine</title>
  <entry><id>urn:one</id><title type="html">A &lt;b&gt;bold&lt;/b&gt; move</title><published>2026-11-20T10:00:00Z</published>
    <link rel="alternate" href="https://example.com/one"/>
    <link rel="enclosure" type="video/quicktime" href="https://cdn.example.com/one.mov?key=1"/></entry>
  <entry><id>urn:two</id><title>Only words</title><published>2026-11-19T10:00:00Z</published>
    <link href="https://example.com/two"/></entry></feed>`;

const YOUTUBE = `<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
  xmlns="http://www.w3.org/2005/Atom"><entry><id>yt:video:dQw4w9WgXcQ</id><yt:videoId>dQw4w9WgXcQ</yt:videoId>
  <title>Morning ride</title><link rel="alternate" href="https://www.youtube.com/shorts/dQw4w9WgXcQ"/>
  <published>2026-11-20T10:00:00+00:00</published><updated>2026-11-21T10:00:00+00:00</updated>
  <media:group><media:title>Morning ride</media:title>
  <media:content url="https://www.youtube.com/v/dQw4w9WgXcQ" type="application/x-shockwave-flash" width="640" height="390"/>
  <media:description>Up and down #bike</media:description></media:group></entry></feed>`;

const PUBLISHED = Date.UTC(2026, 10, 20, 10);

describe('a feed', () => {
  it('RSS with enclosures', () => {
    expect(readFeed(rss(ITEM), ADDRESS)).toEqual([
      {
        id: 'ride-1',
        title: 'Ride & rest 🚲',
        description: 'Up the hill\nand down #bike',
        page: 'https://example.com/ride',
        file: `${api}/files/ride.mp4`,
        publishedAt: PUBLISHED,
        durationSeconds: 65,
        language: 'de-DE',
      },
    ]);
  });

  it('Atom; entries without a video are none', () => {
    expect(readFeed(ATOM, ADDRESS)).toMatchObject([
      { id: 'urn:one', title: 'A bold move', file: 'https://cdn.example.com/one.mov?key=1', language: 'en' },
    ]);
  });

  it('of a YouTube channel', () => {
    expect(readFeed(YOUTUBE, ADDRESS)).toEqual([
      {
        id: 'dQw4w9WgXcQ',
        title: 'Morning ride',
        description: 'Up and down #bike',
        page: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
        file: undefined,
        publishedAt: PUBLISHED,
      },
    ]);
  });

  it.each([
    ['pictures', ITEM.replace('video/mp4', 'image/jpeg')],
    ['sound', ITEM.replace('video/mp4', 'audio/mpeg')],
    ['a file on this machine', ITEM.replace('/files/ride.mp4', 'file:///etc/passwd')],
    ['an open connection', ITEM.replace('/files/ride.mp4', 'http://example.com/ride.mp4')],
  ])('takes no %s', (_name, item) => {
    expect(readFeed(rss(item), ADDRESS)).toEqual([]);
  });

  it('without a date counts as old, so that a lack of facts never posts anything', () => {
    expect(readFeed(rss(ITEM.replace('Fri, 20 Nov 2026', 'Someday')), ADDRESS)[0]?.publishedAt).toBe(0);
  });
});

describe('a hostile feed', () => {
  const laughs = `<!DOCTYPE x [<!ENTITY a "${'lol'.repeat(100)}">${[...'bcdefghij']
    .map((name, n) => `<!ENTITY ${name} "${`&${'abcdefghij'[n]};`.repeat(10)}">`)
    .join('')}]>`;

  it.each([
    ['no XML', 'hello'],
    ['a page', '<!doctype html><html><body>Sign in</body></html>'],
    ['a JSON feed', '{"version": "https://jsonfeed.org/version/1.1"}'],
    ['a very deep one', '<rss>'.repeat(100_000)],
    ['one without an end', `<rss><channel>${'<item>'.repeat(100_000)}`],
    ['one with too many entries', rss(ITEM.repeat(1_500))],
    ['nothing', ''],
  ])('is refused within a second: %s', (_name, text) => {
    const before = performance.now();
    expect(() => readFeed(text, ADDRESS)).toThrow(expect.objectContaining({ code: 'E_FEED' }));
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('expands no entity that it defines', () => {
    const before = performance.now();
    let text: string;
    try {
      text = JSON.stringify(readFeed(rss(ITEM.replace('Ride', '&j;'), laughs), ADDRESS));
    } catch (error) {
      text = String(error);
    }
    expect(text).not.toContain('lollol');
    const outside = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>';
    expect(
      JSON.stringify(attempt(() => readFeed(rss(ITEM.replace('Ride', '&file;'), outside), ADDRESS))),
    ).not.toMatch(/root:/);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it.each([
    ['brackets', '<'.repeat(200_000)],
    ['half entities', '&'.repeat(200_000)],
    ['open tags', '<p '.repeat(100_000)],
    ['spaces', ' '.repeat(500_000)],
  ])('is read within two seconds: %s', (_name, text) => {
    const before = performance.now();
    readFeed(rss(ITEM.replace('<p>Up the hill</p>', text)), ADDRESS);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

describe('the feed as a source', () => {
  async function open(listener: Parameters<typeof httpServer>[0]) {
    const server = await httpServer(listener);
    const clock = new TestClock(PUBLISHED);
    const http = plainHttp({ transport: transportTo(server.url), clock, timeoutMs: 5 * SECOND });
    const context: SourceContext = { http, locator: ADDRESS, clock, known: () => false, since: 0 };
    return { source: createFeedSource(), context };
  }

  it('asks again with the validators of the last answer, and shows the same', async () => {
    const asked: (string | undefined)[] = [];
    const { source, context } = await open((request, response) => {
      asked.push(request.headers['if-none-match']);
      if (request.headers['if-none-match'] === '"one"') return response.writeHead(304).end();
      return response
        .writeHead(200, { etag: '"one"', 'content-type': 'application/rss+xml' })
        .end(rss(ITEM + ITEM));
    });
    const first = await source.poll(context);
    expect(first).toEqual([
      {
        remoteId: 'ride-1',
        url: 'https://example.com/ride',
        caption: 'Ride & rest 🚲\n\nUp the hill\nand down #bike',
        publishedAt: PUBLISHED,
        kind: 'video',
        durationSeconds: 65,
        facts: { language: 'de-DE', file: `${api}/files/ride.mp4` },
      },
    ]);
    expect(await source.poll(context)).toEqual(first);
    expect(await source.stillPublic(context, 'ride-1')).toBe('public');
    expect(await source.stillPublic(context, 'ride-0')).toBe('unknown');
    expect(asked).toEqual([undefined, '"one"', '"one"', '"one"']);
  });

  it('keeps no address with a key in it, but finds it again', async () => {
    const { source, context } = await open((_request, response) => response.end(ATOM));
    expect((await source.poll(context))[0]?.facts).toEqual({ language: 'en' });
    expect(await source.fileOf(context, 'urn:one')).toBe('https://cdn.example.com/one.mov?key=1');
  });

  it('follows a move, and not into this machine', async () => {
    const { source, context } = await open((request, response) => {
      if (request.url === '/feed.xml') return response.writeHead(301, { location: '/moved.xml' }).end();
      return response.end(rss(ITEM));
    });
    expect(await source.poll(context)).toHaveLength(1);
    for (const location of [
      'http://127.0.0.1:1/x',
      'https://127.0.0.1/x',
      'https://[::1]/x',
      'https://localhost/x',
      ':',
    ]) {
      const inside = await open((_request, response) => response.writeHead(302, { location }).end());
      await expect(inside.source.poll(inside.context), location).rejects.toMatchObject({ code: 'E_FEED' });
    }
    const round = await open((_request, response) =>
      response.writeHead(302, { location: '/feed.xml' }).end(),
    );
    await expect(round.source.poll(round.context)).rejects.toThrow(/keeps sending on/);
  });
});
