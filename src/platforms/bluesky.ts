import { asFailure, Failure } from '../core/failure.ts';
import type { Platform, Post, PublishRequest } from '../core/platform.ts';
import { appPassword } from './bluesky-app-password.ts';
import { classifyAnswer, xrpcNameOf } from './bluesky-errors.ts';
import { guide } from './bluesky-guide.ts';
import type { Home } from './bluesky-identity.ts';
import { appView, entryway, plcDirectory, xrpc } from './bluesky-identity.ts';
import type { Published } from './bluesky-lookups.ts';
import { findOurs, recentPosts } from './bluesky-lookups.ts';
import { postNumbers } from './bluesky-numbers.ts';
import type { PostRecord } from './bluesky-record.ts';
import { keyFor, POSTS, recordOf, uriOf, urlOf } from './bluesky-record.ts';
import { blueskyRules, videoService } from './bluesky-rules.ts';
import { atHome, authorize, identities, wantsProof } from './bluesky-session.ts';
import { signIn } from './bluesky-sign-in.ts';
import { fitText } from './bluesky-text.ts';
import { readUploadLimits, readyVideo, UPLOAD, uploadPlain, uploadVideo } from './bluesky-upload.ts';
import { readingsOf } from './bluesky-windows.ts';

/** Bluesky and every other server of the AT Protocol. The account's own server is found by its handle. */
export const bluesky: Platform = {
  id: 'bluesky',
  name: 'Bluesky',
  guide,
  origins: [entryway, appView, plcDirectory, videoService],
  signIn,
  otherSignIns: { 'app-password': appPassword },
  ...blueskyRules,
  fit: fitText,
  // The same record under the same key changes nothing: there is nothing to wait for.
  settleMs: 0,
  publish: (request) => atHome(request, (home) => publish(request, home)),
  identities,
  authorize,
  wantsProof,
  classify: classifyAnswer,
  readings: readingsOf,
  readLimits: ({ http, account }) => atHome({ http, account }, (home) => readUploadLimits(http, home)),
  numbers: postNumbers,
  recent: ({ http, account, since }) => atHome({ http, account }, (home) => recentPosts(http, home, since)),
};

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest, home: Home): Promise<Post> {
  const { run, account, video, clock } = request;
  const key = await run.step('choose the key', async () => keyFor(account.remoteId, video));
  const upload = await run.step(UPLOAD, () => uploadVideo(request, home, key));
  const uploadedAt = run.doneAt(UPLOAD) ?? clock.now();
  const { jobId } = upload;
  const blob =
    jobId === undefined
      ? upload.blob
      : await run.step('video ready', () => readyVideo(request, home, jobId, uploadedAt));
  // Kept whole: the same record again is then the very same bytes.
  const record = await run.step('write the post', async () => recordOf(request, blob));

  const post = await run.commit<Published>('publish', {
    act: async () => {
      try {
        return await putPost(request, home, key, record);
      } catch (error) {
        if (xrpcNameOf(asFailure(error)) !== 'BlobNotFound') throw error;
        return await putPost(request, home, key, await withFreshUpload(request, home, record));
      }
    },
    // `swapRecord: null` lets the first of any number of sendings through and no other.
    inDoubt: 'repeat',
  });
  return { id: post.uri, url: urlOf(post.uri) };
}

/** Puts the record where there must be none yet: nothing else refuses a second one in plain words. */
async function putPost(
  { http }: PublishRequest,
  home: Home,
  key: string,
  record: PostRecord,
): Promise<Published> {
  try {
    const response = await http.send({
      url: xrpc(home.pds, 'com.atproto.repo.putRecord'),
      json: { repo: home.did, collection: POSTS, rkey: key, record, swapRecord: null },
      call: 'putRecord',
      effect: true,
    });
    const { uri } = response.json<{ uri?: unknown }>();
    if (uri === uriOf(home.did, key)) return { uri };
  } catch (error) {
    if (asFailure(error).code === 'E_DUPLICATE') return await findOurs(http, home, key, record);
    throw error;
  }
  throw new Failure('E_BAD_ANSWER', { message: 'Bluesky took the post without naming it.' });
}

/** Unused uploads are swept away after some hours; the record itself was refused, so that another one may follow. */
async function withFreshUpload(request: PublishRequest, home: Home, record: PostRecord): Promise<PostRecord> {
  try {
    const { blob } = await uploadPlain(request, home);
    return { ...record, embed: { ...record.embed, video: blob } };
  } catch (error) {
    const { code, message } = asFailure(error);
    if (code !== 'E_MEDIA_REFUSED') throw error;
    // Too big for this way: the video service’s may be wider.
    throw new Failure('E_HANDLE_EXPIRED', { kind: 'redo', step: UPLOAD, message, certain: true });
  }
}
