import type { Grant } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, HOUR, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { HttpResponse } from '../core/http.ts';
import type { RefreshRequest, TokenSignIn } from '../core/platform.ts';
import { rememberSecret } from '../net/redact.ts';
import { findAuthServer, findDid, findHome, identifierOf, serverOf, xrpc } from './bluesky-identity.ts';
import type { Session } from './bluesky-session.ts';
import { extraOf, sessionOf } from './bluesky-session.ts';

/** Where a token does not say: https://atproto.com/specs/xrpc#authentication */
const ACCESS_MS = 2 * HOUR;
const REFRESH_MS = 90 * DAY;

/**
 * A password that the person makes for this program alone in Settings → Privacy and security → App passwords.
 * It is used once and not kept; what is kept is the session, which lasts as long as it is used.
 */
export const appPassword: TokenSignIn = {
  kind: 'token',
  what: 'app password from Settings → Privacy and security → App passwords',
  fromToken,
  refresh,
  revoke: endSession,
};

async function fromToken({
  http,
  clock,
  token,
  at,
  handle,
}: Parameters<TokenSignIn['fromToken']>[0]): Promise<Grant> {
  rememberSecret(token);
  if (handle === undefined)
    throw new Failure('E_MISSING_ANSWER', {
      message: 'An app password doesn’t say whose it is.',
      hint: 'Name the account with --account.',
      command: 'repost login bluesky --app-password --account alice.bsky.social',
    });
  const did = await findDid(http, identifierOf(handle), at === undefined ? undefined : serverOf(at));
  const home = await findHome(http, did);
  const issuer = await sessionServer(http, home.pds);
  const response = await http.send({
    url: xrpc(issuer, 'com.atproto.server.createSession'),
    json: { identifier: did, password: token },
    accept: [400, 401],
    authorize: false,
  });
  if (response.status !== 200) throw refusal(response, home.handle || did);
  const grant = grantOf(response, clock, { did, pds: home.pds, issuer });
  if (claimsOf(grant.accessToken)['scope'] !== 'com.atproto.access') return grant;
  // With the account's own password one can delete the account: such a session is not kept.
  await endSession({ http, grant });
  throw ownPassword(response.status);
}

/** Those of Bluesky sign in at the common entrance, others at their own server. */
async function sessionServer(http: Parameters<typeof findAuthServer>[0], pds: string): Promise<string> {
  try {
    return (await findAuthServer(http, pds)).issuer;
  } catch (error) {
    // A server without a sign-in in the browser has this one all the same.
    if (error instanceof Failure && error.code === 'E_USAGE') return pds;
    throw error;
  }
}

function refusal(response: HttpResponse, who: string): Failure {
  const { error } = response.json<{ error?: unknown }>();
  const details = { status: response.status, certain: true, command: 'repost login bluesky --app-password' };
  if (error === 'AuthFactorTokenRequired') return ownPassword(response.status);
  if (error === 'AccountTakedown')
    return new Failure('E_ACCOUNT_BLOCKED', { ...details, message: `Bluesky has taken ${who} down.` });
  return new Failure('E_LOGIN_CODE', {
    ...details,
    message: `Bluesky refused the app password of ${who}.`,
    hint: 'See that handle and password belong together, or make a new one in Settings → Privacy and security → App passwords.',
  });
}

function ownPassword(status: number): Failure {
  return new Failure('E_LOGIN_CODE', {
    status,
    certain: true,
    message: 'That is the account’s own password.',
    hint: 'Make an app password for repost in Settings → Privacy and security → App passwords.',
    command: 'repost login bluesky --app-password',
  });
}

/** A replaced refresh token gives the same successor again for two hours: a lost answer costs nothing. */
async function refresh({ http, clock, grant }: RefreshRequest): Promise<Grant> {
  const session = sessionOf(grant);
  const response = await http.send({
    method: 'POST',
    url: xrpc(session.issuer, 'com.atproto.server.refreshSession'),
    headers: { authorization: `Bearer ${grant.refreshToken ?? ''}` },
    authorize: false,
  });
  if (response.json<{ did?: unknown }>().did !== session.did)
    throw new Failure('E_BAD_ANSWER', { message: 'Bluesky renewed the sign-in of another account.' });
  return grantOf(response, clock, session);
}

async function endSession({ http, grant }: Pick<RefreshRequest, 'http' | 'grant'>): Promise<void> {
  await http.send({
    method: 'POST',
    url: xrpc(sessionOf(grant).issuer, 'com.atproto.server.deleteSession'),
    headers: { authorization: `Bearer ${grant.refreshToken ?? ''}` },
    authorize: false,
  });
}

function grantOf(response: HttpResponse, clock: Clock, session: Session): Grant {
  const body = response.json<Readonly<Record<string, unknown>>>();
  const { accessJwt, refreshJwt } = body;
  if (typeof accessJwt !== 'string' || typeof refreshJwt !== 'string')
    throw new Failure('E_BAD_ANSWER', { message: 'Bluesky answered the sign-in without tokens.' });
  for (const secret of [accessJwt, refreshJwt]) rememberSecret(secret);
  const now = clock.now();
  return {
    accessToken: accessJwt,
    refreshToken: refreshJwt,
    expiresAt: endOf(accessJwt) ?? now + ACCESS_MS,
    refreshExpiresAt: endOf(refreshJwt) ?? now + REFRESH_MS,
    scopes: ['app-password'],
    obtainedAt: now,
    extra: extraOf(session),
  };
}

/** When a token ends (epoch ms), if it says so in the usual place. Nothing depends on it but when it is renewed. */
function endOf(token: string): number | undefined {
  const { exp } = claimsOf(token);
  return typeof exp === 'number' && Number.isFinite(exp) && exp > 0 ? exp * SECOND : undefined;
}

/** What a token says of itself, if it is of the usual form. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
