import type { Identity } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import { asFailure, Failure, later, redo } from '../core/failure.ts';
import type { LookUp, Platform, Post, PublishRequest } from '../core/platform.ts';
import { setCover } from './cover.ts';
import type { Aftermath, Sent } from './youtube-aftermath.ts';
import { checkUpload, sentOf } from './youtube-aftermath.ts';
import { classifyAnswer, readingsOf } from './youtube-errors.ts';
import { guide } from './youtube-guide.ts';
import { insertOf, markerOf } from './youtube-insert.ts';
import { findUpload, ownChannel, recentUploads, videoNumbers, watchUrl } from './youtube-lookups.ts';
import { youtubeRules } from './youtube-rules.ts';
import { endOf, signIn, warningsOf } from './youtube-sign-in.ts';
import { fitText } from './youtube-text.ts';
import type { Session, SessionState, Upload } from './youtube-upload.ts';
import {
  CHUNK_BYTES,
  finishUpload,
  OPEN_SESSION,
  openSession,
  querySession,
  sendAllButEnd,
  sessionGone,
} from './youtube-upload.ts';

/** New uploads show in the channel's list practically at once; delays of minutes have been seen. */
const LISTED_AFTER_MS = 15 * MINUTE;

/** Longer videos need a verified channel: https://support.google.com/youtube/answer/71673 */
const UNVERIFIED_MAX_MS = 15 * MINUTE;

/** Square or upright and this short makes a Short; nothing in the API says so: https://support.google.com/youtube/answer/15424877 */
const SHORT_MAX_MS = 3 * MINUTE;

/** YouTube by the Data API v3: Shorts and ordinary videos. */
export const youtube: Platform = {
  id: 'youtube',
  name: 'YouTube',
  guide,
  origins: [
    'https://accounts.google.com',
    'https://oauth2.googleapis.com',
    'https://www.googleapis.com',
    'https://youtube.googleapis.com',
  ],
  signIn,
  ...youtubeRules,
  // A look at the video after the upload, and one at its processing.
  costsOfPost: () => ({ ...youtubeRules.costs['videos.insert'], units: 2 }),
  fit: fitText,
  settleMs: LISTED_AFTER_MS,
  publish,
  identities,
  classify: classifyAnswer,
  readings: readingsOf,
  recent: ({ http, account, since }) => recentUploads(http, account, since),
  numbers: videoNumbers,
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const { run, http, media, clock, progress, signal } = request;
  const upload: Upload = { http, media, progress, ...(signal ? { signal } : {}) };
  if (media.durationMs > UNVERIFIED_MAX_MS)
    await run.step('check that long videos are allowed', () => checkLength(request));

  // True once this run has heard from the session: it needn't be asked how far it is.
  let alive = false;
  const open = async () => {
    const session = await openSession(upload, insertOf(request));
    alive = true;
    return session;
  };
  const session = await run.step(OPEN_SESSION, open, { sealed: true });
  const sameFile = session.sha256 === media.sha256;
  let kept = 0;
  if (session.bytes > CHUNK_BYTES)
    kept = await run.step('upload all but the end', async () => {
      if (!sameFile) throw redo(OPEN_SESSION, 'The file was made anew; its upload starts again.');
      const start = alive ? 0 : await keptBytes(upload, session);
      const bytes = bytesIn(await sendAllButEnd(upload, session, start), session);
      alive = true;
      return bytes;
    });

  // What an earlier sending left: its session, to be gone on with, or nothing that can be used.
  let doubt: 'none' | 'session lives' | 'session gone' = 'none';
  const sent = await run.commit<Sent>('publish', {
    act: async () => {
      if (doubt === 'session gone') return sendEnd(upload, await open(), 0);
      if (doubt === 'session lives') return withoutRedo(sendEnd(upload, session, kept));
      if (!sameFile) throw sessionGone();
      return sendEnd(upload, session, alive ? kept : await keptBytes(upload, session));
    },
    inDoubt: async (sentAt) => {
      const state = await unlessRefused(querySession(upload, session));
      if (state.kind === 'finished') return { found: sentOf(state.video) };
      doubt = state.kind === 'stored' && sameFile ? 'session lives' : 'session gone';
      if (state.kind === 'stored') kept = state.bytes;
      return doubt === 'session lives' ? 'absent' : findSent(request, session, sentAt);
    },
    // A session makes one video, however often its end is sent. Where waiting is needed, findSent does it.
    settleMs: 0,
  });

  const sentAt = run.doneAt('publish') ?? clock.now();
  const after = await run.step('see what became of it', () => checkUpload(request, sent, sentAt));
  const cover = await setCover(request, (picture) => sendCover(request, after.id, picture));
  return postOf(request, sent, { ...after, warnings: [...after.warnings, ...cover] });
}

/** https://developers.google.com/youtube/v3/docs/thumbnails/set */
function sendCover({ http }: PublishRequest, videoId: string, picture: Uint8Array) {
  return http.send({
    url: 'https://www.googleapis.com/upload/youtube/v3/thumbnails/set',
    query: { videoId },
    headers: { 'content-type': 'image/jpeg' },
    body: picture,
    call: 'thumbnails.set',
  });
}

/** Sends the bytes from `start` on; the video is out with the last one. */
async function sendEnd(upload: Upload, session: Session, start: number): Promise<Sent> {
  const state = await finishUpload(upload, session, start);
  if (state.kind === 'finished') return sentOf(state.video);
  // It lived a moment ago: only the channel's list can tell whether it ended before or after the last byte.
  throw new Failure('E_HANDLE_EXPIRED', {
    message: 'YouTube’s upload session ended while the last bytes were sent.',
  });
}

/**
 * After something was sent the journal is never undone: a session that refuses for good is found to be gone by
 * the next look-up, and the whole upload then starts anew within the same commit.
 */
async function withoutRedo<T>(sending: Promise<T>): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    const { kind, code, message, notBefore } = asFailure(error);
    if (kind !== 'redo') throw error;
    throw new Failure(code, { kind: 'retry', message, ...(notBefore === undefined ? {} : { notBefore }) });
  }
}

async function keptBytes(upload: Upload, session: Session): Promise<number> {
  return bytesIn(await querySession(upload, session), session);
}

/** Throws `redo` where the session is gone: asked before its end was sent, so that nothing can have come of it. */
function bytesIn(state: SessionState, session: Session): number {
  if (state.kind === 'gone') throw sessionGone();
  return state.kind === 'finished' ? session.bytes : state.bytes;
}

async function checkLength({ http }: PublishRequest): Promise<null> {
  const channel = await ownChannel(http);
  const allowed = channel?.status?.longUploadsStatus;
  // Only a plain no counts: new words may come.
  if (allowed !== 'eligible' && allowed !== 'disallowed') return null;
  throw new Failure('E_MEDIA_UNFIT', {
    message: 'The video is longer than 15 minutes and this channel may not upload such videos yet.',
    hint: 'Verify the channel’s phone number at https://www.youtube.com/verify, then retry.',
    command: 'repost jobs retry ID',
  });
}

function postOf(request: PublishRequest, sent: Sent, after: Aftermath): Post {
  const { account, media } = request;
  const wanted = insertOf(request).metadata.status.privacyStatus;
  const warnings = [...after.warnings];
  if (after.privacy === 'private' && wanted !== 'private')
    warnings.push(
      'YouTube locked the video to private, as it does for Google projects that have not passed its API audit. ' +
        'Ask for the audit at https://support.google.com/youtube/contact/yt_api_form; until then set it to public by hand, where YouTube Studio allows it.',
    );
  if (sent.channelId !== null && sent.channelId !== account.remoteId)
    warnings.push(
      `The video went to another channel (${sent.channelId}): sign in again and pick the right one.`,
    );
  const told = after.privacy === null || wanted === 'private' ? undefined : after.privacy;
  const isShort = media.durationMs <= SHORT_MAX_MS && media.width <= media.height;
  const id = encodeURIComponent(after.id);
  return {
    id: after.id,
    url: isShort ? `https://www.youtube.com/shorts/${id}` : watchUrl(after.id),
    ...(told === undefined ? {} : { audience: told === wanted ? 'as wished' : 'hidden' }),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

// ---------------------------------------------------------------- look-ups

/**
 * Did the last bytes, sent at `sentAt` in a session that is gone, make a video? The channel's list knows, once it
 * has had time to show it.
 */
async function findSent(request: PublishRequest, session: Session, sentAt: number): Promise<LookUp<Sent>> {
  const { http, account, video, run, clock } = request;
  const answer = await findUpload(http, account, clock, {
    marker: markerOf(account.remoteId, video),
    title: insertOf(request).metadata.snippet.title,
    bytes: session.bytes,
    since: Math.min(run.doneAt(OPEN_SESSION) ?? sentAt, sentAt),
  });
  if (typeof answer === 'object') return { found: sentOf(answer.found) };
  const listedAt = sentAt + LISTED_AFTER_MS;
  if (clock.now() < listedAt)
    throw later(
      Math.min(clock.now() + MINUTE, listedAt),
      'The upload was sent and its answer was lost; looking whether the video appears on the channel.',
    );
  return answer;
}

/** A session that repeats a refusal is as good as gone. */
async function unlessRefused(asked: Promise<SessionState>): Promise<SessionState> {
  try {
    return await asked;
  } catch (error) {
    const failure = asFailure(error);
    if (failure.certain && (failure.kind === 'redo' || failure.kind === 'reject')) return { kind: 'gone' };
    throw failure;
  }
}

/** The one channel that this sign-in is bound to. */
async function identities({ http, grant, app }: Parameters<Platform['identities']>[0]): Promise<Identity[]> {
  const channel = await ownChannel(http);
  if (!channel)
    throw new Failure('E_NO_CHANNEL', {
      message: 'This Google account has no YouTube channel.',
      hint: 'Create one at https://www.youtube.com/create_channel, then run login again.',
    });
  const { id, snippet, contentDetails, status } = channel;
  const name = snippet?.title || id;
  const handle = snippet?.customUrl || name;
  const audit =
    app?.settings['audited'] === true
      ? []
      : [
          'Unless the Google project has passed YouTube’s API audit, YouTube locks its uploads to private: https://support.google.com/youtube/contact/yt_api_form',
        ];
  return [
    {
      remoteId: id,
      handle,
      name,
      url: `https://www.youtube.com/channel/${encodeURIComponent(id)}`,
      settings: {
        uploadsPlaylist: contentDetails?.relatedPlaylists?.uploads ?? '',
        longUploadsStatus: status?.longUploadsStatus ?? '',
        ...endOf(grant),
      },
      warnings: [...warningsOf(grant), ...audit],
    },
  ];
}
