import { consentPage, readDecision } from '../../src/sandbox/consent.ts';
import { backTo } from '../../src/sandbox/oauth.ts';
import type { SimPost, SimulatorFactory } from '../../src/sandbox/types.ts';

/** A platform small enough to see through, for tests of the framework itself. */
export const pigeon: SimulatorFactory = (world) => {
  const posts: SimPost[] = [];
  const uploads: { bytes: number; complete: boolean }[] = [];
  return {
    platform: 'mastodon',
    origins: ['https://pigeon.example', 'https://media.pigeon.example'],
    posts: () => [...posts].reverse(),
    controls: {
      say: (input) => ({ said: input }),
      uploads: () => uploads,
    },
    handle(request) {
      switch (`${request.method} ${request.path}`) {
        case 'GET /echo':
          return {
            status: 200,
            body: { origin: request.origin, q: request.query.get('q'), host: request.headers['host'] },
          };
        case 'POST /post': {
          uploads.push({ bytes: request.body.length, complete: request.complete });
          const sha256 = world.keepMedia(request.body);
          const id = world.snowflake();
          const accountId = world.accounts('mastodon')[0]?.id ?? '';
          posts.push({
            platform: 'mastodon',
            accountId,
            id,
            url: `https://pigeon.example/@creator/${id}`,
            text: request.query.get('text') ?? '',
            sha256,
            bytes: request.body.length,
            visible: true,
            publishedAt: world.clock.now(),
          });
          return { status: 201, body: { id } };
        }
        case 'GET /login':
          return {
            status: 302,
            headers: { Location: `https://media.pigeon.example/consent?${request.query}` },
          };
        case 'GET /consent':
          return consentPage({
            platformName: 'Pigeon <Post>',
            appName: 'repost & co',
            accounts: world.accounts('mastodon'),
            scopes: [
              { id: 'read', fixed: true },
              { id: 'write', title: 'Post for you' },
            ],
            hidden: { ticket: '"7"' },
            warnings: ['Not <verified>'],
          });
        case 'POST /consent': {
          const { approved, accountId, scopes, form } = readDecision(request);
          const answer = approved
            ? { code: `${accountId}/${scopes.join('+')}/${form.get('ticket')}` }
            : { error: 'access_denied' };
          const uri = request.query.get('redirect_uri') ?? '';
          return {
            status: 303,
            headers: { location: backTo(uri, { ...answer, state: request.query.get('state') ?? undefined }) },
          };
        }
        case 'GET /broken':
          throw new Error('bug in the simulator');
        default:
          world.complain('mastodon', `unknown ${request.method} ${request.path}`);
          return { status: 404, body: { error: 'not found' } };
      }
    },
  };
};
