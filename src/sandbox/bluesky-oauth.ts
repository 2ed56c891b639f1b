import { MINUTE } from '../core/clock.ts';
import { oauthRefuse, ok, Refusal } from './bluesky-answers.ts';
import type { Authorized, PushedRequest } from './bluesky-consent.ts';
import { authorize, pushRequest } from './bluesky-consent.ts';
import type { Proofs } from './bluesky-dpop.ts';
import type { Network, Resident } from './bluesky-network.ts';
import { hostDid } from './bluesky-network.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import type { Codes } from './oauth.ts';
import { challengeOf, createCodes, formOf } from './oauth.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

/** A sign-in in the browser, from the consent to its end. */
export interface OauthSession {
  did: string;
  clientId: string;
  issuer: string;
  scope: string;
  /** Thumbprint of the key that it is bound to. */
  thumbprint: string;
  startedAt: number;
  refreshToken: string;
  /** Refresh tokens that were used. */
  used: Set<string>;
  ended: boolean;
}

export interface OauthAccess {
  session: OauthSession;
  audience: string;
  endsAt: number;
}

export interface OauthState {
  world: World;
  quirks: BlueskyQuirks;
  network: Network;
  proofs: Proofs;
  pushed: Map<string, PushedRequest>;
  codes: Codes<Authorized>;
}

export interface BlueskyOauth {
  /** Undefined: not an address of an authorization server. */
  handle(request: SimRequest): SimResponse | undefined;
  /** An access token, ended or not. */
  access(token: string): OauthAccess | undefined;
  endAccessTokens(): number;
  /** The person takes the access away. */
  endSessions(did: string): number;
}

export function createBlueskyOauth(parts: Omit<OauthState, 'pushed' | 'codes'>): BlueskyOauth {
  const { world, quirks, network, proofs } = parts;
  const state: OauthState = {
    ...parts,
    pushed: new Map(),
    codes: createCodes<Authorized>(world.clock, 5 * MINUTE),
  };
  const sessions: OauthSession[] = [];
  const accesses = new Map<string, OauthAccess>();

  function grant(session: OauthSession): SimResponse {
    const resident = network.find(session.did) as Resident;
    const token = `eyJ${world.token('', 90)}`;
    accesses.set(token, {
      session,
      audience: hostDid(resident.pds),
      endsAt: world.clock.now() + quirks.accessTokenMs,
    });
    session.refreshToken = world.token('ref-', 43);
    return ok({
      access_token: token,
      token_type: 'DPoP',
      refresh_token: session.refreshToken,
      scope: session.scope,
      expires_in: Math.floor(quirks.accessTokenMs / 1000),
      sub: session.did,
    });
  }

  function fromCode(request: SimRequest, form: URLSearchParams, thumbprint: string): SimResponse {
    const taken = state.codes.take(form.get('code') ?? '');
    if (taken.state === 'unknown') return oauthRefuse(400, 'invalid_grant', 'Invalid code');
    const { data } = taken;
    if (taken.state === 'used') {
      // Somebody else may hold what the first use gave: it all ends.
      end((session) => session.did === data.did && session.thumbprint === data.thumbprint);
      return oauthRefuse(400, 'invalid_grant', 'Invalid code');
    }
    if (taken.state === 'expired') return oauthRefuse(400, 'invalid_grant', 'This code has expired');
    if (data.clientId !== form.get('client_id') || data.issuer !== request.origin)
      return oauthRefuse(400, 'invalid_grant', 'This code was not issued for this client');
    if (data.redirectUri !== form.get('redirect_uri'))
      return oauthRefuse(
        400,
        'invalid_grant',
        'The redirect_uri parameter must match the one used in the authorization request',
      );
    if (data.thumbprint !== thumbprint)
      return oauthRefuse(400, 'invalid_dpop_key_binding', 'Invalid DPoP key binding');
    if (challengeOf(form.get('code_verifier') ?? '', 'S256') !== data.challenge)
      return oauthRefuse(400, 'invalid_grant', 'Invalid code_verifier');
    const session: OauthSession = {
      did: data.did,
      clientId: data.clientId,
      issuer: data.issuer,
      scope: data.scope,
      thumbprint,
      startedAt: world.clock.now(),
      refreshToken: '',
      used: new Set(),
      ended: false,
    };
    sessions.push(session);
    return grant(session);
  }

  function fromRefresh(form: URLSearchParams, thumbprint: string): SimResponse {
    const token = form.get('refresh_token') ?? '';
    const replayed = sessions.find((session) => !session.ended && session.used.has(token));
    if (replayed) {
      replayed.ended = true;
      return oauthRefuse(400, 'invalid_grant', 'Refresh token replayed');
    }
    const session = sessions.find((one) => !one.ended && one.refreshToken === token);
    if (!session || token === '') return oauthRefuse(400, 'invalid_grant', 'Invalid refresh token');
    if (session.clientId !== form.get('client_id'))
      return oauthRefuse(400, 'invalid_grant', 'Token was not issued to this client');
    if (session.thumbprint !== thumbprint)
      return oauthRefuse(400, 'invalid_dpop_key_binding', 'Invalid DPoP key binding');
    // An account that has moved to somebody else's server is signed in there.
    const resident = network.find(session.did);
    if (!resident || network.issuerOf(resident.pds) !== session.issuer)
      return oauthRefuse(400, 'invalid_grant', 'Invalid refresh token');
    if (world.clock.now() >= session.startedAt + quirks.publicSessionMs) {
      session.ended = true;
      return oauthRefuse(400, 'invalid_grant', 'Session expired');
    }
    session.used.add(token);
    return grant(session);
  }

  function end(test: (session: OauthSession) => boolean): number {
    const ending = sessions.filter((session) => !session.ended && test(session));
    for (const session of ending) session.ended = true;
    return ending.length;
  }

  function token(request: SimRequest): SimResponse {
    const form = formOf(request);
    const thumbprint = proofs.check(request);
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return fromCode(request, form, thumbprint);
      case 'refresh_token':
        return fromRefresh(form, thumbprint);
      default:
        return oauthRefuse(400, 'unsupported_grant_type', 'Unsupported grant_type');
    }
  }

  function revoke(request: SimRequest): SimResponse {
    const form = formOf(request);
    const named = form.get('token') ?? '';
    const session = sessions.find((one) => one.refreshToken === named) ?? accesses.get(named)?.session;
    if (session && session.clientId === form.get('client_id')) session.ended = true;
    return ok({});
  }

  return {
    access: (text) => accesses.get(text),
    endAccessTokens() {
      const { size } = accesses;
      accesses.clear();
      return size;
    },
    endSessions: (did) => end((session) => session.did === did),
    handle(request) {
      const server = network.residents().some(({ pds }) => network.issuerOf(pds) === request.origin);
      const known = server || !request.origin.endsWith('.host.bsky.network');
      switch (`${request.method} ${request.path}`) {
        case 'GET /.well-known/oauth-protected-resource':
          return ok(resource(request.origin, network.issuerOf(request.origin)));
        case 'GET /.well-known/oauth-authorization-server':
          return known ? ok(metadata(request.origin)) : { status: 404, body: 'Cannot GET this' };
        case 'POST /oauth/par':
          return withNonce(proofs, request, () => pushRequest(state, request));
        case 'GET /oauth/authorize':
        case 'POST /oauth/authorize':
          return authorize(state, request);
        case 'POST /oauth/token':
          return withNonce(proofs, request, () => token(request));
        case 'POST /oauth/revoke':
          return withNonce(proofs, request, () => revoke(request));
        default:
          return undefined;
      }
    },
  };
}

/** Every answer to a proof, a refusal too, brings the newest nonce. */
export function withNonce(proofs: Proofs, request: SimRequest, work: () => SimResponse): SimResponse {
  const nonce = { 'dpop-nonce': proofs.nonceOf(request.origin) };
  try {
    const response = work();
    return { ...response, headers: { ...nonce, ...response.headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal({ ...error.response, headers: { ...nonce, ...error.response.headers } });
  }
}

function resource(origin: string, issuer: string): object {
  return {
    resource: origin,
    authorization_servers: [issuer],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  };
}

function metadata(issuer: string): object {
  return {
    issuer,
    request_parameter_supported: true,
    scopes_supported: ['atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky'],
    subject_types_supported: ['public'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
    require_pushed_authorization_requests: true,
    dpop_signing_alg_values_supported: ['RS256', 'ES256', 'ES256K'],
    client_id_metadata_document_supported: true,
  };
}
