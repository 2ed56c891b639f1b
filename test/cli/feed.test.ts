import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench, video } from './bench.ts';

const FEED = 'https://videos.example.com/feed.xml';

describe('a feed of one’s own', () => {
  let bench: Bench;
  let server: Server;
  const items: string[] = [];
  const show = (id: string, title: string) =>
    items.push(
      `<item><guid>${id}</guid><title>${title}</title><pubDate>${new Date().toUTCString()}</pubDate>` +
        `<enclosure type="video/mp4" url="/${id}.mp4"/></item>`,
    );

  beforeAll(async () => {
    bench = await openBench();
    server = createServer((request, response) => {
      if (request.url === '/feed.xml') response.end(`<rss><channel>${items.join('')}</channel></rss>`);
      else if (request.url === '/new.mp4') response.end(readFileSync(video('waves.mp4')));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const origins = { ...bench.server.origins, 'https://videos.example.com': `http://127.0.0.1:${port}` };
    writeFileSync(join(bench.dir, 'origins.json'), JSON.stringify(origins));
    await bench.signIn('youtube');
  });
  afterAll(async () => {
    server.close();
    await bench.close();
  });

  it('is looked at when it is added, and refused where it is none', async () => {
    const gone = await bench.terminal.failure(['source', 'add', 'https://videos.example.com/nothing.xml']);
    expect(gone.exit).not.toBe(0);
    expect(await bench.terminal.json(['source', 'list'])).toEqual([]);
    show('old', 'Was there before');
    const added = await bench.terminal.json<{ source: string; kind: string; videos: number }>([
      'source',
      'add',
      FEED,
    ]);
    expect(added).toMatchObject({ source: FEED, kind: 'feed', videos: 1 });
    expect((await bench.terminal.failure(['source', 'add', FEED])).code).toBe('E_EXISTS');
  });

  it.each([
    'http://videos.example.com/feed.xml',
    'https://me:secret@videos.example.com/x',
    'https://www.youtube.com/@me',
  ])('takes no %s', async (address) => {
    expect((await bench.terminal.failure(['source', 'add', address])).exit).toBe(2);
  });

  it('brings what is new in it to its destinations, with the file that it names', async () => {
    await bench.terminal.json(['rule', 'add', '--from', FEED, '--to', 'youtube:@creator', '--name', 'feed']);
    await bench.terminal.json(['sync']);
    show('new', 'Fresh &amp; new');
    const synced = await bench.terminal.json<{ published: number }>(['sync']);
    expect(synced.published).toBe(1);
    const posts = await bench.terminal.json<{ id: string; video: { caption: string } }[]>(['posts']);
    expect(posts.map((post) => post.video.caption)).toEqual(['Fresh & new']);
    const seen = bench.sandbox.posts().find(({ platform }) => platform === 'youtube');
    const sha256 = createHash('sha256')
      .update(readFileSync(video('waves.mp4')))
      .digest('hex');
    expect(seen?.sha256).toBe(sha256);
    // Nothing comes twice, also where the feed is read anew.
    expect((await bench.terminal.json<{ published: number }>(['sync'])).published).toBe(0);
  });

  it('of one’s own YouTube channel never goes back to it', async () => {
    const accounts = await bench.terminal.json<{ account: string; remoteId: string }[]>(['accounts']);
    const channel = accounts.find(({ account }) => account === 'youtube:@creator')?.remoteId ?? '';
    const entry = `<entry><yt:videoId>dQw4w9WgXcQ</yt:videoId><title>Mine</title></entry>`;
    const feed = createServer((_request, response) => response.end(`<feed>${entry}</feed>`));
    await new Promise<void>((resolve) => feed.listen(0, '127.0.0.1', resolve));
    const file = join(bench.dir, 'origins.json');
    const origins = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    const { port } = feed.address() as AddressInfo;
    writeFileSync(
      file,
      JSON.stringify({ ...origins, 'https://www.youtube.com': `http://127.0.0.1:${port}` }),
    );
    expect(await bench.terminal.json(['source', 'add', 'youtube:@creator'])).toMatchObject({
      source: 'youtube:@creator',
      kind: 'feed',
      videos: 1,
    });
    const rule = ['rule', 'add', '--from', 'youtube:@creator', '--to', 'youtube:@creator'];
    expect((await bench.terminal.failure(rule)).message).toMatch(/can’t be source and destination/);
    expect(channel).toMatch(/^UC/);
    feed.close();
  });
});
