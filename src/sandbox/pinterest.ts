import { SECOND } from '../core/clock.ts';
import { escapeHtml, htmlPage } from './html.ts';
import { bearerOf } from './oauth.ts';
import { Refusal, refusal } from './pinterest-answers.ts';
import { createLogin, type PinterestLogin } from './pinterest-login.ts';
import { createMedia, type PinterestMedia } from './pinterest-media.ts';
import { type Board, createPins, type PinterestPins } from './pinterest-pins.ts';
import { type PinterestQuirks, setQuirks, usualQuirks } from './pinterest-quirks.ts';
import { spendOne } from './quirks.ts';
import type { SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';

interface Parts {
  world: World;
  quirks: PinterestQuirks;
  login: PinterestLogin;
  media: PinterestMedia;
  pins: PinterestPins;
}

const storage = 'https://pinterest-media-upload.s3-accelerate.amazonaws.com';

/**
 * Pinterest as a destination: sign-in, upload by form to its storage, Pins on boards, its own sandbox. Built from
 * Pinterest's documents of 2026 (https://developers.pinterest.com/docs/).
 *
 * Levers: `quirks {name: value, …}` sets and shows what pinterest-quirks.ts lists; `endTokens {refresh}`;
 * `board {name, privacy, accountId}` makes one; `account {id, accountType}`; `delete {id}`.
 */
export const createPinterest: SimulatorFactory = (world) => {
  const quirks: PinterestQuirks = { ...usualQuirks };
  const media = createMedia(world, quirks);
  const pins = createPins(world, quirks, media);
  const parts: Parts = { world, quirks, login: createLogin(world, quirks), media, pins };
  return {
    platform: 'pinterest',
    origins: [
      'https://www.pinterest.com',
      'https://api.pinterest.com',
      'https://api-sandbox.pinterest.com',
      storage,
    ],
    posts: () => pins.posts(),
    handle(request) {
      // What broke off on the way is never answered, and nothing is done.
      if (!request.complete) return { status: 400 };
      try {
        return answer(parts, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    controls: {
      quirks: (input) => ({ ...setQuirks(quirks, input) }),
      endTokens: (input) => parts.login.endTokens(input),
      board: (input) => addBoard(parts, input),
      account(input) {
        const { id, ...settings } = (input ?? {}) as Record<string, unknown>;
        const account =
          world.accounts('pinterest').find((one) => one.id === id) ?? world.accounts('pinterest')[0];
        if (!account) throw new Error('there is no account');
        Object.assign(account.settings, settings);
        return { id: account.id, ...account.settings };
      },
      delete: (input) => ({ deleted: pins.remove(String((input as { id?: unknown } | undefined)?.id)) }),
    },
  };
};

function addBoard({ world, pins }: Parts, input: unknown): Board {
  const wish = (input ?? {}) as Partial<Board>;
  const accountId = wish.accountId ?? world.accounts('pinterest')[0]?.id ?? '';
  const board = {
    id: world.snowflake(),
    accountId,
    name: wish.name ?? 'New',
    privacy: wish.privacy ?? 'PUBLIC',
  };
  pins.boards.push(board);
  return board;
}

function answer(parts: Parts, request: SimRequest): SimResponse {
  const { login, media } = parts;
  if (request.origin === 'https://www.pinterest.com') return site(parts, request);
  if (request.origin === storage) {
    if (request.method === 'POST') return media.upload(request);
    return { status: 405, body: '<Error><Code>MethodNotAllowed</Code></Error>' };
  }
  if (request.path === '/v5/oauth/token' && request.method === 'POST') return login.token(request);
  return api(parts, request);
}

/** What a browser sees: the consent page and a Pin's own page. */
function site({ login, pins }: Parts, request: SimRequest): SimResponse {
  if (request.path === '/oauth/') return login.authorize(request);
  const pin = pins.posts().find(({ url }) => new URL(url).pathname === request.path);
  if (!pin) return { status: 404, body: '<!doctype html><title>Pinterest</title><p>No such page' };
  const { html, policy } = htmlPage({
    title: 'Pinterest',
    css: 'body{font-family:sans-serif}',
    body: `<article><h1>${escapeHtml(pin.title ?? '')}</h1><p>${escapeHtml(pin.text)}</p></article>`,
  });
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

function api(parts: Parts, request: SimRequest): SimResponse {
  const { login, quirks, media, pins } = parts;
  const { account, scopes } = login.holder(bearerOf(request));
  if (spendOne(quirks, 'limitedTimes')) return throttled(quirks);
  const need = (scope: string) => {
    if (!scopes.includes(scope))
      throw refusal(403, 7, `Your token does not have the required scopes: ${scope}`);
  };
  const caller = { account, inSandbox: request.origin === 'https://api-sandbox.pinterest.com' };
  const [, , noun = '', id = '', edge = ''] = request.path.split('/');
  const route = [request.method, noun, id === '' ? '' : ':id', edge].filter(Boolean).join(' ');
  switch (route) {
    case 'GET user_account':
      need('user_accounts:read');
      return withHeaders(quirks, 'read', { status: 200, body: accountOf(parts, account) });
    case 'GET boards':
      need('boards:read');
      return withHeaders(quirks, 'read', pins.listBoards(request, caller));
    case 'GET boards :id pins':
      need('boards:read');
      need('pins:read');
      return withHeaders(quirks, 'read', pins.list(request, caller, id));
    case 'POST media':
      need('pins:write');
      return withHeaders(quirks, 'write', media.register(request, account.id));
    case 'GET media :id':
      need('pins:read');
      return withHeaders(quirks, 'read', media.status(id, account.id));
    case 'POST pins':
      need('boards:read');
      need('pins:write');
      return withHeaders(quirks, 'write', pins.create(request, caller));
    case 'GET pins':
      need('pins:read');
      return withHeaders(quirks, 'read', pins.list(request, caller));
    default:
      parts.world.complain('pinterest', `no such call: ${request.method} ${request.path}`);
      throw refusal(404, 0, 'Not found.');
  }
}

function accountOf(
  { quirks }: Parts,
  account: { id: string; handle: string; settings: Record<string, unknown> },
) {
  return {
    account_type: account.settings['accountType'] ?? 'BUSINESS',
    ...(quirks.tellsId ? { id: account.id } : {}),
    username: account.handle.replace('@', ''),
    profile_image: '',
    website_url: '',
  };
}

/** https://developers.pinterest.com/docs/reference/rate-limits/ */
function withHeaders(quirks: PinterestQuirks, kind: 'read' | 'write', response: SimResponse): SimResponse {
  if (!quirks.rateHeaders) return response;
  const max = kind === 'read' ? 1000 : 100;
  const headers = {
    'x-ratelimit-limit': `${max}, 100;w=1;name="safety_net_app_id_user_id", ${max};w=60;name="org_${kind}_app_id_user_id"`,
    'x-ratelimit-remaining': String(max - 1),
    'x-ratelimit-reset': '42',
  };
  return { ...response, headers: { ...headers, ...response.headers } };
}

function throttled({ limited }: PinterestQuirks): SimResponse {
  const body = { code: 8, message: 'You have exceeded your rate limit. Try again later.' };
  if (limited === 'bare') return { status: 429, body };
  const headers = {
    'x-ratelimit-limit': '100, 100;w=60;name="org_write_app_id_user_id"',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String((42 * SECOND) / 1000),
  };
  return { status: 429, headers, body };
}
