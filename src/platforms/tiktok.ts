import type { Grant, Identity } from '../core/account.ts';
import { MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Limit } from '../core/limit.ts';
import { numbersOf } from '../core/numbers.ts';
import type { Service } from '../core/platform.ts';
import type { Source, SourceContext } from '../core/source.ts';
import type { SourceItem } from '../core/video.ts';
import { API, ask, classify, codeOf, windowEnd } from './tiktok-answers.ts';
import { guide } from './tiktok-guide.ts';
import { postingSignIn, signIn } from './tiktok-sign-in.ts';

/** TikTok as a source: who the account is, and what it posts. No API that an own app may use gives the file. */
export const tiktokService: Service = {
  id: 'tiktok',
  name: 'TikTok',
  guide,
  origins: ['https://open.tiktokapis.com', 'https://www.tiktok.com'],
  signIn,
  otherSignIns: { posting: postingSignIn },
  limits: [
    callLimit('user.info', 'profile look-ups in a minute'),
    callLimit('video.list', 'video listings in a minute'),
    callLimit('video.query', 'video look-ups in a minute'),
  ],
  costs: {
    'user.info': { 'user.info': 1 },
    'video.list': { 'video.list': 1 },
    'video.query': { 'video.query': 1 },
  },
  identities,
  // Errors were seen to come with HTTP 200, from the sign-in at least: only the body is believed.
  failsWith200: true,
  classify,
  readings: (response, request, clock) =>
    request.call !== undefined && codeOf(response) === 'rate_limit_exceeded'
      ? [{ bucket: request.call, blockedUntil: windowEnd(response, clock) }]
      : [],
};

/** Counted for each endpoint by itself. Nobody says whether for each app or each account: the app is safe. */
function callLimit(bucket: string, title: string): Limit {
  return {
    bucket,
    title,
    scope: 'app',
    max: 600,
    window: { kind: 'trailing', ms: MINUTE },
    source: 'https://developers.tiktok.com/docs/en/tiktok-api-v2-rate-limit',
  };
}

/** Only fields of granted rights are asked for: one field too many and the whole answer is an error. */
async function identities({ http, grant }: { http: Http; grant: Grant }): Promise<Identity[]> {
  const withName = grant.scopes.includes('user.info.profile');
  const { user } = await ask<{ user?: TiktokUser }>(http, 'user.info', {
    url: `${API}/user/info/`,
    query: { fields: `open_id,display_name${withName ? ',username' : ''}` },
  });
  if (typeof user?.open_id !== 'string' || user.open_id === '')
    throw new Failure('E_BAD_ANSWER', { message: 'TikTok did not say whose sign-in this is.' });
  const name = user.display_name || user.username || user.open_id;
  const handle = user.username ? `@${user.username}` : name;
  const url = user.username ? { url: `https://www.tiktok.com/@${user.username}` } : {};
  return [{ remoteId: user.open_id, handle, name, ...url, ...(canPost(grant) ? forPosting : {}) }];
}

function canPost({ scopes }: Grant): boolean {
  return scopes.includes('video.publish') || scopes.includes('video.upload');
}

/** Renewed in the same way; and nobody learns of the audit by finding posts that nobody else sees. */
const forPosting: Partial<Identity> = {
  settings: { signIn: 'posting' },
  warnings: [
    'Unless TikTok has audited your developer app, it posts to private accounts only, and only you see the posts; drafts (--option tiktok.mode=draft) are free of this: https://developers.tiktok.com/doc/content-sharing-guidelines/',
  ],
};

interface TiktokUser {
  /** Of this person towards this app. Opaque: it may begin with `-`. */
  open_id?: unknown;
  display_name?: string;
  username?: string;
}

// ---------------------------------------------------------------- source

/** https://developers.tiktok.com/doc/tiktok-api-v2-video-list/ */
const PAGE_SIZE = 20;

/** Looked at whatever `since` says: a post that is made public late stands below newer ones. */
const LEAST_PAGES = 3;

/** Bounds one poll to 5,000 videos, and what a cursor that never ends can cost. */
const MOST_PAGES = 250;

/** No cover: its address is signed and dies after six hours. */
const fields =
  'id,create_time,share_url,title,video_description,duration,width,height,is_aigc,view_count,like_count,comment_count,share_count';

/** https://developers.tiktok.com/docs/en/tiktok-api-v2-video-object; every field may be missing. */
interface TiktokVideo {
  id?: string | number;
  /** Unix seconds; the cursor counts in ms. */
  create_time?: number;
  share_url?: string;
  title?: string;
  video_description?: string;
  duration?: number;
  width?: number;
  height?: number;
  is_aigc?: boolean;
  view_count?: number;
  like_count?: number;
  comment_count?: number;
  share_count?: number;
}

export const tiktokSource: Source = { id: 'tiktok', listing: 'video.list', poll, stillPublic };

/**
 * Page by page from the newest on. An empty page is no end: TikTok takes posts out of a page after cutting it. The
 * end is where TikTok says so, where a page reaches back past `since` and holds nothing unknown, or where the cursor
 * stands still. It is also where what was read ends in something known and listings are scarce, or their limit is full:
 * the pages below can only hold what was made public late, which a later poll finds, and to fail for them would lose
 * what is new, again and again.
 */
async function poll(context: SourceContext): Promise<SourceItem[]> {
  const items = new Map<string, SourceItem>();
  let cursor: number | undefined;
  let joins = false;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await list(context, cursor).catch((error: unknown) => {
      if (!joins || asFailure(error).code !== 'E_QUOTA') throw error;
      return undefined;
    });
    if (!answer) break;
    const found = answer.videos.map((video) => itemOf(video, context)).filter((item) => item !== undefined);
    for (const item of found) items.set(item.remoteId, item);
    const last = found.at(-1);
    joins ||= last !== undefined && context.known(last.remoteId);
    const next = nextCursor(answer, found, cursor);
    if (next === undefined) break;
    cursor = next;
    if (joins && (await context.shallow?.())) break;
    const news = found.some((item) => !context.known(item.remoteId));
    if (page >= LEAST_PAGES && !news && next < context.since) break;
  }
  return [...items.values()].sort((one, other) => other.publishedAt - one.publishedAt);
}

interface Listed {
  videos: TiktokVideo[];
  cursor?: number;
  has_more?: boolean;
}

async function list({ http, signal }: SourceContext, cursor: number | undefined): Promise<Listed> {
  const data = await ask<Partial<Listed>>(http, 'video.list', {
    url: `${API}/video/list/`,
    query: { fields },
    json: { max_count: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) },
    signal,
  });
  return { ...data, videos: videosOf(data) };
}

/**
 * The instant (ms) before which the next page begins; undefined at the end. One ms is added, for posts of the very
 * same instant as the last one: they would fall between two pages. Ids that come twice are no harm.
 */
function nextCursor(
  answer: Listed,
  found: readonly SourceItem[],
  before: number | undefined,
): number | undefined {
  if (answer.has_more !== true) return undefined;
  const told = Number(answer.cursor ?? found.at(-1)?.publishedAt ?? 0);
  if (!Number.isSafeInteger(told) || told <= 0) return undefined;
  if (before === undefined || told + 1 < before) return told + 1;
  // It stands still: a page full of one instant is stepped over, once.
  return told < before ? told : undefined;
}

async function stillPublic(
  { http, signal }: SourceContext,
  remoteId: string,
): Promise<'public' | 'gone' | 'unknown'> {
  // An imported video that the list has not shown yet: nobody knows its id.
  if (!/^\d+$/u.test(remoteId)) return 'unknown';
  const data = await ask<{ videos?: TiktokVideo[] }>(http, 'video.query', {
    url: `${API}/video/query/`,
    query: { fields: 'id' },
    json: { filters: { video_ids: [remoteId] } },
    signal,
  });
  // What is deleted, private or somebody else's is left out without a word.
  return videosOf(data).some(({ id }) => String(id) === remoteId) ? 'public' : 'gone';
}

function videosOf(data: { videos?: unknown }): TiktokVideo[] {
  if (Array.isArray(data.videos)) return data.videos;
  throw new Failure('E_BAD_ANSWER', { message: 'TikTok answered without a list of videos.' });
}

/** Undefined for what has no id: nothing could be kept about it. */
function itemOf(video: TiktokVideo, { account }: SourceContext): SourceItem | undefined {
  const remoteId = String(video.id ?? '');
  if (!/^\d+$/u.test(remoteId)) return undefined;
  const { duration = 0 } = video;
  const url = pageOf(video.share_url);
  const photo = duration === 0 || /\/photo\//u.test(url ?? '');
  const [description, title] = [video.video_description ?? '', video.title ?? ''];
  const caption = title.length > description.length ? title : description;
  const name = account?.handle.startsWith('@') ? account.handle : '@_';
  return {
    remoteId,
    url: url ?? `https://www.tiktok.com/${name}/${photo ? 'photo' : 'video'}/${remoteId}`,
    caption,
    // Without a date it counts as old, so that a lack of facts never posts anything.
    publishedAt: (video.create_time ?? 0) * SECOND,
    kind: photo ? 'photo' : 'video',
    ...(duration > 0 ? { durationSeconds: duration } : {}),
    ...(video.width ? { width: video.width } : {}),
    ...(video.height ? { height: video.height } : {}),
    ...(video.is_aigc === undefined ? {} : { aiGenerated: video.is_aigc }),
    // Both texts are documented to end after 150 characters; the whole caption comes with the file.
    facts: isLong(caption) ? { captionCut: true } : {},
    told: numbersOf({
      views: video.view_count,
      likes: video.like_count,
      comments: video.comment_count,
      shares: video.share_count,
    }),
  };
}

/** 150 characters or more; some are two units long. */
function isLong(text: string): boolean {
  return text.length >= 150 && text.length - (text.match(pairs)?.length ?? 0) >= 150;
}

const pairs = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;

const usualPage = /^(https:\/\/www\.tiktok\.com\/@[\w.]+\/(?:video|photo)\/\d+)(?:[?#]|$)/u;

/** The post's page without the app's key in the query; undefined for anything but a page of TikTok's. */
function pageOf(shareUrl: string | undefined): string | undefined {
  // Nearly all look like this; to take an address apart costs more than all else about an item.
  const plain = usualPage.exec(shareUrl ?? '')?.[1];
  if (plain !== undefined) return plain;
  if (shareUrl === undefined || !URL.canParse(shareUrl)) return undefined;
  const { protocol, host, origin, pathname } = new URL(shareUrl);
  return protocol === 'https:' && /(^|\.)tiktok\.com$/u.test(host) ? origin + pathname : undefined;
}
