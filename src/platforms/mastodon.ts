import { createHash } from 'node:crypto';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Commit, LookUp, Platform, Post, PublishRequest } from '../core/platform.ts';
import { classifyAnswer, readingsOf } from './mastodon-errors.ts';
import { guide } from './mastodon-guide.ts';
import { findPost, type Posted, postedOf, recentPosts, type Status } from './mastodon-lookups.ts';
import { statusNumbers } from './mastodon-numbers.ts';
import { calls, mastodonRules } from './mastodon-rules.ts';
import { factsOf, fresherServer, originOf } from './mastodon-server.ts';
import { identities, signIn } from './mastodon-sign-in.ts';
import { fitText } from './mastodon-text.ts';
import { fateOf, type Upload, uploadVideo } from './mastodon-upload.ts';

/**
 * A key is remembered for 3600 s after its post: https://docs.joinmastodon.org/methods/statuses/#create. Counted
 * from before the first sending, and with time to spare for a slow one.
 */
const KEY_TRUSTED_MS = 50 * MINUTE;
const KEY_LIFE_MS = HOUR;

/** Files without a post are thrown away after a day; on servers that can't be asked that is what is known. */
const UPLOAD_LIFE_MS = 20 * HOUR;
/** An upload as young as this needs no second look before it is posted. */
const FRESH_MS = 30 * MINUTE;

/** Mastodon, on any server, and others that speak its language. */
export const mastodon: Platform = {
  id: 'mastodon',
  name: 'Mastodon',
  guide,
  // Every account has a server of its own; this is the best known.
  origins: ['https://mastodon.social'],
  signIn,
  ...mastodonRules,
  fit: fitText,
  readSettings: fresherServer,
  publish,
  identities,
  authorize: (request, { accessToken }) => ({
    ...request,
    // Sentences of errors are in the language that is asked for.
    headers: { 'accept-language': 'en', ...request.headers, authorization: `Bearer ${accessToken}` },
  }),
  classify: classifyAnswer,
  readings: readingsOf,
  recent: ({ http, account, since }) => recentPosts(http, account, since),
  numbers: statusNumbers,
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const upload = await uploadVideo(request);
  const { id, url, whole } = await request.run.commit('post', postOnce(request, upload));
  const lost = 'The server shows the post without its video: delete it there and post the video by hand.';
  const warnings = [...(whole ? [] : [lost]), ...(upload.warning ? [upload.warning] : [])];
  return { id, url, ...(warnings.length > 0 ? { warnings } : {}) };
}

/** What one commit knows of itself. */
interface Sending {
  request: PublishRequest;
  upload: Upload;
  /** The server honours keys, and none of this job can have run out. */
  keyHolds: boolean;
  /** An earlier sending may have landed. */
  sentBefore: boolean;
}

/**
 * The key makes the server answer a repetition with the first post, for an hour. Afterwards, and on servers that
 * may know no keys, only the own posts tell. They are looked at in every case: a key that was lost in a crash of
 * the server, or a clock that was set back, must not double a post.
 */
function postOnce(request: PublishRequest, upload: Upload): Commit<Posted> {
  const { run, account, clock } = request;
  const age = clock.now() - (run.doneAt('processed') ?? clock.now());
  const keyHolds = factsOf(account.settings).genuine && age >= 0 && age < KEY_TRUSTED_MS;
  const sending: Sending = { request, upload, keyHolds, sentBefore: false };
  return {
    ...(keyHolds ? { settleMs: 0 } : {}),
    act: async () => {
      await checkUpload(sending);
      try {
        return await sendPost(request, upload);
      } catch (error) {
        return await refused(sending, asFailure(error));
      }
    },
    inDoubt: async (sentAt) => {
      sending.sentBefore = true;
      return look(sending, sentAt);
    },
  };
}

async function look({ request, upload, keyHolds }: Sending, sentAt: number): Promise<LookUp<Posted>> {
  const { http, account, text } = request;
  try {
    const found = await findPost(http, account, upload, { at: sentAt, text: text.body });
    return found === 'undecided' && keyHolds ? 'absent' : found;
  } catch (error) {
    const failure = asFailure(error);
    // The key alone is enough where the list is out of order.
    if (keyHolds && failure.class === 'transient' && failure.code !== 'E_INTERNAL') return 'absent';
    throw failure;
  }
}

async function sendPost({ http, account, video, run, text, options }: PublishRequest, upload: Upload) {
  const words = (name: string) =>
    typeof options[name] === 'string' && options[name] !== '' ? options[name] : undefined;
  const [visibility, language, spoiler] = ['visibility', 'language', 'spoilerText'].map(words);
  const response = await http.send({
    url: `${originOf(account)}/api/v1/statuses`,
    json: {
      status: text.body,
      media_ids: [upload.id],
      ...(visibility === undefined ? {} : { visibility }),
      ...(language === undefined ? {} : { language }),
      ...(spoiler === undefined ? {} : { spoiler_text: spoiler }),
      ...(options['sensitive'] === true ? { sensitive: true } : {}),
    },
    headers: { 'idempotency-key': keyOf([originOf(account), account.remoteId, video.remoteId, run.jobId]) },
    call: calls.post,
    effect: true,
  });
  return postedOf(response.json<Status | null>());
}

/** The same for every sending of a job, and for no other job. */
function keyOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

/**
 * Long after it was processed (a quota, a person's answer) the upload may be gone. Older servers would then post
 * the text alone: https://github.com/mastodon/mastodon/blob/main/app/services/post_status_service.rb
 */
async function checkUpload({ request, upload, sentBefore, keyHolds }: Sending): Promise<void> {
  const { run, account, clock } = request;
  const age = clock.now() - (run.doneAt('processed') ?? clock.now());
  if (sentBefore ? keyHolds : age < FRESH_MS) return;
  const { genuine } = factsOf(account.settings);
  const fate = await unsent(() => fateOf(request, upload));
  // Elsewhere than on Mastodon, 404 may only mean that nobody can ask.
  if (fate !== 'gone' || (!genuine && age < UPLOAD_LIFE_MS)) return;
  throw lost(sentBefore);
}

/** Nothing has been sent yet: whatever goes wrong here, no post came of it. */
async function unsent<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, kind, message, hint, notBefore, reason, status, command } = asFailure(error);
    const known = { notBefore, reason, status, command };
    const given = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
    throw new Failure(code, { kind, message, hint, ...given, certain: true, cause: error });
  }
}

/** The journal is never undone past something sent: after a lost answer a person says whether it appeared. */
function lost(sentBefore: boolean): Failure {
  if (sentBefore)
    return new Failure('E_UNKNOWN_OUTCOME', {
      kind: 'doubt',
      message:
        'The upload is gone, and no post with it is to be seen: it was posted and deleted, or it ran out.',
    });
  return new Failure('E_HANDLE_EXPIRED', {
    kind: 'redo',
    step: 'upload',
    certain: true,
    message: 'The server no longer has the upload; it is sent again.',
  });
}

/** A refusal of the post: what the server says of the upload tells more than its sentence. */
async function refused(sending: Sending, failure: Failure): Promise<Posted> {
  const { request, upload, sentBefore } = sending;
  if (failure.status === 404) throw deletedSince(sending, failure);
  if (failure.status !== 422 || failure.code === 'E_NOT_YET') throw failure;
  const fate = await fateOf(request, upload).catch(() => undefined);
  if (fate === 'busy') throw notReady(request);
  // Where nobody can ask for an upload, 404 says nothing by itself.
  if (fate === 'gone' && (factsOf(request.account.settings).genuine || /media/iu.test(failure.message))) {
    const found = sentBefore ? await look(sending, request.clock.now()) : 'absent';
    if (typeof found === 'object') return found.found;
    throw lost(sentBefore);
  }
  if (fate !== undefined) throw failure;
  const { code, message, hint } = failure;
  throw new Failure(code, { kind: 'retry', message, hint, status: 422, certain: true });
}

function notReady({ clock }: PublishRequest): Failure {
  return new Failure('E_NOT_YET', {
    kind: 'later',
    reason: 'processing',
    notBefore: clock.now() + 5 * SECOND,
    certain: true,
    message: 'The server is not done with the video.',
  });
}

/** 404 to a post means: the key is known, and its post has been deleted. */
function deletedSince({ request, sentBefore }: Sending, failure: Failure): Failure {
  const { account, clock } = request;
  if (!factsOf(account.settings).genuine || failure.code !== 'E_UNREADABLE') return failure;
  if (sentBefore)
    return new Failure('E_UNKNOWN_OUTCOME', {
      kind: 'doubt',
      message: 'It was posted, and the post has been deleted since.',
    });
  return new Failure('E_NOT_YET', {
    kind: 'later',
    reason: 'backoff',
    notBefore: clock.now() + KEY_LIFE_MS,
    certain: true,
    message: 'The server still remembers an earlier post of this job, which was deleted, for an hour.',
  });
}
