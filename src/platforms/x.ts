import { HOUR, SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Commit, LookUp, Platform, Post, PublishRequest } from '../core/platform.ts';
import type { FittedText } from '../core/text.ts';
import { classifyAnswer, readingsOf } from './x-errors.ts';
import { guide } from './x-guide.ts';
import { calls, xRules } from './x-rules.ts';
import { identities, signIn } from './x-sign-in.ts';
import { fitText } from './x-text.ts';
import { findPost, postUrl, recentPosts } from './x-timeline.ts';
import type { Upload } from './x-upload.ts';
import { fateOf, uploadVideo } from './x-upload.ts';
import { findUrls } from './x-urls.ts';

/** How long X may refuse fresh tokens before its person is asked: waves of 401 have come and gone by themselves. */
const REFUSAL_PATIENCE_MS = HOUR;
/** Refusals further apart than this have nothing to do with each other. */
const REFUSAL_SPELL_MS = 2 * HOUR;
const REFUSAL_PROBE_MS = 600 * SECOND;

/** X by the API v2, pay per use. */
export const x: Platform = {
  id: 'x',
  name: 'X',
  guide,
  origins: ['https://x.com', 'https://api.x.com'],
  signIn,
  ...xRules,
  costsOfPost: (text) => xRules.costs[postCall(text)] ?? {},
  fit: fitText,
  publish,
  identities,
  classify: classifyAnswer,
  readings: readingsOf,
  recent: ({ http, account, since }) => recentPosts(http, account, since),
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const { run, account } = request;
  try {
    if (run.doneAt('initialize') === undefined) checkLength(request);
    const upload = await uploadVideo(request);
    const { id } = await run.commit('post', postOnce(request, upload));
    return { id, url: postUrl(account, id) };
  } catch (error) {
    throw await patient(request, asFailure(error));
  }
}

function checkLength({ media, options }: PublishRequest): void {
  const most = options['maxSeconds'];
  if (typeof most !== 'number' || media.durationMs <= most * SECOND) return;
  throw new Failure('E_MEDIA_UNFIT', {
    certain: true,
    message: `The video is ${Math.ceil(media.durationMs / SECOND)} s long and the rule sends ${most} s at most to X.`,
  });
}

/** X has no key against sending twice: the upload's media_key in the timeline is the proof of a post. */
function postOnce(request: PublishRequest, upload: Upload): Commit<{ id: string }> {
  const { http, account, clock, text } = request;
  const look = (at: number) => findPost(http, account, upload, { at, text: text.body });
  let sentBefore = false;
  return {
    act: async () => {
      if (clock.now() >= upload.expiresAt)
        throw expired(sentBefore, 'The upload expired before it was posted.');
      try {
        const response = await http.send(postRequest(request, upload));
        return { id: postIdOf(response.json()) };
      } catch (error) {
        const failure = asFailure(error);
        if (failure.code === 'E_DUPLICATE') return await duplicate(failure, look(clock.now()), sentBefore);
        if (failure.code === 'E_HANDLE_EXPIRED')
          throw await mediaRefused(request, upload, failure, sentBefore);
        throw failure;
      }
    },
    inDoubt: async (sentAt) => {
      sentBefore = true;
      return look(sentAt);
    },
  };
}

/** A post with a link has a price of its own. */
function postCall({ body }: FittedText) {
  return findUrls(body).length > 0 ? calls.postWithLink : calls.post;
}

function postRequest({ text, video, options }: PublishRequest, upload: Upload): HttpRequest {
  const replies = options['replies'];
  return {
    url: 'https://api.x.com/2/tweets',
    json: {
      text: text.body,
      media: { media_ids: [upload.id] },
      ...(video.aiGenerated === true ? { made_with_ai: true } : {}),
      ...(options['paidPartnership'] === true ? { paid_partnership: true } : {}),
      ...(typeof replies === 'string' && replies !== 'everyone' ? { reply_settings: replies } : {}),
    },
    call: postCall(text),
    effect: true,
  };
}

function postIdOf(answer: unknown): string {
  const id = (answer as { data?: { id?: unknown } } | null)?.data?.id;
  if (typeof id === 'string' && /^\d+$/u.test(id)) return id;
  throw new Failure('E_BAD_ANSWER', { message: 'X answered the post without its id.' });
}

/** `duplicate content`: our own post if the timeline shows our upload; else somebody's with the same words. */
async function duplicate(
  failure: Failure,
  looking: Promise<LookUp<{ id: string }>>,
  sentBefore: boolean,
): Promise<{ id: string }> {
  const found = await looking;
  if (typeof found === 'object') return found.found;
  // After a sending of ours whose answer was lost it is most likely ours, listed late: look again, don't give up.
  if (sentBefore) throw new Failure('E_DUPLICATE', { kind: 'retry', message: failure.message, status: 403 });
  throw failure;
}

/** Media that X has lost or let expire are uploaded anew; media it has and refuses never become a post. */
async function mediaRefused(
  { http, clock }: PublishRequest,
  upload: Upload,
  failure: Failure,
  sentBefore: boolean,
): Promise<Failure> {
  const fate = await fateOf(http, upload);
  if (fate === 'gone') return expired(sentBefore, 'X no longer has the upload.');
  if (fate === 'busy')
    return new Failure('E_NOT_YET', {
      kind: 'later',
      reason: 'processing',
      certain: true,
      notBefore: clock.now() + 10 * SECOND,
      message: 'X is not done with the video.',
    });
  return new Failure('E_MEDIA_REFUSED', { certain: true, status: 400, message: failure.message });
}

/** The journal is never undone past something sent: after a lost answer a person says whether it appeared. */
function expired(sentBefore: boolean, message: string): Failure {
  if (sentBefore) return new Failure('E_UNKNOWN_OUTCOME', { kind: 'doubt', certain: true });
  return new Failure('E_HANDLE_EXPIRED', { kind: 'redo', step: 'initialize', certain: true, message });
}

/**
 * A 401 for a token that was renewed a moment ago: X has had such incidents for hours. Jobs wait; only when it
 * lasts is the account said to need its person. (A refused renewal says so at once, by itself.)
 */
async function patient({ run, clock }: PublishRequest, failure: Failure): Promise<Failure> {
  if (failure.code !== 'E_LOGIN_NEEDED' || failure.status !== 401) return failure;
  const spell = new Date(Math.floor(clock.now() / REFUSAL_SPELL_MS) * REFUSAL_SPELL_MS).toISOString();
  const since = await run.step(`token refused after ${spell.slice(0, 16)}`, async () => clock.now());
  if (clock.now() - since >= REFUSAL_PATIENCE_MS) return failure;
  return new Failure('E_PLATFORM_DOWN', {
    kind: 'later',
    reason: 'backoff',
    notBefore: clock.now() + REFUSAL_PROBE_MS,
    certain: failure.certain,
    status: 401,
    message: 'X refuses a token that it renewed a moment ago, as it has done in incidents before.',
  });
}
