import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asFailure } from '../core/failure.ts';
import type { HostCheck, HostedFile, MediaHost } from '../core/host.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import { forbidsCrawler } from './robots.ts';

export interface CheckOptions {
  /** True where the address is signed for GET alone. */
  signed: boolean;
  /** Addresses where a listing would give the names away. */
  listings: readonly string[];
}

/** Who fetches for Meta: https://developers.facebook.com/docs/sharing/webmasters/web-crawlers */
const crawler = {
  'user-agent': 'facebookexternalhit/1.1 (repost host check)',
  'accept-encoding': 'identity',
};

const PROBE_BYTES = 4096;
const RANGE_END = 1023;

/**
 * Puts a small file on the host, fetches it as Meta's crawler does, takes it away. Meta asks for byte ranges
 * and a video's content type:
 * https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/ig-user/media
 */
export async function checkHost(host: MediaHost, http: Http, options: CheckOptions): Promise<HostCheck[]> {
  const folder = await mkdtemp(join(tmpdir(), 'repost-probe-'));
  const handle = host.newHandle({ mimeType: 'video/mp4' });
  const checks: HostCheck[] = [];
  try {
    const file = await probeFile(folder);
    const { url } = await host.offer(handle, file);
    checks.push(pass('a file can be put there'));
    checks.push(...addressChecks(url));
    checks.push(await headCheck(http, url, options));
    checks.push(...(await rangeChecks(http, url)));
    checks.push(...(await robotsCheck(http, url)));
    for (const listing of options.listings) checks.push(...(await listingCheck(http, listing, handle)));
    await host.withdraw(handle);
    checks.push(await goneCheck(http, url));
  } catch (error) {
    const { message, hint } = asFailure(error);
    checks.push(fail(message, hint));
    await host.withdraw(handle).catch(() => undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return checks;
}

/** The beginning of an MP4, then nothing: enough for a server that looks, too little to play. */
async function probeFile(folder: string): Promise<HostedFile> {
  const bytes = Buffer.alloc(PROBE_BYTES, 'repost host check ');
  bytes.write('\u0000\u0000\u0000\u0018ftypisom\u0000\u0000\u0002\u0000isommp41', 0, 'latin1');
  const path = join(folder, 'probe.mp4');
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, bytes: bytes.length, sha256, mimeType: 'video/mp4' };
}

function addressChecks(url: string): HostCheck[] {
  const { protocol, hostname } = new URL(url);
  const checks: HostCheck[] = [];
  if (!/^[\u0021-\u007e]+$/u.test(url)) checks.push(fail('the address has characters that Meta refuses', ''));
  if (isPrivate(hostname))
    checks.push(
      fail(
        `${hostname} leads nowhere from outside`,
        'Platforms fetch over the internet: name a public address.',
      ),
    );
  if (protocol !== 'https:')
    checks.push(warn('the address is not https', 'Anybody on the way can read the video’s address.'));
  // Seen in spring 2026: no request reached such an origin. https://github.com/gitroomhq/postiz-app/issues/1364
  if (/\.(trycloudflare\.com|vercel\.app)$/u.test(hostname))
    checks.push(
      warn(
        `Meta has been seen not to fetch from ${hostname}`,
        'Use a bucket or another server if containers fail.',
      ),
    );
  return checks;
}

function isPrivate(hostname: string): boolean {
  return /^(localhost|.*\.(localhost|local|internal|lan)|127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|0\.|\[(::1|f[cde]))/iu.test(
    hostname,
  );
}

async function headCheck(http: Http, url: string, { signed }: CheckOptions): Promise<HostCheck> {
  const { status, headers } = await look(http, { method: 'HEAD', url });
  if (status === 200) return typeCheck(headers['content-type'], 'HEAD');
  if (signed && status === 403)
    return pass(
      'HEAD is refused, as it is for an address that is signed for GET; Meta then fetches all the same',
    );
  return warn(`HEAD is answered with ${status}`, 'Some crawlers ask so first: let the server answer HEAD.');
}

async function rangeChecks(http: Http, url: string): Promise<HostCheck[]> {
  const response = await look(http, { url, headers: { range: `bytes=0-${RANGE_END}` } });
  const { status, headers } = response;
  if (status >= 300 && status < 400)
    return [fail(`the address redirects (${status})`, 'Name the address that the file itself has.')];
  if (status === 200)
    return [
      fail('byte ranges are not answered (200 in place of 206)', 'Let the server answer Range requests.'),
    ];
  if (status !== 206)
    return [fail(`the address is answered with ${status}`, 'It must be readable without signing in.')];
  const told = headers['content-range'];
  const right = told === `bytes 0-${RANGE_END}/${PROBE_BYTES}`;
  return [
    right
      ? pass('it can be fetched, by byte ranges too')
      : fail(
          `the range comes as “${told ?? 'nothing'}”`,
          `It should be bytes 0-${RANGE_END}/${PROBE_BYTES}.`,
        ),
    typeCheck(headers['content-type'], 'GET'),
  ];
}

function typeCheck(type: string | undefined, method: string): HostCheck {
  return type?.startsWith('video/') === true
    ? pass(`${method} says ${type}`)
    : fail(
        `${method} says ${type ?? 'no content type'}`,
        'It must say video/mp4: set the type for .mp4 files.',
      );
}

async function robotsCheck(http: Http, url: string): Promise<HostCheck[]> {
  const { origin, pathname } = new URL(url);
  const { status, text } = await look(http, { url: `${origin}/robots.txt` });
  if (status !== 200 || !forbidsCrawler(text, 'facebookexternalhit', pathname)) return [];
  return [fail('robots.txt forbids Meta’s crawler', 'Allow facebookexternalhit to read these addresses.')];
}

async function listingCheck(http: Http, address: string, handle: string): Promise<HostCheck[]> {
  const { status, text } = await look(http, { url: `${address.replace(/\/+$/u, '')}/` });
  const name = handle.split('/').at(-1) ?? handle;
  if (status !== 200 || !text.includes(name)) return [];
  return [
    fail(
      'the names of the files are listed to everybody',
      'Switch directory listings (public ListBucket) off.',
    ),
  ];
}

async function goneCheck(http: Http, url: string): Promise<HostCheck> {
  const { status } = await look(http, { url, headers: { range: 'bytes=0-0' } });
  return status >= 400
    ? pass('it is gone after it was deleted')
    : warn(
        `it still answers ${status} after it was deleted`,
        'A cache in between keeps copies; let it keep none.',
      );
}

/** Any status is an answer here. */
async function look(http: Http, request: HttpRequest): Promise<HttpResponse> {
  const statuses = Array.from({ length: 300 }, (_, index) => 300 + index);
  return http.send({ ...request, headers: { ...crawler, ...request.headers }, accept: statuses });
}

const pass = (title: string): HostCheck => ({ result: 'PASS', title, hint: null });
const warn = (title: string, hint: string): HostCheck => ({ result: 'WARN', title, hint });
const fail = (title: string, hint: string): HostCheck => ({ result: 'FAIL', title, hint: hint || null });
