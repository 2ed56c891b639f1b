import type { Account, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { Run } from '../core/platform.ts';
import { learnNonce, proofFor, wantsNonce } from './bluesky-dpop.ts';
import { xrpcNameOf } from './bluesky-errors.ts';
import type { Home } from './bluesky-identity.ts';
import { appView, entryway, findHome, xrpc } from './bluesky-identity.ts';

/** What a sign-in must remember besides its tokens. Kept with them in the vault, for a grant has no other place. */
export interface Session {
  did: string;
  pds: string;
  /** The server that renews the tokens. */
  issuer: string;
  /** Only of sign-ins in the browser. */
  clientId?: string;
  tokenEndpoint?: string;
  revocationEndpoint?: string;
}

/** A grant's `extra`: the session, and the key that proves possession where there is one. */
export function extraOf(session: Session, dpopKey?: string): Record<string, string> {
  return { session: JSON.stringify(session), ...(dpopKey === undefined ? {} : { dpopKey }) };
}

export function sessionOf(grant: Grant): Session {
  const kept = grant.extra?.['session'];
  if (kept !== undefined) return JSON.parse(kept) as Session;
  throw new Failure('E_LOGIN_NEEDED', {
    message: 'The kept Bluesky sign-in is not complete.',
    command: 'repost login bluesky',
    certain: true,
  });
}

/** Adds the credentials: a plain bearer for app passwords, a token with its proof for sign-ins in the browser. */
export function authorize(request: HttpRequest, grant: Grant, clock: Clock): HttpRequest {
  const key = grant.extra?.['dpopKey'];
  const headers =
    key === undefined
      ? { authorization: `Bearer ${grant.accessToken}` }
      : {
          authorization: `DPoP ${grant.accessToken}`,
          dpop: proofFor(request, key, clock, grant.accessToken),
        };
  return { ...request, headers: { ...request.headers, ...headers } };
}

export function wantsProof(response: HttpResponse, request: HttpRequest): boolean {
  learnNonce(response, request.url);
  return request.headers?.['dpop'] !== undefined && wantsNonce(response);
}

// ---------------------------------------------------------------- the account's server

/** The account's home as it was at the sign-in. */
function homeOf(account: Account): Home {
  const { pds } = account.settings;
  const handle = account.handle.replace(/^@/u, '');
  return { did: account.remoteId, pds: typeof pds === 'string' ? pds : entryway, handle };
}

/** What a server says to an account that it no longer has. Tokens for its new server it takes for broken ones. */
const leftBehind =
  /^(AccountNotFound|AccountDeactivated|RepoNotFound|RepoDeactivated|InvalidToken|invalid_token)$/u;

const MOVE = 'follow the account';

/**
 * Works at the account's server; where that no longer knows the account, looks up where it has moved to and
 * works there. The repository moves whole, so nothing is posted twice for it. A job's journal keeps the new address.
 */
export async function atHome<T>(
  { http, account, run }: { http: Http; account: Account; run?: Run },
  work: (home: Home) => Promise<T>,
): Promise<T> {
  const known =
    run?.doneAt(MOVE) === undefined
      ? undefined
      : await run.step(MOVE, () => findHome(http, account.remoteId));
  const home = known ?? homeOf(account);
  try {
    return await work(home);
  } catch (error) {
    if (known || !leftBehind.test(xrpcNameOf(asFailure(error)))) throw error;
    const now = await findHome(http, home.did).catch(() => home);
    if (now.pds === home.pds) throw error;
    return await work((await run?.step(MOVE, async () => now)) ?? now);
  }
}

// ---------------------------------------------------------------- who signed in

/** The one account of this sign-in. */
export async function identities({ http, grant }: { http: Http; grant: Grant }): Promise<Identity[]> {
  const { did, pds, issuer } = sessionOf(grant);
  const response = await http.send({ url: xrpc(pds, 'com.atproto.server.getSession') });
  const session = response.json<Readonly<Record<string, unknown>>>();
  if (session['did'] !== did)
    throw new Failure('E_BAD_ANSWER', { message: 'Bluesky did not say whose sign-in this is.' });
  const handle = typeof session['handle'] === 'string' ? session['handle'] : '';
  // A handle whose domain no longer points here is shown as invalid by everybody.
  const shown = handle === '' || handle === 'handle.invalid' ? did : `@${handle}`;
  const server = await http.send({ url: xrpc(pds, 'com.atproto.server.describeServer'), authorize: false });
  const serverDid = server.json<Readonly<Record<string, unknown>>>()['did'];
  const byPassword = grant.extra?.['dpopKey'] === undefined;
  const warnings = [
    ...(session['emailConfirmed'] === false ? [unconfirmed] : []),
    ...(byPassword ? [] : [fortnight]),
  ];
  return [
    {
      remoteId: did,
      handle: shown,
      name: (await displayName(http, did)) ?? shown.replace(/^@/u, ''),
      url: `https://bsky.app/profile/${did}`,
      settings: {
        pds,
        issuer,
        serverDid: typeof serverDid === 'string' ? serverDid : `did:web:${new URL(pds).hostname}`,
        ...(byPassword ? { signIn: 'app-password' } : {}),
      },
      ...(session['active'] === false ? { ineligible: 'The account is deactivated or taken down.' } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
    },
  ];
}

const unconfirmed =
  'The account’s e-mail address is not confirmed: Bluesky takes no videos from it. Confirm it in the Bluesky app.';

/** Sessions of public clients: https://github.com/bluesky-social/atproto/blob/main/packages/oauth/oauth-provider/src/constants.ts */
const fortnight =
  'Bluesky ends a sign-in in the browser after 14 days. An app password lasts: repost login bluesky --app-password --account HANDLE';

/** For lists only; who is not known to Bluesky's own view goes without. */
async function displayName(http: Http, did: string): Promise<string | undefined> {
  try {
    const response = await http.send({
      url: xrpc(appView, 'app.bsky.actor.getProfile'),
      query: { actor: did },
      call: 'directory',
      authorize: false,
    });
    const name = response.json<{ displayName?: unknown }>().displayName;
    return typeof name === 'string' && name.trim() !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
