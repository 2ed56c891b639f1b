import type { Identity } from '../core/account.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later, redo } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Platform, Post, PublishRequest } from '../core/platform.ts';
import { setCover } from './cover.ts';
import { classifyFacebook } from './facebook-errors.ts';
import { guide } from './facebook-guide.ts';
import {
  addressOf,
  bytesHeld,
  confirmPublished,
  findPublished,
  isDone,
  readReel,
  reelsSince,
  reelTime,
  refusalOf,
} from './facebook-lookups.ts';
import { facebookRules } from './facebook-rules.ts';
import { audienceUntold, authorizeMeta, graph, graphVersion, metaOrigins } from './meta.ts';
import type { ListedPage } from './meta-login.ts';
import { facebookLogin, listPages, pageObstacle, reachedBy } from './meta-login.ts';
import { sendBytes } from './meta-rupload.ts';
import { fitCaption } from './meta-text.ts';
import { usageReadings } from './meta-usage.ts';

/** How long an unfinished upload lives is not documented; past this it counts as lost. */
const UPLOAD_LIFE_MS = 23 * HOUR;

/** After this long without a readable status, finish itself tells whether the file is there. */
const UNREADABLE_FOR_MS = 5 * MINUTE;

/** Reels on Facebook Pages: profiles and groups have no API. */
export const facebook: Platform = {
  id: 'facebook',
  name: 'Facebook',
  guide,
  origins: metaOrigins,
  signIn: facebookLogin(
    // The last is for Pages that belong to a business portfolio.
    ['pages_show_list', 'pages_read_engagement', 'pages_manage_posts', 'business_management'],
    ['pages_show_list', 'pages_read_engagement', 'pages_manage_posts'],
  ),
  ...facebookRules,
  publishCall: 'video_reels.finish',
  // No limit is documented for a reel's text; 63,206 is that of a feed post.
  fit: (input) => fitCaption(input, { units: 63_206, hashtags: 30, usualHashtags: 30, mentions: 20 }),
  settleMs: 5 * MINUTE,
  publish,
  audienceUntold,
  identities: async ({ http }) =>
    (await listPages(http, 'id,name,username,access_token,tasks')).map(identityOf),
  authorize: authorizeMeta,
  classify: classifyFacebook,
  readings: (response, _request, clock) => usageReadings(response, clock.now()),
  recent: async ({ http, account, since }) =>
    (await reelsSince(http, account.remoteId, since)).items
      .filter(({ published }) => published !== false)
      .map((reel) => ({
        id: String(reel.id),
        url: addressOf(reel),
        text: reel.description ?? '',
        publishedAt: reelTime(reel) ?? since,
      })),
};

function identityOf(page: ListedPage): Identity {
  const obstacle = pageObstacle(page);
  return {
    remoteId: page.id,
    handle: page.username ? `@${page.username}` : page.id,
    name: page.name ?? page.id,
    url: `https://www.facebook.com/${page.username ?? page.id}`,
    ...reachedBy(page),
    ...(obstacle ? { ineligible: obstacle } : {}),
  };
}

// ---------------------------------------------------------------- publishing

interface Started {
  id: string;
  url: string;
}

async function publish(request: PublishRequest): Promise<Post> {
  const { run, http, clock } = request;
  // Whoever holds the address can send bytes to it: sealed.
  const reel = await run.step('start', () => start(request), { sealed: true });
  const startedAt = run.doneAt('start') ?? clock.now();

  await run.step('upload', () => upload(request, reel, startedAt));
  const uploadedAt = run.doneAt('upload') ?? clock.now();
  await run.step('file received', () => checkReceived(http, reel.id, startedAt, uploadedAt));

  let sentBefore = false;
  await run.commit<{ taken: true }>('publish', {
    act: async () => {
      // Nothing was ever sent for this video: a new one is safe. After a sending it never is.
      if (!sentBefore) await checkAlive(request, reel.id, startedAt);
      return finish(request, reel.id).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'E_HANDLE_EXPIRED' && !sentBefore)
          throw startOver(error.message);
        throw error;
      });
    },
    inDoubt: async (sentAt) => {
      sentBefore = true;
      return findPublished(request, reel.id, sentAt);
    },
  });
  const sentAt = run.doneAt('publish') ?? clock.now();
  const url = await run.step('appeared', () => confirmPublished(http, reel.id, sentAt));
  const warnings = await setCover(request, (picture) => sendCover(http, reel.id, picture));
  return { id: reel.id, url, ...(warnings.length > 0 ? { warnings } : {}) };
}

/** https://developers.facebook.com/docs/graph-api/reference/video/thumbnails/ */
function sendCover(http: Http, videoId: string, picture: Uint8Array) {
  return http.send({
    url: `${graph}/${videoId}/thumbnails`,
    multipart: [
      { name: 'is_preferred', value: 'true' },
      { name: 'source', value: picture, filename: 'cover.jpg', contentType: 'image/jpeg' },
    ],
    call: 'thumbnails',
  });
}

async function start({ http, account }: PublishRequest): Promise<Started> {
  const response = await http.send({
    url: `${graph}/${account.remoteId}/video_reels`,
    form: { upload_phase: 'start' },
    call: 'video_reels.start',
  });
  const { video_id: id, upload_url: url } = response.json<{
    video_id?: string | number;
    upload_url?: string;
  }>();
  if (id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Facebook started an upload without a video id.' });
  return { id: String(id), url: url ?? `https://rupload.facebook.com/video-upload/${graphVersion}/${id}` };
}

async function upload(request: PublishRequest, reel: Started, startedAt: number): Promise<void> {
  const { http, media, clock, progress, signal } = request;
  if (clock.now() - startedAt > UPLOAD_LIFE_MS) throw redo('start', 'The upload is too old.');
  await sendBytes({
    http,
    url: reel.url,
    media,
    held: async () => {
      const state = await readReel(http, reel.id);
      refuseDead(state);
      return isDone(state?.status?.uploading_phase) ? media.bytes : bytesHeld(state);
    },
    progress,
    ...(signal ? { signal } : {}),
  });
}

/** Returns where Facebook has the whole file: a finish before that is refused as a broken file. */
async function checkReceived(http: Http, id: string, startedAt: number, uploadedAt: number): Promise<null> {
  const now = http.clock.now();
  const state = await readReel(http, id);
  refuseDead(state);
  const past = ['upload_complete', 'processing', 'ready'].includes(state?.status?.video_status ?? '');
  if (past || isDone(state?.status?.uploading_phase)) return null;
  if (!state && now - uploadedAt > UNREADABLE_FOR_MS) return null;
  if (now - startedAt > UPLOAD_LIFE_MS) throw redo('start', 'Facebook never got the whole file.');
  throw later(now + 5 * SECOND, 'Facebook is still taking the file in.');
}

/** A video that failed before finish was ever sent: what its file caused stays, the rest is made anew. */
function refuseDead(state: Awaited<ReturnType<typeof readReel>>): void {
  if (state?.status?.video_status === 'expired') throw redo('start', 'Facebook’s upload expired.');
  const refusal = state && refusalOf(state);
  if (!refusal) return;
  if (state.status?.video_status === 'upload_failed') throw redo('start', refusal.message);
  throw refusal;
}

/**
 * Sends the one request that lets the reel out. Its answer is a receipt, no more. One that can't be read leaves
 * it open whether Facebook took it: then the video's status tells.
 */
async function finish(
  { http, account, video, text }: PublishRequest,
  videoId: string,
): Promise<{ taken: true }> {
  const response = await http.send({
    url: `${graph}/${account.remoteId}/video_reels`,
    form: {
      upload_phase: 'finish',
      video_id: videoId,
      video_state: 'PUBLISHED',
      description: text.body || undefined,
      is_ai_generated: video.aiGenerated ? 'true' : undefined,
    },
    call: 'video_reels.finish',
    effect: true,
  });
  const answer = response.json<{ success?: boolean } | boolean>();
  if (answer === false || (typeof answer === 'object' && answer.success === false))
    throw new Failure('E_BAD_ANSWER', {
      message: 'Facebook answered finish neither with a yes nor with a reason.',
    });
  return { taken: true };
}

/** Long after the file was received (a quota, a person's answer) the video may be dead: then a new one is made. */
async function checkAlive(
  { run, http, clock }: PublishRequest,
  id: string,
  startedAt: number,
): Promise<void> {
  if (clock.now() - startedAt > UPLOAD_LIFE_MS) throw startOver('The upload became too old.');
  if (clock.now() - (run.doneAt('file received') ?? startedAt) < MINUTE) return;
  const state = await readReel(http, id);
  const refusal = state && refusalOf(state);
  if (refusal) throw startOver(refusal.message);
  if (state?.status?.video_status === 'expired') throw startOver('Facebook’s upload expired.');
}

function startOver(message: string): Failure {
  return new Failure('E_HANDLE_EXPIRED', { kind: 'redo', step: 'start', message, certain: true });
}
