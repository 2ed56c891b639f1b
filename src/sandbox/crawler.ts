import type { World } from './types.ts';

/** Why Meta's crawler comes back without a video. */
export type CrawlFault = 'unreachable' | 'missing' | 'not-a-video' | 'no-ranges' | 'robots';

/** What Meta's crawler brings home. */
export type Crawled = { bytes: Buffer } | { fault: CrawlFault };

const agent = { 'user-agent': 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)' };

/**
 * Fetches a file as Meta's crawler does: robots.txt, HEAD, then byte ranges; it follows no redirect. A HEAD that
 * is refused is passed over: addresses that are signed for GET have been seen to work.
 */
export async function crawl(world: World, address: string): Promise<Crawled> {
  if (!/^https?:\/\/[\u0021-\u007e]+$/u.test(address)) return { fault: 'unreachable' };
  const { origin } = new URL(address);
  const robots = await world.fetch({ url: `${origin}/robots.txt`, method: 'GET', headers: agent });
  if (robots?.status === 200 && forbids(robots.body.toString())) return { fault: 'robots' };
  const head = await world.fetch({ url: address, method: 'HEAD', headers: agent });
  if (!head) return { fault: 'unreachable' };
  if (head.status !== 403 && head.status !== 405) {
    if (head.status !== 200) return { fault: 'missing' };
    if (!isVideo(head.headers)) return { fault: 'not-a-video' };
  }
  const pieces: Buffer[] = [];
  for (let start = 0; ; ) {
    const range = { ...agent, range: `bytes=${start}-${start + PIECE_BYTES - 1}` };
    const piece = await world.fetch({ url: address, method: 'GET', headers: range });
    if (!piece) return { fault: 'unreachable' };
    if (piece.status === 200) return { fault: isVideo(piece.headers) ? 'no-ranges' : 'not-a-video' };
    if (piece.status !== 206) return { fault: 'missing' };
    if (!isVideo(piece.headers)) return { fault: 'not-a-video' };
    pieces.push(piece.body);
    start += piece.body.length;
    const total = Number(/\/(\d+)$/u.exec(piece.headers['content-range'] ?? '')?.[1]);
    if (piece.body.length === 0 || !(start < total)) return { bytes: Buffer.concat(pieces) };
  }
}

const PIECE_BYTES = 1_000_000;

function isVideo(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith('video/') === true;
}

/** Good enough for the files that the sandbox serves: the crawler, or everybody, shut out of everything. */
function forbids(robots: string): boolean {
  return /user-agent:\s*(facebookexternalhit|\*)\s*\n(?:[^\n]+\n)*?disallow:\s*\/\s*(\n|$)/iu.test(robots);
}
