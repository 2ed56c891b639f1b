import { createRequire } from 'node:module';
import type { PlatformId } from '../../src/core/names.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';
import { requestFaults, methodOf as youtubeMethodOf } from '../platforms/discovery.ts';
import { judgeRequest } from '../platforms/meta-spec.ts';
import { judgeThreads } from '../platforms/threads-spec.ts';
import { judgeBy } from '../platforms/x-spec.ts';

/** What a platform's own description of its API says of one request of ours. */
interface Verdict {
  problems: string[];
  /** What the description says nothing about: a call, or a field of one. */
  unjudged: string[];
}

type Judge = (request: SimRequest) => Verdict | Promise<Verdict>;

const silent = ({ method, path }: SimRequest): Verdict => ({
  problems: [],
  unjudged: [`${method} ${plain(path)}`],
});

/** A path without what differs from run to run. */
function plain(path: string): string {
  return path.replace(/[^/]*(?:\d{4}|%3A|:|[0-9a-f]{16})[^/]*/giu, ':id');
}

const wanted = (request: SimRequest, header: string, pattern: RegExp): string[] =>
  pattern.test(request.headers[header] ?? '')
    ? []
    : [`${request.method} ${plain(request.path)}: header ${header} is “${request.headers[header] ?? ''}”`];

function ofX(): Judge {
  const judge = judgeBy('2.167');
  return async (request) => {
    const { origin, path } = request;
    if (origin !== 'https://api.x.com' || !path.startsWith('/2/') || path.startsWith('/2/oauth2/'))
      return silent(request);
    const problems = (await judge.request(request)).map((one) => `${request.method} ${plain(path)}: ${one}`);
    return { problems, unjudged: [] };
  };
}

const ofYoutube: Judge = (request) => {
  if (request.origin !== 'https://www.googleapis.com' || request.query.has('upload_id'))
    return silent(request);
  const problems = requestFaults(request);
  problems.push(...wanted(request, 'authorization', /^Bearer \S+$/u));
  // https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
  if (youtubeMethodOf(request)?.id === 'youtube.videos.insert') {
    problems.push(...wanted(request, 'content-type', /^application\/json/u));
    problems.push(...wanted(request, 'x-upload-content-length', /^\d+$/u));
    problems.push(...wanted(request, 'x-upload-content-type', /^video\//u));
  }
  return { problems, unjudged: [] };
};

/** Ids of the simulated Graph have as many digits as their kind: see `meta-spec.test.ts`. */
const ofGraph: Judge = (request) => {
  const [, first = '', edge] = request.path.split('/').filter(Boolean);
  const byInstagram = request.origin === 'https://graph.instagram.com';
  if (!/^https:\/\/graph\.(facebook|instagram)\.com$/u.test(request.origin) || !/^\d+$/u.test(first))
    return silent(request);
  const suffix = byInstagram ? 'ForIGOnlyAPI' : '';
  if (edge === 'video_reels') return judgeRequest(request, 'Page');
  if (byInstagram && edge === 'media_publish') {
    // The schema of this way in has forgotten the edge: the other way's is the same by the documentation.
    const { problems, unjudged } = judgeRequest(request, 'IGUser');
    return { problems, unjudged: [...unjudged, 'POST media_publish, by Instagram Login'] };
  }
  if (edge !== undefined) return judgeRequest(request, `IGUser${suffix}`);
  if (first.length === 18) return judgeRequest(request, 'ShadowIGMediaBuilder');
  return judgeRequest(request, first.length === 16 ? 'AdVideo' : `IGMedia${suffix}`);
};

const ofThreads: Judge = (request) => {
  if (request.origin !== 'https://graph.threads.net') return silent(request);
  const { problems } = judgeThreads(request);
  return { problems, unjudged: [] };
};

interface Official {
  jsonToLex(value: unknown): unknown;
  lexicons: {
    get(id: string): unknown;
    assertValidRecord(id: string, value: unknown): unknown;
    assertValidXrpcParams(id: string, value: unknown): unknown;
    assertValidXrpcInput(id: string, value: unknown): unknown;
  };
}

/** Undefined where the official client is not installed (`npm run setup:pds`). */
function ofBluesky(): Judge | undefined {
  let official: Official;
  try {
    official = createRequire(new URL('../real-pds/package.json', import.meta.url))(
      '@atproto/api',
    ) as Official;
  } catch (error) {
    if (process.env['REPOST_TEST_REQUIRE'] === 'all') throw error;
    return undefined;
  }
  return (request) => {
    const method = /^\/xrpc\/([\w.]+)$/u.exec(request.path)?.[1];
    if (method === undefined || !official.lexicons.get(method)) return silent(request);
    // The one call whose description leaves out what the service wants in its address.
    if (method === 'app.bsky.video.uploadVideo') return silent(request);
    try {
      judgeXrpc(official, method, request);
      return { problems: [], unjudged: [] };
    } catch (error) {
      return { problems: [`${method}: ${(error as Error).message}`], unjudged: [] };
    }
  };
}

function judgeXrpc({ lexicons, jsonToLex }: Official, method: string, request: SimRequest): void {
  const numbers = ['exp', 'limit'];
  const params = [...request.query].map(([name, value]) => [
    name,
    numbers.includes(name) ? Number(value) : value,
  ]);
  lexicons.assertValidXrpcParams(method, Object.fromEntries(params));
  if (request.headers['content-type']?.startsWith('application/json') !== true) return;
  const body = JSON.parse(request.body.toString()) as { record?: unknown };
  lexicons.assertValidXrpcInput(method, jsonToLex(body));
  if (method.endsWith('putRecord')) lexicons.assertValidRecord('app.bsky.feed.post', jsonToLex(body.record));
}

const makers: Readonly<Partial<Record<PlatformId, () => Judge | undefined>>> = {
  x: ofX,
  youtube: () => ofYoutube,
  instagram: () => ofGraph,
  facebook: () => ofGraph,
  threads: () => ofThreads,
  bluesky: ofBluesky,
};

/** The platform's own description as a judge; undefined where none is at hand. */
export const judgeOf = (platform: PlatformId): Judge | undefined => makers[platform]?.();

/** One of each kind of request that a suite has made. */
interface Traffic {
  note(request: SimRequest): void;
  requests(): SimRequest[];
}

const LARGEST_COMPARED = 20_000;

/** Keeps the first request of each kind: thousands differ in their ids, tokens and times alone. */
export function openTraffic(): Traffic {
  const kept = new Map<string, SimRequest>();
  const alike = (text: string) => text.replace(/\d+/gu, '#').replace(/[\w~+/=-]{16,}/gu, '*');
  return {
    note(request) {
      // What broke off on its way was not sent by us like that.
      if (!request.complete) return;
      const { method, origin, path, query, headers, body } = request;
      const type = headers['content-type']?.split(';')[0] ?? '';
      const text = /json|form-urlencoded/u.test(type) && body.length < LARGEST_COMPARED;
      const key = [
        method,
        origin,
        alike(path),
        alike(String(query)),
        type,
        text ? alike(body.toString()) : '',
      ];
      if (!kept.has(key.join(' '))) kept.set(key.join(' '), request);
    },
    requests: () => [...kept.values()],
  };
}
