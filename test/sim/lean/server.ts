import type { Clock } from '../../../src/core/clock.ts';
import { MINUTE } from '../../../src/core/clock.ts';
import type { Random } from '../random.ts';
import { type Caller, Ceilings } from './ceilings.ts';
import { type Flavour, sourceFlavour } from './flavours.ts';
import { createTokens, type Tokens } from './server-tokens.ts';
import { createVideos, type Videos } from './server-videos.ts';

export interface Ask {
  platform: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Told {
  status: number;
  headers?: Record<string, string>;
  body: object;
}

interface Handle {
  key: string;
  accountId: string;
  session: string;
  uploaded: boolean;
  readyAt: number;
  endsAt: number;
}

/** What is published: an upload’s handle, or the film itself, with the key of its video. */
interface Publication {
  handle?: string;
  key?: string;
  once?: string;
}

export interface LeanPost {
  id: string;
  key: string;
  accountId: string;
  at: number;
  listedAt: number;
}

/** All the platforms of the small world: the worst that the rules of each allow. */
export interface LeanServer {
  handle(ask: Ask): Told;
  tokens: Tokens;
  videos: Videos;
  /** Posts of a video on an account. */
  postsOf(platform: string, accountId: string, key: string): LeanPost[];
  /** What must never happen, in words, as it happened. */
  breaches: string[];
  posts: number;
  requests: number;
}

/** Everything that must not be seen outside the vault begins so. */
export const SECRET = 'sEcReT0';

export function createServer(clock: Clock, random: Random, flavours: readonly Flavour[]): LeanServer {
  const tokens = createTokens(clock, random, flavours, breach);
  const videos = createVideos(clock);
  const parts = new Map(
    [...flavours, sourceFlavour].map((flavour) => [flavour.id as string, partOf(flavour)]),
  );
  let sequence = 0;

  const server: LeanServer = {
    tokens,
    videos,
    breaches: [],
    posts: 0,
    requests: 0,
    postsOf: (platform, accountId, key) => parts.get(platform)?.posts.get(`${accountId} ${key}`) ?? [],
    handle(ask) {
      server.requests += 1;
      const part = parts.get(ask.platform);
      if (!part) return { status: 404, body: { error: 'no such host' } };
      if (ask.path === '/token') return tokens.refresh(ask.platform, new URLSearchParams(ask.body));
      const caller = tokens.callerOf(ask.platform, ask.headers['authorization'] ?? '');
      if (!caller) return { status: 401, body: { error: 'token' } };
      const call = ask.method === 'POST' && ask.path === '/publish' ? 'publish' : ask.path.slice(1);
      for (const what of part.ceilings.count(caller, call, clock.now())) breach(`window exceeded: ${what}`);
      const told = part.answer(ask, caller);
      const { tells } = part.flavour;
      if (!tells) return told;
      const { remaining, max, resetsAt } = part.ceilings.left(caller, tells, clock.now());
      const headers = { 'x-left': String(remaining), 'x-max': String(max), 'x-reset': String(resetsAt) };
      return { ...told, headers: { ...told.headers, ...headers } };
    },
  };

  function breach(what: string): void {
    server.breaches.push(`${new Date(clock.now()).toISOString()} ${what}`);
  }

  function partOf(flavour: Flavour) {
    const handles = new Map<string, Handle>();
    const sessions = new Map<string, Handle>();
    const posts = new Map<string, LeanPost[]>();
    const byHandle = new Map<string, LeanPost>();
    const byKey = new Map<string, LeanPost>();

    function answer(ask: Ask, caller: Caller): Told {
      switch (`${ask.method} ${ask.path}`) {
        case 'POST /create':
          return create(JSON.parse(ask.body) as { key: string }, caller);
        case 'PUT /upload':
          return upload(ask.query.get('session_token') ?? '');
        case 'GET /status':
          return status(ask.query.get('handle') ?? '');
        case 'POST /publish':
          return publish(JSON.parse(ask.body) as Publication, caller);
        case 'GET /find':
          return find(ask.query.get('handle') ?? '');
        case 'GET /list':
          return list(ask.query.get('key') ?? '', caller);
        case 'GET /videos':
          return videos.page(caller.accountId, Number(ask.query.get('after') ?? 0));
        case 'GET /video':
          return videos.one(ask.query.get('id') ?? '');
        default:
          return { status: 404, body: { error: 'no such call' } };
      }
    }

    function create({ key }: { key: string }, { accountId }: Caller): Told {
      sequence += 1;
      const id = `${flavour.id}-h${sequence}`;
      const session = `${SECRET}-session-${sequence}-${random.between(1e6, 9e6)}`;
      const endsAt = clock.now() + flavour.handleTtlMs;
      const readyAt = Number.POSITIVE_INFINITY;
      const handle = { key, accountId, session, uploaded: false, readyAt, endsAt };
      handles.set(id, handle);
      sessions.set(session, handle);
      return { status: 200, body: { handle: id, session_token: session } };
    }

    function upload(session: string): Told {
      const handle = sessions.get(session);
      if (!handle || clock.now() > handle.endsAt) return gone;
      handle.uploaded = true;
      handle.readyAt = clock.now() + (random.chance(0.15) ? random.next() * flavour.processingMs : 0);
      return { status: 200, body: {} };
    }

    function status(id: string): Told {
      const handle = handles.get(id);
      if (!handle || clock.now() > handle.endsAt) return gone;
      return { status: 200, body: { ready: clock.now() >= handle.readyAt } };
    }

    function publish({ handle: id, key: told, once }: Publication, caller: Caller): Told {
      const handle = id === undefined ? undefined : handles.get(id);
      if (!flavour.direct && (!handle?.uploaded || clock.now() > handle.endsAt)) return gone;
      const key = handle?.key ?? told ?? '';
      const same = once === undefined ? undefined : byKey.get(once);
      if (same) return { status: 200, body: { id: same.id } };
      sequence += 1;
      const now = clock.now();
      const listedAt = now + random.next() * Math.max(0, flavour.settleMs - MINUTE);
      const post = {
        id: `p${sequence}`,
        key,
        accountId: caller.accountId,
        at: now,
        listedAt,
      };
      const place = `${caller.accountId} ${key}`;
      const all = posts.get(place) ?? [];
      posts.set(place, [...all, post]);
      if (id !== undefined) byHandle.set(id, post);
      if (once !== undefined) byKey.set(once, post);
      server.posts += 1;
      if (all.length > 0) breach(`double post: ${key} on ${flavour.id} ${caller.accountId}`);
      return { status: 200, body: { id: post.id } };
    }

    function find(id: string): Told {
      const handle = handles.get(id);
      const post = byHandle.get(id);
      if (flavour.id === 'facebook' && (!handle || clock.now() > handle.endsAt)) return gone;
      const shown = post !== undefined && post.listedAt <= clock.now();
      return { status: 200, body: shown ? { id: post.id } : {} };
    }

    function list(key: string, caller: Caller): Told {
      if (random.chance(0.1)) return { status: 200, body: { cut: true } };
      const shown = (posts.get(`${caller.accountId} ${key}`) ?? []).find(
        ({ listedAt }) => listedAt <= clock.now(),
      );
      return { status: 200, body: shown ? { id: shown.id } : {} };
    }

    return { flavour, ceilings: new Ceilings(flavour), posts, answer };
  }

  return server;
}

const gone: Told = { status: 410, body: { error: 'this handle has expired' } };
