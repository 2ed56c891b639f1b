import { escapeHtml, htmlPage } from './html.ts';
import { bearerOf } from './oauth.ts';
import { spendOne } from './quirks.ts';
import type { SimAccount, SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';
import { forbidden, notFound, problem, proxyPage, Refusal, unauthorized } from './x-answers.ts';
import { createBilling } from './x-billing.ts';
import { createLogin, type XLogin } from './x-login.ts';
import { createMedia, idIn } from './x-media.ts';
import { createPosts, pageOf, type Surroundings, type XPosts } from './x-posts.ts';
import type { XQuirks } from './x-quirks.ts';
import { setQuirks, usualQuirks } from './x-quirks.ts';
import { createRates, type Endpoint, type Rates } from './x-rates.ts';
import { me, timeline } from './x-timeline.ts';

/** Ids count milliseconds from here: https://docs.x.com/fundamentals/x-ids */
const ID_EPOCH = 1_288_834_974_657n;

/**
 * X as a destination: sign-in, chunked upload, posts, the own timeline, money and limits. Built from X's
 * documents and descriptions of 2026 (https://docs.x.com, https://api.x.com/2/openapi.json).
 *
 * Levers: `quirks {name: value, …}` sets and shows what x-quirks.ts lists; `credits {usd}`; `cap {usd, resetDate}`
 * (usd null: none); `billing`; `limit {endpoint: "POST /2/tweets", calls}`; `endTokens {refresh}`;
 * `account {id, subscriptionType, verifiedType}`; `delete {id}`.
 */
export const createX: SimulatorFactory = (world) => {
  const quirks: XQuirks = { ...usualQuirks };
  const snowflake = snowflakesOf(world);
  const billing = createBilling(world, quirks);
  const media = createMedia(world, quirks, snowflake);
  const here: Surroundings = { world, quirks, billing, media, snowflake };
  const posts = createPosts(here);
  const login = createLogin(world, quirks);
  const rates = createRates(world, quirks);
  const parts: Parts = { here, posts, login, rates };

  return {
    platform: 'x',
    origins: ['https://x.com', 'https://api.x.com', 'https://api.twitter.com'],
    posts: () => posts.posts(),
    handle(request) {
      if (!request.complete) return { status: 400 };
      try {
        return request.origin === 'https://x.com' ? site(parts, request) : api(parts, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    controls: {
      quirks: (input) => ({ ...setQuirks(quirks, input) }),
      credits: (input) => billing.setCredits(input),
      cap: (input) => billing.setCap(input),
      billing: () => billing.report(),
      limit: (input) => rates.leave(input),
      endTokens: (input) => login.endTokens(input),
      account: (input) => changeAccount(world, input),
      delete(input) {
        const id = (input as { id?: unknown } | undefined)?.id;
        const post = posts.all().find((one) => one.id === id);
        if (post) post.deleted = true;
        return { deleted: post !== undefined };
      },
    },
  };
};

interface Parts {
  here: Surroundings;
  posts: XPosts;
  login: XLogin;
  rates: Rates;
}

/** What a browser sees: the consent page and a post's own page. */
function site({ login, posts }: Parts, request: SimRequest): SimResponse {
  if (request.path === '/i/oauth2/authorize') return login.authorize(request);
  const post = posts.all().find((one) => pageOf(one) === `https://x.com${request.path}`);
  if (!post) return { status: 404, body: '<!doctype html><title>X</title><p>Hmm...this page doesn’t exist.' };
  const { html, policy } = htmlPage({
    title: 'X',
    css: 'body{font-family:sans-serif}',
    body: `<article><b>${escapeHtml(post.account.handle)}</b><p>${escapeHtml(post.text)}</p></article>`,
  });
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

function api(parts: Parts, request: SimRequest): SimResponse {
  const { here, login, rates } = parts;
  const { quirks, billing } = here;
  const isToken = request.path.startsWith('/2/oauth2/');
  const broken = incident(quirks, request);
  if (broken) return broken;
  if (isToken) {
    if (request.method === 'GET' && request.path === '/2/oauth2/authorize') return login.authorize(request);
    if (request.method !== 'POST') throw notFound(quirks, request.path);
    if (request.path === '/2/oauth2/revoke') return login.revoke(request);
    if (request.path !== '/2/oauth2/token') throw notFound(quirks, request.path);
    billing.checkCap();
    return login.token(request);
  }
  const route = routeOf(request);
  if (!route) {
    here.world.complain('x', `no such call: ${request.method} ${request.path}`);
    throw notFound(quirks, request.path);
  }
  const caller = login.bearer(bearerOf(request));
  if (!caller) throw unauthorized(quirks);
  if (!route.scopes.every((scope) => caller.scopes.includes(scope))) throw forbidden(quirks);
  rates.count(route.endpoint, caller.account.id);
  // Money is asked for before anything is done, media included.
  billing.afford('readPost');
  const response = serve(parts, route, request, caller.account);
  return {
    ...response,
    headers: { ...rates.headers(route.endpoint, caller.account.id), ...response.headers },
  };
}

interface Route {
  endpoint: Endpoint;
  scopes: readonly string[];
  id: string;
}

const routes: readonly { endpoint: Endpoint; path: RegExp; scopes: string }[] = [
  { endpoint: 'POST /2/tweets', path: /^\/2\/tweets$/u, scopes: 'tweet.read tweet.write users.read' },
  {
    endpoint: 'DELETE /2/tweets/:id',
    path: /^\/2\/tweets\/([^/]+)$/u,
    scopes: 'tweet.read tweet.write users.read',
  },
  { endpoint: 'GET /2/users/me', path: /^\/2\/users\/me$/u, scopes: 'tweet.read users.read' },
  {
    endpoint: 'GET /2/users/:id/tweets',
    path: /^\/2\/users\/([^/]+)\/tweets$/u,
    scopes: 'tweet.read users.read',
  },
  {
    endpoint: 'POST /2/media/upload/initialize',
    path: /^\/2\/media\/upload\/initialize$/u,
    scopes: 'media.write',
  },
  {
    endpoint: 'POST /2/media/upload/:id/append',
    path: /^\/2\/media\/upload\/([^/]+)\/append$/u,
    scopes: 'media.write',
  },
  {
    endpoint: 'POST /2/media/upload/:id/finalize',
    path: /^\/2\/media\/upload\/([^/]+)\/finalize$/u,
    scopes: 'media.write',
  },
  { endpoint: 'GET /2/media/upload', path: /^\/2\/media\/upload$/u, scopes: 'media.write' },
];

function routeOf({ method, path }: SimRequest): Route | undefined {
  for (const { endpoint, path: shape, scopes } of routes) {
    const match = endpoint.startsWith(`${method} `) ? shape.exec(path) : null;
    if (match) return { endpoint, scopes: scopes.split(' '), id: match[1] ?? '' };
  }
  return undefined;
}

function serve({ here, posts }: Parts, route: Route, request: SimRequest, account: SimAccount): SimResponse {
  const { media, quirks } = here;
  const id = () => idIn(quirks, request.path, route.id);
  switch (route.endpoint) {
    case 'POST /2/tweets':
      return posts.create(request, account);
    case 'DELETE /2/tweets/:id':
      return posts.remove(account, id());
    case 'GET /2/users/me':
      return me(here, request, account);
    case 'GET /2/users/:id/tweets':
      return timeline(here, posts, request, id());
    case 'POST /2/media/upload/initialize':
      return media.initialize(request, account);
    case 'POST /2/media/upload/:id/append':
      return media.append(request, account, id());
    case 'POST /2/media/upload/:id/finalize':
      return media.finalize(account, id());
    case 'GET /2/media/upload':
      return media.status(request, account);
  }
}

/** Bad days of X, as its incident history tells of them: https://docs.x.com/incidents */
function incident(quirks: XQuirks, request: SimRequest): SimResponse | undefined {
  const isToken = request.path.startsWith('/2/oauth2/');
  const concerned = {
    no: false,
    unauthorized: !isToken,
    'media-404': request.path.startsWith('/2/media/'),
    'posts-503': request.path === '/2/tweets',
    page: true,
    'page-403': !isToken,
    'no-data': request.method === 'GET' && request.path.endsWith('/tweets'),
  }[quirks.incident];
  if (!concerned || !spendOne(quirks, 'incidentTimes')) return undefined;
  switch (quirks.incident) {
    case 'unauthorized':
      return unauthorized(quirks).response;
    case 'media-404':
      return notFound(quirks, request.path).response;
    case 'posts-503':
      return problem(quirks, 503, { title: 'Service Unavailable', detail: 'Service Unavailable' }).response;
    case 'page-403':
      return proxyPage(403);
    case 'no-data':
      return {
        status: 200,
        body: { errors: [{ title: 'Service Unavailable', detail: 'Timeline: Unspecified' }] },
      };
    default:
      return proxyPage(520);
  }
}

function changeAccount(world: World, input: unknown): object {
  const { id, ...settings } = (input ?? {}) as Record<string, unknown>;
  const account = world.accounts('x').find((one) => one.id === id) ?? world.accounts('x')[0];
  if (!account) throw new Error('there is no account');
  Object.assign(account.settings, settings);
  return { id: account.id, ...account.settings };
}

/** Ids that hold their time, each larger than the one before. */
function snowflakesOf(world: World): () => string {
  let last = 0n;
  return () => {
    const wanted = (BigInt(Math.max(0, world.clock.now())) - ID_EPOCH) << 22n;
    last = wanted > last ? wanted : last + 1n;
    return last.toString();
  };
}
