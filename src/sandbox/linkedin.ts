import { escapeHtml, htmlPage } from './html.ts';
import { noPermission, Refusal, refusal } from './linkedin-answers.ts';
import { createLogin, type Holder, type LinkedinLogin } from './linkedin-login.ts';
import { createPosts, type LinkedinPosts } from './linkedin-posts.ts';
import { type LinkedinQuirks, setQuirks, usualQuirks } from './linkedin-quirks.ts';
import { createVideos, type LinkedinVideos } from './linkedin-videos.ts';
import { bearerOf } from './oauth.ts';
import { spendOne } from './quirks.ts';
import type { SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';

/** A page and what somebody may do there. */
interface Page {
  id: string;
  vanityName: string;
  localizedName: string;
  /** Account id → role. */
  roles: Record<string, string>;
}

interface Parts {
  world: World;
  quirks: LinkedinQuirks;
  login: LinkedinLogin;
  videos: LinkedinVideos;
  posts: LinkedinPosts;
  pages: Page[];
}

/**
 * LinkedIn as a destination: sign-in, upload in parts, posts of members and pages. Built from LinkedIn's documents
 * of 2026 (https://learn.microsoft.com/en-us/linkedin/).
 *
 * Levers: `quirks {name: value, …}` sets and shows what linkedin-quirks.ts lists; `token {scopes, accountId}` makes
 * one as the developer portal does; `endTokens {refresh}`; `page {id, vanityName, localizedName, roles}`;
 * `delete {id}`.
 */
export const createLinkedin: SimulatorFactory = (world) => {
  const quirks: LinkedinQuirks = { ...usualQuirks };
  const videos = createVideos(world, quirks);
  const posts = createPosts(world, quirks, videos);
  const login = createLogin(world, quirks);
  const parts: Parts = { world, quirks, login, videos, posts, pages: firstPages(world) };
  return {
    platform: 'linkedin',
    origins: ['https://www.linkedin.com', 'https://api.linkedin.com'],
    posts: () => posts.posts(),
    handle(request) {
      // What broke off on the way is never answered, and nothing is done.
      if (!request.complete) return { status: 400 };
      try {
        return request.origin === 'https://www.linkedin.com' ? site(parts, request) : api(parts, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    controls: {
      quirks: (input) => ({ ...setQuirks(quirks, input) }),
      token: (input) => login.make(input),
      endTokens: (input) => login.endTokens(input),
      page(input) {
        const page = input as Page;
        parts.pages = [...parts.pages.filter(({ id }) => id !== page.id), page];
        return parts.pages;
      },
      delete: (input) => ({ deleted: posts.remove(String((input as { id?: unknown } | undefined)?.id)) }),
    },
  };
};

/** One page that the first account runs, and one where it only looks at figures. */
function firstPages(world: World): Page[] {
  const [first] = world.accounts('linkedin');
  if (!first) return [];
  return [
    {
      id: '10100101',
      vanityName: 'creator-studio',
      localizedName: 'Creator Studio',
      roles: { [first.id]: 'ADMINISTRATOR' },
    },
    {
      id: '10100202',
      vanityName: 'second-studio',
      localizedName: 'Second Studio',
      roles: { [first.id]: 'ANALYST' },
    },
  ];
}

// ---------------------------------------------------------------- www.linkedin.com

function site({ login, videos, posts }: Parts, request: SimRequest): SimResponse {
  const { method, path } = request;
  if (path === '/oauth/v2/authorization') return login.authorize(request);
  if (path === '/oauth/v2/accessToken' && method === 'POST') return login.token(request);
  if (path === '/oauth/v2/introspectToken' && method === 'POST') return login.introspect(request);
  if (path.startsWith('/dms-uploads/') && method === 'PUT') return videos.put(request);
  const post = posts.posts().find(({ url }) => new URL(url).pathname === decodeURIComponent(path));
  if (!post) return { status: 404, body: '<!doctype html><title>LinkedIn</title><p>This page doesn’t exist' };
  const { html, policy } = htmlPage({
    title: 'LinkedIn',
    css: 'body{font-family:sans-serif}',
    body: `<article><p>${escapeHtml(post.text)}</p></article>`,
  });
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

// ---------------------------------------------------------------- api.linkedin.com

function api(parts: Parts, request: SimRequest): SimResponse {
  const { login, quirks } = parts;
  const holder = login.holder(bearerOf(request));
  if (spendOne(quirks, 'limitedTimes')) throttle(quirks);
  if (request.path === '/v2/userinfo' && request.method === 'GET') return userinfo(holder);
  if (!request.path.startsWith('/rest/')) throw notThere(parts, request);
  checkHeaders(parts, request);
  const [, , resource = '', key = ''] = request.path.split('/');
  const authors = authorsOf(parts, holder);
  switch (`${request.method} ${resource}`) {
    case 'POST videos':
      return video(parts, request, authors);
    case 'GET videos':
      return parts.videos.status(urnIn(parts, key), authors);
    case 'POST posts':
      return parts.posts.create(request, authors);
    case 'GET posts':
      return readPosts(parts, request, holder, key);
    case 'GET organizationAcls':
      return roles(parts, request, holder);
    case 'GET organizations':
      return organization(parts, holder, key);
    default:
      throw notThere(parts, request);
  }
}

function throttle({ limited }: LinkedinQuirks): never {
  if (limited === 'protection') throw new Refusal({ status: 429, body: '<html>Too Many Requests</html>' });
  throw refusal(429, 'Resource level throttle limit for calls to this resource is reached.', {
    serviceErrorCode: 101,
    code: 'TOO_MANY_REQUESTS',
  });
}

function notThere({ world }: Parts, { method, path }: SimRequest): Refusal {
  world.complain('linkedin', `no such call: ${method} ${path}`);
  return refusal(404, `No virtual resource found`, { serviceErrorCode: 0, code: 'RESOURCE_NOT_FOUND' });
}

/** https://learn.microsoft.com/en-us/linkedin/marketing/versioning */
function checkHeaders({ world, quirks }: Parts, { headers, method, body }: SimRequest): void {
  const version = headers['linkedin-version'];
  if (version === undefined) {
    world.complain('linkedin', 'a call names no version of the API');
    throw refusal(
      400,
      'A version must be present. Please specify a version by adding the LinkedIn-Version header.',
      {
        code: 'VERSION_MISSING',
      },
    );
  }
  if (!/^\d{6}$/u.test(version) || version < quirks.oldestVersion || version > quirks.newestVersion)
    throw refusal(426, `Requested version ${version}.01 is not active`, { code: 'NONEXISTENT_VERSION' });
  if (headers['x-restli-protocol-version'] !== '2.0.0')
    world.complain('linkedin', 'a call names no protocol version 2.0.0');
  if (method === 'POST' && body.length > 0 && !/^application\/json\b/u.test(headers['content-type'] ?? ''))
    throw refusal(415, 'Content type must be application/json');
}

function userinfo({ account, scopes }: Holder): SimResponse {
  if (!scopes.includes('openid')) throw noPermission('userinfo.GET.NO_VERSION');
  const [given = '', ...family] = account.name.split(' ');
  return {
    status: 200,
    body: {
      sub: account.id,
      name: account.name,
      given_name: given,
      family_name: family.join(' '),
      locale: { country: 'US', language: 'en' },
    },
  };
}

/** Whom the caller may post for. */
function authorsOf({ pages }: Parts, { account, scopes }: Holder): string[] {
  const poster = /^(ADMINISTRATOR|CONTENT_ADMINISTRATOR|DIRECT_SPONSORED_CONTENT_POSTER)$/u;
  return [
    ...(scopes.includes('w_member_social') ? [`urn:li:person:${account.id}`] : []),
    ...(scopes.includes('w_organization_social')
      ? pages
          .filter(({ roles: held }) => poster.test(held[account.id] ?? ''))
          .map(({ id }) => `urn:li:organization:${id}`)
      : []),
  ];
}

/** A URN in a path, every colon encoded. */
function urnIn({ world }: Parts, key: string): string {
  if (!key.includes(':')) return decodeURIComponent(key);
  world.complain('linkedin', `a URN stands bare in the path: ${key}`);
  throw refusal(400, 'Syntax exception in path variables', { code: 'ILLEGAL_ARGUMENT' });
}

function video({ world, videos }: Parts, request: SimRequest, authors: readonly string[]): SimResponse {
  if (authors.length === 0) throw noPermission('partnerApiVideos.ACTION');
  switch (request.query.get('action')) {
    case 'initializeUpload':
      return videos.initialize(request, authors);
    case 'finalizeUpload':
      return videos.finalize(request, authors);
    default:
      world.complain('linkedin', `POST /rest/videos?${request.query}`);
      throw refusal(400, 'Unknown action');
  }
}

/** Most members' apps may list nothing; whether they may read what they name is not documented. */
function readPosts(parts: Parts, request: SimRequest, { account, scopes }: Holder, key: string): SimResponse {
  const { quirks, posts, pages } = parts;
  const mine = (author: string) =>
    author === `urn:li:person:${account.id}`
      ? scopes.includes('r_member_social')
      : scopes.includes('r_organization_social') &&
        pages.some(
          ({ id, roles: held }) => author.endsWith(`:${id}`) && held[account.id] === 'ADMINISTRATOR',
        );
  if (key === '') {
    if (!mine(request.query.get('author') ?? '')) throw noPermission('partnerApiPosts.FINDER-author');
    return posts.list(request);
  }
  const answer = posts.read(urnIn(parts, key));
  const { author } = answer.body as { author: string };
  const own = author === `urn:li:person:${account.id}` && quirks.readsNamedPosts;
  if (!own && !mine(author)) throw noPermission('partnerApiPosts.GET');
  return answer;
}

function roles({ pages }: Parts, request: SimRequest, { account, scopes }: Holder): SimResponse {
  if (!scopes.includes('rw_organization_admin')) throw noPermission('organizationAcls.FINDER-roleAssignee');
  if (request.query.get('q') !== 'roleAssignee') throw refusal(400, 'Invalid query parameters');
  const elements = pages.flatMap(({ id, roles: held }) => {
    const role = held[account.id];
    const organization = `urn:li:organization:${id}`;
    const roleAssignee = `urn:li:person:${account.id}`;
    return role === undefined ? [] : [{ role, organization, roleAssignee, state: 'APPROVED' }];
  });
  return {
    status: 200,
    body: { paging: { start: 0, count: 10, links: [], total: elements.length }, elements },
  };
}

function organization({ pages }: Parts, { account, scopes }: Holder, key: string): SimResponse {
  const page = pages.find(({ id }) => id === key);
  if (!page) throw refusal(404, `Could not find organization ${key}`, { code: 'RESOURCE_NOT_FOUND' });
  if (!scopes.includes('rw_organization_admin') || page.roles[account.id] !== 'ADMINISTRATOR')
    throw noPermission('organizations.GET');
  const { id, vanityName, localizedName } = page;
  return { status: 200, body: { id: Number(id), vanityName, localizedName } };
}
