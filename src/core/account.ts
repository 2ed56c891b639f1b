import type { Clock } from './clock.ts';
import type { Http } from './http.ts';
import type { PlatformId } from './names.ts';

export type AccountStatus = 'ok' | 'expiring' | 'login-needed';

/** One signed-in identity on a platform. No secrets: the grant is in the vault. */
export interface Account {
  id: number;
  platform: PlatformId;
  /** As people write it: `youtube:@creator`. */
  account: string;
  handle: string;
  name: string;
  /** The platform's own id: always text. */
  remoteId: string;
  user: string;
  status: AccountStatus;
  scopes: readonly string[];
  /** When the access token ends (epoch ms), where known. */
  expiresAt?: number;
  /** When the sign-in itself ends unless renewed by its person (epoch ms), where known. */
  breaksAt?: number;
  paused: boolean;
  /** Facts about the account that its platform file needs (page id, server, subscription), never secrets. */
  settings: Readonly<Record<string, unknown>>;
  createdAt: number;
  updatedAt: number;
}

/** A question about an account. Http is bound to it. */
export interface AccountRequest {
  http: Http;
  account: Account;
  clock: Clock;
}

/** The user's own developer app on a platform. The secret is in the vault. */
export interface App {
  platform: PlatformId;
  /** '' or, where every server needs an app of its own (Mastodon), the server's host. */
  host: string;
  clientId: string;
  clientSecret?: string;
  redirectUri?: string;
  settings: Readonly<Record<string, unknown>>;
}

/** What a sign-in yields: kept in the vault, whole, under the account's name. */
export interface Grant {
  accessToken: string;
  refreshToken?: string;
  /** Epoch ms. */
  expiresAt?: number;
  /** When the refresh token ends (epoch ms), where the platform says so. */
  refreshExpiresAt?: number;
  scopes: readonly string[];
  /** When this grant was given or renewed (epoch ms). */
  obtainedAt: number;
  /** Further secrets of the platform (page token, DPoP key …). */
  extra?: Readonly<Record<string, string>>;
}

/** One account that a sign-in offers. */
export interface Identity {
  remoteId: string;
  handle: string;
  name: string;
  url?: string;
  /** Why it can't be posted to, where it can't. */
  ineligible?: string;
  settings?: Readonly<Record<string, unknown>>;
  /** Where the account has tokens of its own (Pages), they are added to the grant. */
  grantExtra?: Readonly<Record<string, string>>;
  /** Something its person should know now (unaudited project, testing mode …). */
  warnings?: readonly string[];
}
