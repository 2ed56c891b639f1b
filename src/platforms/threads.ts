import type { Identity } from '../core/account.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later, redo } from '../core/failure.ts';
import { publicAddressOf, publicCopyStep, withFreshCopy } from '../core/host.ts';
import type { Http, HttpRequest } from '../core/http.ts';
import type { Platform, Post, PublishRequest } from '../core/platform.ts';
import { audienceUntold, graphTime } from './meta.ts';
import { INDEXED_AFTER_MS, type Published, publishingLimit } from './meta-published.ts';
import { callsPerHour, usageReadings } from './meta-usage.ts';
import { classifyThreads, containerFaults } from './threads-errors.ts';
import { guide } from './threads-guide.ts';
import type { ContainerState } from './threads-lookups.ts';
import { findPublished, permalink, readContainer, videosSince } from './threads-lookups.ts';
import { callsPerDay, threadsRules } from './threads-rules.ts';
import { threadsApi, threadsOrigin, threadsSignIn } from './threads-sign-in.ts';
import { fitThreads } from './threads-text.ts';

/** A container lives 24 h: https://developers.facebook.com/docs/threads/troubleshooting/. An hour is kept. */
const CONTAINER_LIFE_MS = 23 * HOUR;

/** Half a minute between creation and publishing is advised: https://developers.facebook.com/documentation/threads/posts */
const FIRST_LOOK_MS = 30 * SECOND;

const STUCK_AFTER_MS = 90 * MINUTE;

/** A finished container that publishing doesn't find for this long is lost. It mostly takes seconds. */
const LOST_AFTER_MS = 3 * MINUTE;

/** Threads. It takes no bytes: it fetches the video from the user's media host. */
export const threads: Platform = {
  id: 'threads',
  name: 'Threads',
  guide,
  origins: ['https://threads.net', threadsOrigin],
  signIn: threadsSignIn,
  ...threadsRules,
  needsHost: () => true,
  publishCall: 'threads_publish',
  fit: fitThreads,
  settleMs: INDEXED_AFTER_MS,
  publish,
  audienceUntold,
  identities: async ({ http }) => [await ownProfile(http)],
  classify: classifyThreads,
  // Described for the Graph API, whose limit is another one: percents are what carries over.
  readings: (response, _request, clock) =>
    usageReadings(response, clock.now()).map(({ used, ...reading }) =>
      used === undefined ? reading : { ...reading, used: Math.ceil((used / callsPerHour) * callsPerDay) },
    ),
  readLimits: publishingLimit((account) => `${threadsApi}/${account.remoteId}/threads_publishing_limit`),
  recent: async ({ http, account, since }) =>
    (await videosSince(http, account.remoteId, since)).items.map((thread) => ({
      id: String(thread.id),
      url: thread.permalink ?? null,
      text: thread.text ?? '',
      publishedAt: graphTime(thread.timestamp) ?? since,
    })),
};

async function ownProfile(http: Http): Promise<Identity> {
  const response = await http.send({
    url: `${threadsApi}/me`,
    query: { fields: 'id,username,name' },
    call: 'read',
  });
  const { id, username, name } = response.json<{ id?: string | number; username?: string; name?: string }>();
  if (id === undefined) throw new Failure('E_BAD_ANSWER', { message: 'Threads told no profile.' });
  const handle = username ?? String(id);
  return {
    remoteId: String(id),
    handle: `@${handle}`,
    name: name || handle,
    url: `https://www.threads.com/@${handle}`,
  };
}

// ---------------------------------------------------------------- publishing

async function publish(request: PublishRequest): Promise<Post> {
  const { run, http, clock } = request;
  const container = await run.step('create container', () => createContainer(request));
  const createdAt = run.doneAt('create container') ?? clock.now();
  await run.step('container ready', () => checkReady(http, container, createdAt));

  let sentBefore = false;
  const thread = await run.commit<Published>('publish', {
    act: async () => {
      if (sentBefore) return { id: await publishContainer(request, container) };
      // Nothing was ever sent for this container: a new one is safe. After a sending it never is.
      await checkAlive(request, container, createdAt);
      try {
        return { id: await publishContainer(request, container) };
      } catch (error) {
        throw await notFoundYet(request, container, error);
      }
    },
    inDoubt: async (sentAt) => {
      sentBefore = true;
      return findPublished(request, container, sentAt);
    },
  });

  return {
    id: thread.id ?? container,
    url: thread.id === null ? null : await permalink(http, thread.id),
    ...(thread.warning ? { warnings: [thread.warning] } : {}),
  };
}

async function createContainer(request: PublishRequest): Promise<string> {
  const { http, account, text, options } = request;
  const altText = typeof options['altText'] === 'string' ? options['altText'].slice(0, 1000) : '';
  const replyControl = String(options['replyControl'] ?? 'everyone');
  const creation: HttpRequest = {
    url: `${threadsApi}/${account.remoteId}/threads`,
    form: {
      media_type: 'VIDEO',
      video_url: await publicAddressOf(request, 'Threads'),
      text: text.body || undefined,
      topic_tag: text.tags?.[0],
      alt_text: altText || undefined,
      reply_control: replyControl === 'everyone' ? undefined : replyControl,
      is_spoiler_media: options['spoiler'] === true ? 'true' : undefined,
    },
    call: 'threads',
  };
  const response = await http.send(creation).catch((error: unknown) => {
    throw withFreshCopy(error);
  });
  const { id } = response.json<{ id?: string | number }>();
  if (id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Threads made a container without an id.' });
  return String(id);
}

/** Returns where the container may be published; throws `later` while Threads is at it. */
async function checkReady(http: Http, id: string, createdAt: number): Promise<null> {
  const now = http.clock.now();
  const waited = now - createdAt;
  if (waited < FIRST_LOOK_MS)
    throw later(createdAt + FIRST_LOOK_MS, 'Threads is fetching and processing the video.');
  const state = await readContainer(http, id);
  switch (state?.status) {
    case 'FINISHED':
    case 'PUBLISHED':
      return null;
    case 'ERROR':
    case 'EXPIRED':
      throw dead(state);
  }
  if (waited > STUCK_AFTER_MS)
    throw redo('create container', 'Threads’ processing stands still; a new container is made.');
  // Once a minute is what Meta recommends.
  throw later(now + (waited < 10 * MINUTE ? MINUTE : 5 * MINUTE), 'Threads is still processing the video.');
}

async function publishContainer({ http, account }: PublishRequest, containerId: string): Promise<string> {
  const response = await http.send({
    url: `${threadsApi}/${account.remoteId}/threads_publish`,
    form: { creation_id: containerId },
    call: 'threads_publish',
    effect: true,
  });
  const { id } = response.json<{ id?: string | number }>();
  if (id === undefined)
    throw new Failure('E_BAD_ANSWER', { message: 'Threads published without naming the post.' });
  return String(id);
}

/**
 * Right after it is finished a container is often not found by publishing, for seconds
 * (https://github.com/fbsamples/threads_api/issues/70). A first success leaves the same answer behind, so only
 * a container that reads as not published proves that nothing happened.
 */
async function notFoundYet({ run, http }: PublishRequest, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Failure) || error.code !== 'E_NOT_YET') return error;
  const state = await readContainer(http, id).catch(() => undefined);
  const now = http.clock.now();
  const waited = now - (run.doneAt('container ready') ?? now);
  const gone = state?.status === 'ERROR' || state?.status === 'EXPIRED';
  if (gone || (state?.status === 'FINISHED' && waited > LOST_AFTER_MS))
    return anew('Threads lost the container; a new one is made.');
  if (state?.status !== 'FINISHED' && state?.status !== 'IN_PROGRESS') return error;
  return new Failure('E_NOT_YET', {
    kind: 'later',
    reason: 'processing',
    notBefore: now + Math.max(5 * SECOND, Math.floor(waited / 3)),
    certain: true,
    message: 'Threads has finished the video and can’t find it yet.',
  });
}

/** Long after it got ready (a quota, a person's answer) the container may be dead: then a new one is made. */
async function checkAlive(
  { run, http, clock }: PublishRequest,
  id: string,
  createdAt: number,
): Promise<void> {
  const now = clock.now();
  const fresh = now - (run.doneAt('container ready') ?? createdAt) < MINUTE;
  const state = fresh ? undefined : (await readContainer(http, id))?.status;
  if (now - createdAt > CONTAINER_LIFE_MS || state === 'ERROR' || state === 'EXPIRED')
    throw anew('The container became unusable before it could be published; a new one is made.');
}

function anew(message: string): Failure {
  return new Failure('E_HANDLE_EXPIRED', { kind: 'redo', step: 'create container', message, certain: true });
}

/** A container that can't be published and, before any sending, is simply made anew. */
function dead({ status, error_message: reason = 'UNKNOWN' }: ContainerState): Failure {
  if (status === 'EXPIRED') return redo('create container', 'Threads’ container expired.');
  const fault = containerFaults[reason] ?? { hopeless: false, what: `it says ${reason.slice(0, 100)}` };
  if (fault.hopeless)
    return new Failure('E_MEDIA_REFUSED', {
      message: `Threads refused the video: ${fault.what} (${reason}).`,
    });
  // With a fresh copy on a fresh address: the old one may be what went wrong.
  return new Failure('E_HANDLE_EXPIRED', {
    kind: 'redo',
    step: publicCopyStep,
    message: `Threads could not take the video: ${fault.what} (${reason}).`,
    hint: 'It is tried again with a new public copy. If it stays: repost host check.',
  });
}
