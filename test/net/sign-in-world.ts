import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as ask } from 'node:http';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/core/account.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { OAuthSignIn, Service } from '../../src/core/platform.ts';
import { plainHttp } from '../../src/net/http.ts';
import type { SignInRequest } from '../../src/net/oauth.ts';
import { originMap } from '../../src/net/origins.ts';
import { challengeOf } from '../../src/net/pkce.ts';
import { standardGrant, standardTokenRequest } from '../../src/net/token.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import { httpServer, readAll } from './servers.ts';

export const server = 'https://accounts.example.com';
export const app: App = {
  platform: 'youtube',
  host: '',
  clientId: 'client-1',
  clientSecret: 'client-secret-1',
  settings: {},
};

export const rules: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
  pkce: 'S256',
  scopes: ['upload', 'read'],
  authorizeUrl: ({ app: { clientId }, redirectUri, state, challenge, scopes, loginHint }) => {
    const url = new URL(`${server}/authorize`);
    const fields = {
      client_id: clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge: challenge,
      scope: scopes.join(' '),
      login_hint: loginHint,
    };
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  },
  async exchange({ http, app: used, clock, code, redirectUri, verifier }) {
    const answer = await standardTokenRequest({
      http,
      clock,
      app: used,
      service,
      url: `${server}/token`,
      purpose: 'exchange',
      fields: { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
    });
    return standardGrant(answer, { clock, scopes: rules.scopes });
  },
};

const service: Service = {
  id: 'youtube',
  name: 'YouTube',
  origins: [server],
  signIn: rules,
  limits: [],
  costs: {},
  classify: () => undefined,
  async identities({ http }) {
    const { id } = (await http.send({ url: `${server}/me` })).json<{ id: string }>();
    return id === '' ? [] : [{ remoteId: id, handle: '@creator', name: 'Creator' }];
  },
};

export interface World {
  request: SignInRequest;
  clock: TestClock;
  /** The authorize address as announced and as opened. */
  announced: { authorizeUrl: string; redirectUri: string }[];
  opened: string[];
}

interface WorldOptions {
  /** What the platform sends the browser back with; the state is added unless it says another. */
  callback?: (authorize: URL) => Record<string, string>;
  scope?: string;
  id?: string;
  more?: Partial<SignInRequest>;
}

/** A platform's authorization server, and a browser that agrees at once. */
export async function world({
  callback = () => ({ code: 'the code/1' }),
  scope,
  id = '7575000000000000123',
  more = {},
}: WorldOptions = {}): Promise<World> {
  const announced: World['announced'] = [];
  const opened: string[] = [];
  let asked = new URL(server);
  const { url } = await httpServer(async (request, response) => {
    if (request.url === '/sim/token') {
      const form = new URLSearchParams((await readAll(request)).toString());
      const right =
        form.get('code') === 'the code/1' &&
        form.get('redirect_uri') === asked.searchParams.get('redirect_uri') &&
        challengeOf(form.get('code_verifier') ?? '', 'S256') === asked.searchParams.get('code_challenge');
      response.writeHead(right ? 200 : 400);
      response.end(
        JSON.stringify(right ? { access_token: 'fresh-access-token', scope } : { error: 'invalid_grant' }),
      );
    } else {
      response.writeHead(request.headers.authorization === 'Bearer fresh-access-token' ? 200 : 401);
      response.end(JSON.stringify({ id }));
    }
  });
  const clock = new TestClock();
  const origins = originMap({ [server]: `${url}/sim` });
  const transport = undiciTransport({ origins });
  onTestFinished(() => transport.close());
  const request: SignInRequest = {
    service,
    signIn: rules,
    app,
    http: plainHttp({ transport, clock, timeoutMs: 5000 }),
    clock,
    origins,
    announce: (addresses) => announced.push(addresses),
    async browse(address) {
      opened.push(address);
      asked = new URL(address);
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      const fields = { state: asked.searchParams.get('state') ?? '', ...callback(asked) };
      for (const [name, value] of Object.entries(fields)) back.searchParams.set(name, value);
      if (back.hostname === '127.0.0.1' && back.searchParams.get('state') !== 'hold') await visit(back.href);
    },
    ...more,
  };
  return { request, clock, announced, opened };
}

export async function visit(url: string): Promise<void> {
  const sent = ask(url, { agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
}
