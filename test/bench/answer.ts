import { createServer } from 'node:http';

/** What the server shows of every account. */
export const remoteIds: readonly string[] = Array.from(
  { length: 20 },
  (_, n) => `75000000000000000${n + 10}`,
);

/** An answer of TikTok's list, about 8 kB: https://developers.tiktok.com/doc/tiktok-api-v2-video-list/ */
export const answerOfList = (): string =>
  JSON.stringify({
    data: {
      videos: remoteIds.map((id) => ({
        id,
        create_time: 1_767_225_600,
        share_url: `https://www.tiktok.com/@creator/video/${id}`,
        title: 'A day at the sea',
        video_description: `A day at the sea, and what we found there ${'#sea #sand #sun '.repeat(10)}`,
        duration: 20,
        width: 576,
        height: 1024,
        is_aigc: false,
        view_count: 1000,
        like_count: 100,
        comment_count: 10,
        share_count: 1,
      })),
      cursor: 1_767_225_600_000,
      has_more: false,
    },
    error: { code: 'ok', message: '', log_id: '1' },
  });

/** Gives that answer to everything: where there is no nginx. Gives the port. */
export function serveAnswer(): Promise<number> {
  const answer = answerOfList();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  // A client that has to wait for its turn on a busy machine must find its connections open.
  server.keepAliveTimeout = 600_000;
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
}
