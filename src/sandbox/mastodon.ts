import { escapeHtml, htmlPage } from './html.ts';
import { accountEntity } from './mastodon-account.ts';
import { notFound, Refusal, refuse } from './mastodon-answers.ts';
import { covers } from './mastodon-apps.ts';
import { instanceV1, instanceV2, metadata } from './mastodon-instance.ts';
import { type Caller, createLogin, type MastodonLogin } from './mastodon-login.ts';
import { createMedia, type MastodonMedia } from './mastodon-media.ts';
import { type MastodonQuirks, otherServer, setQuirks, usualQuirks } from './mastodon-quirks.ts';
import { createRates, type Rates } from './mastodon-rates.ts';
import { createStatuses, type MastodonStatuses } from './mastodon-statuses.ts';
import { bearerOf } from './oauth.ts';
import type { SimAccount, SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';

/** One server: nothing is shared with the other but the names and ids of the people on it. */
interface Server {
  world: World;
  host: string;
  quirks: MastodonQuirks;
  login: MastodonLogin;
  media: MastodonMedia;
  statuses: MastodonStatuses;
  rates: Rates;
}

/**
 * Mastodon as a destination, on two servers: a stock one, and an older one with more room for words and little
 * for videos. Ids of accounts are the same on both, as can happen. Built from Mastodon's documents
 * (https://docs.joinmastodon.org) and its source (https://github.com/mastodon/mastodon).
 *
 * Levers, each for the server that `server` names, or for both: `quirks {name: value, …}` sets and shows what
 * mastodon-quirks.ts lists; `forgetApps`; `endTokens`; `delete {id}`; `numbers {id, favourites, reblogs, replies}`; `limit {name, accountId, calls}`.
 */
export const createMastodon: SimulatorFactory = (world) => {
  const servers = [
    openServer(world, 'mastodon.social', { ...usualQuirks }),
    openServer(world, 'mastodon.example', { ...usualQuirks, ...otherServer }),
  ];
  const each = <T>(input: unknown, work: (server: Server, rest: object) => T): Record<string, T> => {
    const { server: host, ...rest } = (input ?? {}) as { server?: unknown };
    const named = servers.filter((server) => host === undefined || server.host === host);
    if (named.length === 0) throw new Error(`there is no server ${String(host)}`);
    return Object.fromEntries(named.map((server) => [server.host, work(server, rest)]));
  };
  return {
    platform: 'mastodon',
    origins: servers.map(({ host }) => `https://${host}`),
    posts: () =>
      servers
        .flatMap(({ statuses }) => statuses.posts())
        .sort((one, other) => other.publishedAt - one.publishedAt),
    async handle(request) {
      const server = servers.find(({ host }) => request.origin === `https://${host}`);
      if (!request.complete || !server) return { status: 400 };
      try {
        return request.path.startsWith('/api/') ? await api(server, request) : site(server, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    controls: {
      quirks: (input) =>
        each(input, ({ quirks }, rest) => {
          setQuirks(quirks, rest);
          return { ...quirks };
        }),
      forgetApps: (input) => each(input, ({ login }) => login.forgetApps()),
      endTokens: (input) => each(input, ({ login }) => login.endTokens()),
      limit: (input) => each(input, ({ rates }, rest) => rates.leave(rest)),
      numbers: (input) =>
        each(input, ({ statuses }, rest) => {
          const { id, ...counts } = rest as { id?: unknown; favourites?: number };
          return statuses.count(String(id), counts);
        }),
      delete: (input) =>
        each(input, ({ statuses }, rest) => statuses.drop(String((rest as { id?: unknown }).id))),
    },
  };
};

function openServer(world: World, host: string, quirks: MastodonQuirks): Server {
  const media = createMedia(world, host, quirks);
  const statuses = createStatuses(world, host, quirks, media);
  const login = createLogin(world, host, quirks);
  return { world, host, quirks, media, statuses, login, rates: createRates(world, quirks) };
}

/** What is no API: sign-in, files, and a post's own page. */
function site(server: Server, request: SimRequest): SimResponse {
  const { login, quirks, host } = server;
  const path = request.path.replace(/(?<=.)\/$/u, '');
  switch (`${request.method} ${path}`) {
    case 'GET /oauth/authorize':
    case 'POST /oauth/authorize':
      return login.authorize(request);
    case 'GET /oauth/authorize/native':
      return login.showCode(request);
    case 'POST /oauth/token':
      return login.token(request);
    case 'POST /oauth/revoke':
      return login.revoke(request);
    case 'GET /.well-known/oauth-authorization-server':
      return metadata(host, quirks);
  }
  const file = /^\/system\/media_attachments\/files\/(\d+)\.mp4$/u.exec(path)?.[1];
  const bytes = file === undefined ? undefined : server.media.file(file);
  if (bytes) return { status: 200, headers: { 'content-type': 'video/mp4' }, body: bytes };
  return page(server, path);
}

function page({ statuses, host }: Server, path: string): SimResponse {
  const post = statuses.posts().find(({ url, visible }) => visible && url === `https://${host}${path}`);
  const { html, policy } = htmlPage({
    title: `Mastodon at ${host}`,
    css: 'body{font-family:sans-serif}',
    body: post ? `<article><p>${escapeHtml(post.text)}</p></article>` : '<p>The page is not here.</p>',
  });
  return {
    status: post ? 200 : 404,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

interface Route {
  shape: RegExp;
  /** Any of these; undefined: nobody needs to be signed in. */
  scopes?: readonly string[];
  serve(
    server: Server,
    request: SimRequest,
    caller: Caller & { account: SimAccount },
    id: string,
  ): SimResponse | Promise<SimResponse>;
}

const routes: readonly Route[] = [
  {
    shape: /^GET \/api\/v2\/instance$/u,
    serve: ({ host, quirks }) => instanceV2(host, quirks) ?? { status: 404, body: { error: 'Not Found' } },
  },
  { shape: /^GET \/api\/v1\/instance$/u, serve: ({ host, quirks }) => instanceV1(host, quirks) },
  { shape: /^POST \/api\/v1\/apps$/u, serve: ({ login }, request) => login.register(request) },
  {
    shape: /^GET \/api\/v1\/accounts\/verify_credentials$/u,
    scopes: ['read:accounts', 'profile'],
    serve: (server, _request, { account }) => verified(server, account),
  },
  {
    shape: /^GET \/api\/v1\/accounts\/([^/]+)\/statuses$/u,
    scopes: ['read:statuses'],
    serve: ({ statuses }, request, _caller, id) => statuses.list(request, id),
  },
  {
    shape: /^POST \/api\/v2\/media$/u,
    scopes: ['write:media'],
    serve: ({ media, quirks }, request, { account }) => {
      if (quirks.oldUploads) throw refuse(404, 'Not Found');
      return media.upload(request, account, 'v2');
    },
  },
  {
    shape: /^POST \/api\/v1\/media$/u,
    scopes: ['write:media'],
    serve: ({ media }, request, { account }) => media.upload(request, account, 'v1'),
  },
  {
    shape: /^GET \/api\/v1\/media\/([^/]+)$/u,
    scopes: ['write:media'],
    serve: ({ media }, _request, { account }, id) => media.show(account, id),
  },
  {
    shape: /^DELETE \/api\/v1\/media\/([^/]+)$/u,
    scopes: ['write:media'],
    serve: ({ media }, _request, { account }, id) => media.remove(account, id),
  },
  {
    shape: /^POST \/api\/v1\/statuses$/u,
    scopes: ['write:statuses'],
    serve: ({ statuses }, request, caller) => statuses.create(request, caller),
  },
  {
    shape: /^GET \/api\/v1\/statuses\/([^/]+)$/u,
    scopes: ['read:statuses'],
    serve: ({ statuses }, _request, _caller, id) => statuses.show(id),
  },
  {
    shape: /^DELETE \/api\/v1\/statuses\/([^/]+)$/u,
    scopes: ['write:statuses'],
    serve: ({ statuses }, _request, { account }, id) => statuses.remove(account, id),
  },
];

async function api(server: Server, request: SimRequest): Promise<SimResponse> {
  const { world, login, rates } = server;
  const call = `${request.method} ${request.path}`;
  const route = routes.find(({ shape }) => shape.test(call));
  if (!route) {
    world.complain('mastodon', `no such call: ${call}`);
    throw refuse(404, 'Not Found');
  }
  const caller = login.caller(bearerOf(request));
  const who = caller?.account ? { token: caller.token, accountId: caller.account.id } : {};
  const headers = rates.count({ method: request.method, path: request.path, ...who });
  if (route.scopes) checkCaller(server, caller, route.scopes);
  const id = route.shape.exec(call)?.[1] ?? '';
  if (id !== '' && !/^\w+$/u.test(id)) throw notFound();
  try {
    const response = await route.serve(server, request, caller as Caller & { account: SimAccount }, id);
    return { ...response, headers: { ...headers, ...response.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal({ ...error.response, headers: { ...headers, ...error.response.headers } });
  }
}

const stops = {
  unconfirmed: 'Your login is missing a confirmed e-mail address',
  pending: 'Your login is currently pending approval',
  disabled: 'Your login is currently disabled',
} as const;

function checkCaller({ quirks }: Server, caller: Caller | undefined, scopes: readonly string[]): void {
  if (!caller) throw refuse(401, 'The access token is invalid');
  if (!scopes.some((scope) => covers(caller.scopes, scope)))
    throw refuse(403, 'This action is outside the authorized scopes');
  if (!caller.account) throw refuse(422, 'This method requires an authenticated user');
  if (quirks.stopped !== 'no') throw refuse(403, stops[quirks.stopped]);
}

/** https://docs.joinmastodon.org/entities/Account/#CredentialAccount */
function verified({ host }: Server, account: SimAccount): SimResponse {
  const { visibility = 'public' } = account.settings;
  const source = { privacy: visibility, sensitive: false, language: null, note: '', fields: [] };
  return { status: 200, body: { ...accountEntity(host, account), source } };
}
