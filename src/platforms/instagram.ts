import type { Identity } from '../core/account.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later, redo } from '../core/failure.ts';
import { publicAddressOf, publicCopyStep, withFreshCopy } from '../core/host.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Platform, Post, PublishRequest } from '../core/platform.ts';
import { classifyInstagram, hopelessProcessing } from './instagram-errors.ts';
import { guide } from './instagram-guide.ts';
import {
  authorizeInstagram,
  byInstagramLogin,
  instagramLogin,
  instagramLoginOrigins,
  isHosted,
  ownAccount,
} from './instagram-login.ts';
import type { ContainerState } from './instagram-lookups.ts';
import { findPublished, permalink, readContainer, reelsSince } from './instagram-lookups.ts';
import { instagramRules } from './instagram-rules.ts';
import { audienceUntold, graph, graphTime, graphVersion, metaOrigins } from './meta.ts';
import type { ListedPage } from './meta-login.ts';
import { facebookLogin, listPages, pageObstacle, reachedBy } from './meta-login.ts';
import { INDEXED_AFTER_MS, type Published, publishingLimit } from './meta-published.ts';
import { sendBytes } from './meta-rupload.ts';
import { fitCaption } from './meta-text.ts';
import { usageReadings } from './meta-usage.ts';

/** A container lives 24 h: …/reference/ig-container. An hour is kept for what is still to do with it. */
const CONTAINER_LIFE_MS = 23 * HOUR;

/** Processing takes minutes; containers that stood still for ever have been reported. */
const STUCK_AFTER_MS = 90 * MINUTE;

/** For days in May 2026 containers could not be read and could be published: then publishing itself tells. */
const UNREADABLE_FOR_MS = 5 * MINUTE;

/**
 * Instagram Reels by way of the linked Facebook Page: the one way on which Instagram takes a local file. The
 * other way, Instagram Login, has the same edges and fetches the file from the user's media host.
 */
export const instagram: Platform = {
  id: 'instagram',
  name: 'Instagram',
  guide,
  origins: [...metaOrigins, ...instagramLoginOrigins],
  signIn: facebookLogin(
    [
      'instagram_basic',
      'instagram_content_publish',
      'pages_show_list',
      'pages_read_engagement',
      // For Pages that belong to a business portfolio.
      'business_management',
    ],
    ['instagram_basic', 'instagram_content_publish', 'pages_show_list', 'pages_read_engagement'],
  ),
  otherSignIns: { [byInstagramLogin]: instagramLogin },
  ...instagramRules,
  needsHost: isHosted,
  publishCall: 'media_publish',
  // 2200 characters, 30 hashtags, 20 @: …/reference/ig-user/media. Since 2025-12-18 posts are limited to 5
  // hashtags: https://www.socialmediatoday.com/news/instagram-implements-new-limits-on-hashtag-use/808309/
  fit: (input) => fitCaption(input, { units: 2200, hashtags: 30, usualHashtags: 5, mentions: 20 }),
  settleMs: INDEXED_AFTER_MS,
  publish,
  audienceUntold,
  identities: async ({ http, grant }) =>
    (await ownAccount(http, grant)) ??
    (await listPages(http, 'id,name,access_token,tasks,instagram_business_account{id,username,name}')).map(
      identityOf,
    ),
  authorize: authorizeInstagram,
  classify: classifyInstagram,
  readings: (response, _request, clock) => usageReadings(response, clock.now()),
  readLimits: publishingLimit((account) => `${graph}/${account.remoteId}/content_publishing_limit`),
  recent: async ({ http, account, since }) =>
    (await reelsSince(http, account.remoteId, since)).items.map((reel) => ({
      id: String(reel.id),
      url: reel.permalink ?? null,
      text: reel.caption ?? '',
      publishedAt: graphTime(reel.timestamp) ?? since,
    })),
};

/** An account that can be posted to, or the Page by which none can, with the reason. */
function identityOf(page: ListedPage): Identity {
  const account = page.instagram_business_account;
  if (!account)
    return {
      remoteId: page.id,
      handle: page.name ?? page.id,
      name: page.name ?? page.id,
      ineligible: `The Page ${page.name ?? page.id} has no Instagram professional account linked to it.`,
    };
  const obstacle = pageObstacle(page);
  const username = account.username ?? account.id;
  return {
    remoteId: account.id,
    handle: `@${username}`,
    name: account.name || username,
    url: `https://www.instagram.com/${username}/`,
    ...reachedBy(page),
    ...(obstacle ? { ineligible: obstacle } : {}),
  };
}

// ---------------------------------------------------------------- publishing

interface Container {
  id: string;
  uri: string;
}

async function publish(request: PublishRequest): Promise<Post> {
  const { run, http, clock, account } = request;
  // Whoever holds the address can send bytes to it: sealed.
  const container = await run.step('create container', () => createContainer(request), { sealed: true });
  const createdAt = run.doneAt('create container') ?? clock.now();

  if (!isHosted(account)) await run.step('upload', () => upload(request, container, createdAt));
  const uploadedAt = run.doneAt('upload') ?? createdAt;
  await run.step('container ready', () => checkReady(request, container.id, createdAt, uploadedAt));

  let sentBefore = false;
  const reel = await run.commit<Published>('publish', {
    act: async () => {
      // Nothing was ever sent for this container: a new one is safe. After a sending it never is.
      if (!sentBefore) await checkAlive(request, container.id, createdAt);
      return { id: await publishContainer(request, container.id) };
    },
    inDoubt: async (sentAt) => {
      sentBefore = true;
      return findPublished(request, container.id, sentAt);
    },
  });

  return {
    id: reel.id ?? container.id,
    url: reel.id === null ? null : await permalink(http, reel.id),
    ...(reel.warning ? { warnings: [reel.warning] } : {}),
  };
}

async function createContainer(request: PublishRequest): Promise<Container> {
  const { http, account, video, media, text, options } = request;
  const file = isHosted(account)
    ? { video_url: await publicAddressOf(request, 'Instagram by Instagram Login') }
    : { upload_type: 'resumable' };
  const thumb = Math.max(0, Math.min(Number(options['thumbOffsetMs']) || 0, media.durationMs - 1));
  const strategy = { manual: 'MANUAL', performance: 'SS_PERFORMANCE' }[String(options['trial'])];
  const creation: HttpRequest = {
    url: `${graph}/${account.remoteId}/media`,
    form: {
      media_type: 'REELS',
      ...file,
      caption: text.body || undefined,
      share_to_feed: String(options['shareToFeed'] !== false),
      thumb_offset: thumb > 0 ? String(Math.floor(thumb)) : undefined,
      trial_params: strategy ? JSON.stringify({ graduation_strategy: strategy }) : undefined,
      is_ai_generated: video.aiGenerated ? 'true' : undefined,
    },
    call: 'media',
  };
  const response = await http.send(creation).catch((error: unknown) => {
    throw withFreshCopy(error);
  });
  const { id, uri } = response.json<{ id?: string | number; uri?: string }>();
  if (id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Instagram made a container without an id.' });
  // The address as given: one built by hand left containers waiting for ever. It is built only where none came.
  return { id: String(id), uri: uri ?? `https://rupload.facebook.com/ig-api-upload/${graphVersion}/${id}` };
}

async function upload(request: PublishRequest, container: Container, createdAt: number): Promise<void> {
  const { http, media, clock, progress, signal } = request;
  if (clock.now() - createdAt > CONTAINER_LIFE_MS)
    throw redo('create container', 'The container is too old.');
  await sendBytes({
    http,
    url: container.uri,
    media,
    held: async () => {
      const state = await readContainer(request, container.id);
      if (state?.status_code === 'ERROR' || state?.status_code === 'EXPIRED') throw dead(request, state);
      if (state?.status_code === 'FINISHED' || state?.status_code === 'PUBLISHED') return media.bytes;
      return state?.video_status?.uploading_phase?.bytes_transferred ?? 0;
    },
    progress,
    ...(signal ? { signal } : {}),
  });
}

/** Returns where the container may be published; throws `later` while Instagram is at it. */
async function checkReady(
  request: PublishRequest,
  id: string,
  createdAt: number,
  uploadedAt: number,
): Promise<null> {
  const now = request.clock.now();
  const state = await readContainer(request, id);
  switch (state?.status_code) {
    case 'FINISHED':
    case 'PUBLISHED':
      return null;
    case 'ERROR':
    case 'EXPIRED':
      throw dead(request, state);
  }
  const waited = now - uploadedAt;
  if (!state && waited > UNREADABLE_FOR_MS) return null;
  if (waited > STUCK_AFTER_MS || now - createdAt > CONTAINER_LIFE_MS)
    throw redo('create container', 'Instagram’s processing stands still; a new upload is made.');
  // One question a minute is what Meta recommends; most reels are ready within the first.
  const pace = waited < MINUTE ? 10 * SECOND : waited < 10 * MINUTE ? MINUTE : 5 * MINUTE;
  throw later(now + pace, 'Instagram is still processing the video.');
}

async function publishContainer({ http, account }: PublishRequest, containerId: string): Promise<string> {
  const response = await http.send({
    url: `${graph}/${account.remoteId}/media_publish`,
    form: { creation_id: containerId },
    call: 'media_publish',
    effect: true,
  });
  const { id } = response.json<{ id?: string | number }>();
  if (id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Instagram published without naming the post.' });
  return String(id);
}

/** Long after it got ready (a quota, a person's answer) the container may be dead: then a new one is made. */
async function checkAlive(request: PublishRequest, id: string, createdAt: number): Promise<void> {
  const { run, clock } = request;
  const now = clock.now();
  const fresh = now - (run.doneAt('container ready') ?? createdAt) < MINUTE;
  const state = fresh ? undefined : (await readContainer(request, id))?.status_code;
  if (now - createdAt > CONTAINER_LIFE_MS || state === 'ERROR' || state === 'EXPIRED')
    throw new Failure('E_HANDLE_EXPIRED', {
      kind: 'redo',
      step: 'create container',
      message: 'The container became unusable before it could be published; a new one is made.',
      certain: true,
    });
}

/** A container that can't be published any more and, before any sending, is simply made anew. */
function dead({ account }: PublishRequest, { status_code, status = '' }: ContainerState): Failure {
  if (status_code === 'EXPIRED') return redo('create container', 'Instagram’s container expired.');
  const number = /\b2207\d{3}\b/u.exec(status)?.[0];
  const hopeless = number === undefined ? undefined : hopelessProcessing[number];
  if (hopeless !== undefined)
    return new Failure('E_MEDIA_REFUSED', {
      message: `Instagram refused the video: ${hopeless} (${number}).`,
    });
  const message = `Instagram could not process the video (${number ?? 'no reason given'}).`;
  // Where it was fetched, the public copy's address may be what went wrong: that is made anew too.
  return redo(isHosted(account) ? publicCopyStep : 'create container', message);
}
