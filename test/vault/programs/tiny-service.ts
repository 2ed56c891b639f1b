import type { Account, App, Grant } from '../../../src/core/account.ts';
import type { Http } from '../../../src/core/http.ts';
import type { OAuthSignIn, RefreshRequest, Service } from '../../../src/core/platform.ts';

/** The smallest service there can be: all that matters is how it renews. */
export function tinyService(
  refresh: ((request: RefreshRequest) => Promise<Grant>) | undefined,
  refreshAheadMs?: number,
): Service {
  const unused = async (): Promise<never> => {
    throw new Error('not part of this test');
  };
  const signIn: OAuthSignIn = {
    kind: 'oauth',
    redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
    pkce: 'S256',
    scopes: ['publish'],
    authorizeUrl: () => 'https://tiny.example/authorize',
    exchange: unused,
    ...(refresh && { refresh }),
    ...(refreshAheadMs !== undefined && { refreshAheadMs }),
  };
  return {
    id: 'pinterest',
    name: 'Pinterest',
    origins: [],
    signIn,
    limits: [],
    costs: {},
    identities: unused,
    classify: () => undefined,
  };
}

export const account: Account = {
  id: 1,
  platform: 'pinterest',
  account: 'pinterest:@creator',
  handle: '@creator',
  name: 'Creator',
  remoteId: '7575000000000000123',
  user: 'me',
  status: 'ok',
  scopes: ['publish'],
  paused: false,
  settings: {},
  createdAt: 0,
  updatedAt: 0,
};

export const app: App = {
  platform: 'pinterest',
  host: '',
  clientId: 'id',
  clientSecret: 'canary-client-secret',
  settings: {},
};

/** These services renew without the Http they are given. */
export function noHttp(clock: Http['clock']): Http {
  return {
    clock,
    send: async () => {
      throw new Error('not part of this test');
    },
  };
}
