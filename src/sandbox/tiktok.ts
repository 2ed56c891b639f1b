import { SECOND } from '../core/clock.ts';
import { createApi } from './tiktok-api.ts';
import { createFiles } from './tiktok-files.ts';
import { createLogin } from './tiktok-login.ts';
import { postEndpoints } from './tiktok-post.ts';
import { createUploads, uploadOrigin } from './tiktok-post-uploads.ts';
import { defaultQuirks, setQuirk } from './tiktok-quirks.ts';
import { createVideos } from './tiktok-videos.ts';
import type { SimulatorFactory, World } from './types.ts';

/**
 * TikTok as a source and as a destination: Login Kit for desktop, user info, video list and query, cover images, video
 * pages, the links of a data export, and the Content Posting API. Built from TikTok's documents of November 2026
 * (https://developers.tiktok.com/doc/login-kit-desktop/, …/doc/tiktok-api-v2-video-list/, …/doc/oauth-user-access-token-management).
 *
 * Levers: `publish {caption, durationSeconds, width, height, aiGenerated, kind, private, createTime, file, account}`
 * (createTime in Unix seconds, file a path) gives `{id, url, createTime}`; `publishMany {count, everySeconds, …}`;
 * `setPrivacy {id, private}`; `setCaption {id, caption}`; `numbers {id, views, likes, comments, shares}`; `delete {id}`; `quirk {name, value}`; `quirks`;
 * `expireTokens {account, refresh}`; `revoke {account}`; `export {account}` gives the content of a data export.
 * Of posting: `account {account, private, banned, maxSeconds, …}` changes what an account is; `uploads` lists them;
 * `finishDraft {id, caption, private, discard}` does what the person does with a draft in the inbox.
 */
export const createTiktok: SimulatorFactory = (world) => {
  const quirks = defaultQuirks();
  const logId = () => logIdOf(world);
  const videos = createVideos(world, quirks);
  const login = createLogin(world, quirks, logId);
  const uploads = createUploads({ world, quirks, videos });
  const posting = postEndpoints({ world, quirks, videos, uploads });
  const api = createApi({ world, quirks, login, videos, logId, posting });
  const files = createFiles(world, videos);
  const accountId = (input: unknown) => {
    const name = (input as { account?: unknown } | undefined)?.account;
    return name === undefined ? undefined : videos.account(name).id;
  };

  return {
    platform: 'tiktok',
    origins: ['https://open.tiktokapis.com', 'https://www.tiktok.com', uploadOrigin, ...files.origins],
    posts() {
      uploads.settle();
      return videos.posts();
    },
    handle(request) {
      // Nothing here is acted on before the whole body has come.
      if (!request.complete) return { status: 400 };
      uploads.settle();
      if (request.origin === uploadOrigin) return uploads.receive(request);
      if (request.origin === 'https://www.tiktok.com' && request.path === '/v2/auth/authorize/')
        return login.authorize(request);
      if (request.origin !== 'https://open.tiktokapis.com') return files.handle(request);
      switch (`${request.method} ${request.path}`) {
        case 'POST /v2/oauth/token/':
          return login.token(request);
        case 'POST /v2/oauth/revoke/':
          return login.revoke(request);
        default:
          return api.handle(request);
      }
    },
    controls: {
      publish: (input) => videos.publish(input),
      publishMany: (input) => videos.publishMany(input),
      setPrivacy: (input) =>
        videos.change(input, (video, wish) => {
          video.public = wish['private'] === false;
        }),
      setCaption: (input) =>
        videos.change(input, (video, wish) => {
          video.caption = String(wish['caption'] ?? '');
        }),
      numbers: (input) =>
        videos.change(input, (video, wish) => {
          for (const name of ['views', 'likes', 'comments', 'shares'] as const)
            if (typeof wish[name] === 'number') video[name] = wish[name];
        }),
      delete: (input) =>
        videos.change(input, (video) => {
          video.deleted = true;
        }),
      quirk: (input) => ({ ...setQuirk(quirks, input) }),
      quirks: () => ({ ...quirks }),
      expireTokens: (input) =>
        login.expireTokens(accountId(input), (input as { refresh?: unknown } | undefined)?.refresh === true),
      revoke: (input) => login.disconnect(accountId(input)),
      account(input) {
        const { account, ...settings } = (input ?? {}) as Record<string, unknown>;
        return { ...Object.assign(videos.account(account).settings, settings) };
      },
      uploads() {
        uploads.settle();
        return uploads.all().map(({ id, kind, state, bytes }) => ({ id, kind, state, bytes: bytes.length }));
      },
      finishDraft(input) {
        uploads.settle();
        const { id, ...choice } = (input ?? {}) as { id?: string; discard?: boolean; caption?: string };
        const draft = id ?? uploads.all().find(({ state }) => state === 'inbox')?.id ?? '';
        const { state, video } = uploads.decideDraft(draft, choice.discard === true ? 'discard' : choice);
        return { id: draft, state, video: video?.id };
      },
      export: (input) => files.exportOf((input as { account?: unknown } | undefined)?.account),
    },
  };
};

/** 14 digits of time and 20 of chance, as in TikTok's answers. */
function logIdOf(world: World): string {
  const time = new Date(Math.floor(world.clock.now() / SECOND) * SECOND).toISOString().replace(/\D/gu, '');
  let rest = '';
  for (let n = 0; n < 20; n += 1) rest += Math.floor(world.random() * 16).toString(16);
  return time.slice(0, 14) + rest.toUpperCase();
}
