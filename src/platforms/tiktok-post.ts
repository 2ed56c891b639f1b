import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { asFailure, Failure, later, redo } from '../core/failure.ts';
import type { LookUp, Platform, Post, PublishRequest } from '../core/platform.ts';
import { tiktokService } from './tiktok.ts';
import type { PostInfo } from './tiktok-post-creator.ts';
import { EVERYBODY, ONLY_ME, postInfoOf, readCreator, withAudience } from './tiktok-post-creator.ts';
import { addressOf, findPosted, recentVideos } from './tiktok-post-lookups.ts';
import { tiktokPostRules } from './tiktok-post-rules.ts';
import { fitCaption } from './tiktok-post-text.ts';
import type { Fate, Sending, Upload } from './tiktok-post-upload.ts';
import {
  begin as beginUpload,
  chunksOf,
  INIT,
  interrupted,
  isAlive,
  isLost,
  readFate,
  sendChunks,
} from './tiktok-post-upload.ts';

/** Moderation is over within a minute as a rule, within hours at worst; then the post has its own id, or never gets one. */
const ID_PATIENCE_MS = 6 * HOUR;

/** TikTok as a destination: direct posts and drafts, by the Content Posting API. */
export const tiktok: Platform = {
  ...tiktokService,
  origins: [...tiktokService.origins, 'https://open-upload.tiktokapis.com'],
  ...tiktokPostRules,
  fit: fitCaption,
  // An upload makes one post, however often its end is sent: nothing is waited for but what its status says.
  settleMs: 0,
  publish,
  recent: ({ http, account, since }) => recentVideos(http, account, since),
};

// ---------------------------------------------------------------- publishing

interface Wish {
  username: string | null;
  /** Undefined for a draft: its person decides. */
  info?: PostInfo;
}

interface Done {
  publishId: string;
  /** The post's own id, where TikTok has told it. */
  id: string | null;
  privacy: string | null;
}

async function publish(request: PublishRequest): Promise<Post> {
  const { run, options, clock } = request;
  const draft = options['mode'] === 'draft';
  requireRight(request, draft ? 'video.upload' : 'video.publish');
  const wish: Wish = draft
    ? { username: null }
    : await run.step('ask what the account may post', () => wishOf(request));

  // True once this run has begun the upload: TikTok needn't be asked how far it is.
  let begun = false;
  const begin = () => {
    begun = true;
    return start(request, wish);
  };
  // Whoever holds the address can send bytes to it: sealed.
  let upload = await run.step(INIT, begin, { sealed: true });
  for (let n = 2; run.doneAt(nameOf(n)) !== undefined; n += 1)
    upload = await run.step(nameOf(n), () => start(request, wish), { sealed: true });
  if (run.doneAt('publish') === undefined && chunksOf(upload.bytes).length > 1)
    await run.step('upload all but the end', () => sendBeginning(request, upload, begun));

  const done = await run.commit<Done>('publish', lastBytes(request, wish, upload));
  const publishedAt = run.doneAt('publish') ?? clock.now();
  const id = await run.step('its own id', () => idOf(request, done, publishedAt));
  return postOf(request, wish, { ...done, id });
}

/** Uploads that are begun after something was sent keep their places beside the first: nothing sent is forgotten. */
function nameOf(n: number): string {
  return n === 1 ? INIT : `${INIT} again (${n})`;
}

function goneOf({ publishId }: Upload): string {
  return `address ended: ${publishId}`;
}

function requireRight({ account }: PublishRequest, scope: string): void {
  if (account.scopes.includes(scope)) return;
  throw new Failure('E_SCOPES', {
    certain: true,
    message: `${account.account} signed in without the right ${scope}.`,
    hint: 'Sign in for posting and leave all boxes ticked; the developer app needs the product Content Posting API with Direct Post.',
    command: `repost login tiktok --for-posting --account ${account.handle}`,
  });
}

async function wishOf(request: PublishRequest): Promise<Wish> {
  const creator = await readCreator(request);
  return { username: creator.username, info: postInfoOf(request, creator) };
}

function start(request: PublishRequest, { info }: Wish): Promise<Upload> {
  return info
    ? withAudience(request, info, (narrowed) => beginUpload(request, narrowed))
    : beginUpload(request, undefined);
}

function sendingOf({ http, media, progress, signal }: PublishRequest, upload: Upload): Sending {
  return { http, media, upload, progress, ...(signal ? { signal } : {}) };
}

/** Everything but the last chunk; from where TikTok says it is, if this is not the first try. */
async function sendBeginning(request: PublishRequest, upload: Upload, begun: boolean): Promise<number> {
  const { http, media, clock } = request;
  if (upload.sha256 !== media.sha256) throw redo(INIT, 'The file was made anew; its upload starts again.');
  if (!isAlive(upload, clock.now())) throw startOver();
  const fate: Fate = begun ? { kind: 'uploading', bytes: 0 } : await readFate(http, upload);
  if (fate.kind !== 'uploading') throw startOver();
  const last = chunksOf(media.bytes).at(-1)?.start ?? 0;
  const sending = sendingOf(request, upload);
  let kept = fate.bytes;
  const heard = (bytes: number) => {
    kept = bytes;
  };
  try {
    if (fate.bytes < last && (await sendChunks(sending, fate.bytes, 'all but the last', heard)) !== 'stopped')
      throw startOver();
    return last;
  } catch (error) {
    throw interrupted(error, sending, fate.bytes, kept);
  }
}

/** Nothing was sent that could make a post: another upload is safe. */
function startOver(): Failure {
  return new Failure('E_HANDLE_EXPIRED', {
    kind: 'redo',
    step: INIT,
    certain: true,
    message: 'TikTok’s upload has expired; it starts again.',
  });
}

/**
 * The post is out some time after the last byte has come, so that is the commit; it is done when TikTok says that the
 * post is published. Until then the upload's status is looked at, never anything sent that could make a second post.
 */
function lastBytes(request: PublishRequest, wish: Wish, first: Upload) {
  const { run, http, media, clock } = request;
  let upload = first;
  let sentBefore = false;
  let next: { from: number } | 'anew' = { from: chunksOf(first.bytes).at(-1)?.start ?? 0 };

  async function again(): Promise<Upload> {
    let n = 2;
    while (run.doneAt(nameOf(n)) !== undefined) n += 1;
    return run.step(nameOf(n), () => start(request, wish), { sealed: true });
  }

  return {
    act: async (): Promise<Done> => {
      if (next === 'anew') upload = await again();
      else if (!sentBefore && (upload.sha256 !== media.sha256 || !isAlive(upload, clock.now())))
        throw startOver();
      const from = next === 'anew' ? 0 : next.from;
      const end = await sendChunks(sendingOf(request, upload), from, 'all');
      // It lived a moment ago. Whether it is gone because it is complete, only its status can tell.
      if (end === 'gone') await run.step(goneOf(upload), async () => null);
      const told = await lookUp(await openStill(readFate(http, upload)));
      if (typeof told === 'object') return told.found;
      throw later(clock.now() + 15 * SECOND, 'TikTok has not got the whole video yet.');
    },
    inDoubt: async (sentAt: number): Promise<LookUp<Done>> => {
      sentBefore = true;
      return lookUp(await readFate(http, upload), sentAt);
    },
  };

  /** What an upload's status says of the post; sets what is to be sent where something is. */
  async function lookUp(fate: Fate, sentAt = clock.now()): Promise<LookUp<Done>> {
    const { publishId, privacy, bytes } = upload;
    const now = clock.now();
    switch (fate.kind) {
      case 'published':
        return { found: { publishId, privacy, id: fate.ids[0] ?? null } };
      case 'inbox':
        throw later(
          now + pace(now - sentAt),
          'The draft lies in the TikTok inbox: open TikTok and post it there, or delete it.',
        );
      case 'failed':
        if (fate.why.kind !== 'retry') throw fate.why;
        next = 'anew';
        return 'absent';
      case 'forgotten': {
        const id = await findPosted(request, sentAt);
        return id === undefined ? 'undecided' : { found: { publishId, privacy, id } };
      }
      case 'uploading': {
        const isOpen = isAlive(upload, now) && run.doneAt(goneOf(upload)) === undefined;
        const canGoOn = isOpen && upload.sha256 === media.sha256;
        if (fate.bytes < bytes && canGoOn) {
          next = { from: fate.bytes };
          return 'absent';
        }
        if (fate.bytes < bytes && isLost(upload, now)) {
          next = 'anew';
          return 'absent';
        }
        throw later(now + pace(now - sentAt), 'TikTok has the video and is processing it.');
      }
    }
  }
}

/** Refusing to tell a status says nothing of the bytes that have gone out before: the post may be on its way. */
async function openStill<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const { code, kind, message, hint, reason, notBefore, command } = asFailure(error);
    throw new Failure(code, {
      kind: kind === 'reject' ? 'retry' : kind,
      message,
      hint,
      certain: false,
      ...(command === undefined ? {} : { command }),
      ...(reason === undefined ? {} : { reason }),
      ...(notBefore === undefined ? {} : { notBefore }),
    });
  }
}

/** Often at first, then ever less: half an hour after a draft was posted by hand the post must be known here. */
function pace(waitedMs: number): number {
  if (waitedMs < MINUTE) return 5 * SECOND;
  if (waitedMs < 10 * MINUTE) return 20 * SECOND;
  return waitedMs < 2 * HOUR ? 2 * MINUTE : 10 * MINUTE;
}

/** The id by which strangers find the post; null where there is none for strangers, or TikTok never tells it. */
async function idOf(request: PublishRequest, done: Done, publishedAt: number): Promise<string | null> {
  const { http, clock, run } = request;
  const isPublic = done.privacy === EVERYBODY || done.privacy === null;
  if (done.id !== null || !isPublic) return done.id;
  const fate = await readFate(http, done);
  const told = fate.kind === 'published' ? fate.ids[0] : undefined;
  const id = told ?? (await findPosted(request, run.doneAt(INIT) ?? publishedAt));
  if (id !== undefined) return id;
  const waited = clock.now() - publishedAt;
  if (waited > ID_PATIENCE_MS) return null;
  throw later(clock.now() + pace(waited), 'TikTok has published the video and has not told its address yet.');
}

function postOf({ account }: PublishRequest, { username }: Wish, { publishId, privacy, id }: Done): Post {
  const warnings =
    privacy === ONLY_ME
      ? [
          'Only you can see this post on TikTok. An app without TikTok’s audit can’t do more; change it in the TikTok app.',
        ]
      : id === null
        ? ['TikTok published it without telling its address.']
        : [];
  return {
    id: id ?? publishId,
    url: id === null ? null : addressOf(username === null ? account.handle : `@${username}`, id),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}
