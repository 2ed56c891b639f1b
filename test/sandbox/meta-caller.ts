import { TestClock } from '../../src/core/clock.ts';
import { createFacebook } from '../../src/sandbox/facebook.ts';
import { createInstagram } from '../../src/sandbox/instagram.ts';
import { approveWithin, type Choice } from '../../src/sandbox/person.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { SimRequest } from '../../src/sandbox/types.ts';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Record<string, never> & { [name: string]: unknown };
  text: string;
}

type Values = Readonly<Record<string, string | number>>;

/** Talks to the simulated hosts with requests written by hand: no code of the client is in between. */
export function openCaller(platform: 'instagram' | 'facebook') {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 3, simulators: [createInstagram, createFacebook] });
  const [app] = sandbox.world.apps(platform);
  const { clientId, clientSecret } = app!;
  const redirect = 'https://localhost:8443/callback';

  async function call(
    method: string,
    address: string,
    values: Values = {},
    more: Partial<Pick<SimRequest, 'headers' | 'body' | 'complete'>> = {},
  ): Promise<Reply> {
    const url = new URL(address);
    const text = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    const isForm = method === 'POST' && more.body === undefined;
    if (!isForm) for (const [name, value] of Object.entries(text)) url.searchParams.set(name, value);
    const answer = await sandbox.dispatch({
      origin: url.origin,
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {},
      body: isForm ? Buffer.from(new URLSearchParams(text).toString()) : Buffer.alloc(0),
      complete: true,
      ...more,
    });
    if ('cut' in answer) return { status: 0, headers: {}, body: {} as Reply['body'], text: answer.cut };
    const words = answer.body.toString();
    const isJson = answer.headers['content-type']?.includes('json') === true;
    return {
      status: answer.status,
      headers: answer.headers,
      body: (isJson ? JSON.parse(words) : {}) as Reply['body'],
      text: words,
    };
  }

  const graph = 'https://graph.facebook.com/v26.0';

  async function code(choice: Choice = {}, scope = scopes[platform], state = 's 1'): Promise<URL> {
    const url = new URL('https://www.facebook.com/v26.0/dialog/oauth');
    const query = { client_id: clientId, redirect_uri: redirect, response_type: 'code', scope, state };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return new URL((await approveWithin(sandbox, url.href, choice)).redirectedTo);
  }

  async function userToken(choice: Choice = {}): Promise<string> {
    const keys = { client_id: clientId, client_secret: clientSecret };
    const given = (await code(choice)).searchParams.get('code') ?? '';
    const short = await call('GET', `${graph}/oauth/access_token`, {
      ...keys,
      redirect_uri: redirect,
      code: given,
    });
    const long = await call('GET', `${graph}/oauth/access_token`, {
      ...keys,
      grant_type: 'fb_exchange_token',
      fb_exchange_token: String(short.body['access_token']),
    });
    return String(long.body['access_token']);
  }

  async function pageToken(choice: Choice = {}): Promise<string> {
    const user = await userToken(choice);
    const { body } = await call('GET', `${graph}/me/accounts`, {
      fields: 'access_token',
      access_token: user,
    });
    return (body['data'] as unknown as { access_token: string }[])[0]?.access_token ?? '';
  }

  return {
    clock,
    sandbox,
    call,
    graph,
    redirect,
    keys: { client_id: clientId, client_secret: clientSecret },
    code,
    userToken,
    pageToken,
    pull: (lever: string, input?: unknown) => sandbox.control(platform, lever, input),
    quirks: (quirks: object) => sandbox.control(platform, 'quirks', quirks),
    accountId: sandbox.world.accounts(platform)[0]?.id ?? '',
  };
}

const scopes = {
  instagram: 'instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement',
  facebook: 'pages_show_list,pages_read_engagement,pages_manage_posts',
};

export type Caller = ReturnType<typeof openCaller>;

/** Code and subcode of a Graph error; undefined where there is none. */
export function errorOf({ body }: Reply): string | undefined {
  const error = body['error'] as unknown as { code: number; error_subcode?: number } | undefined;
  if (!error) return undefined;
  return error.error_subcode === undefined ? `${error.code}` : `${error.code}/${error.error_subcode}`;
}

/** Type of a rupload refusal. */
export function debugOf({ body }: Reply): string | undefined {
  return (body['debug_info'] as unknown as { type?: string } | undefined)?.type;
}
