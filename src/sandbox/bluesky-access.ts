import { jwt, ok, Refusal, refuse } from './bluesky-answers.ts';
import type { Proofs } from './bluesky-dpop.ts';
import type { Network, Resident } from './bluesky-network.ts';
import { hostDid } from './bluesky-network.ts';
import type { BlueskyOauth } from './bluesky-oauth.ts';
import type { PasswordSessions } from './bluesky-sessions.ts';
import { bearerOf } from './oauth.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

/** Who calls, after token, proof and account were looked at. */
export interface Caller {
  resident: Resident;
  /** Undefined: by app password, which may do it all. */
  scopes: readonly string[] | undefined;
}

/** A token by which a service may call one method in an account's name. */
export interface ServiceToken {
  iss: string;
  aud: string;
  lxm: string | undefined;
  /** Epoch seconds. */
  exp: number;
}

export interface Access {
  caller(request: SimRequest): Caller;
  /** Mints a service token for the caller. */
  serviceAuth(request: SimRequest, caller: Caller): SimResponse;
  serviceToken(text: string | undefined): ServiceToken | undefined;
}

const HOUR_SECONDS = 3600;

export function createAccess(parts: {
  world: World;
  network: Network;
  proofs: Proofs;
  oauth: BlueskyOauth;
  passwords: PasswordSessions;
}): Access {
  const { world, network, proofs, oauth, passwords } = parts;
  const services = new Map<string, ServiceToken>();

  function byProof(request: SimRequest, token: string): Caller {
    const found = oauth.access(token);
    const thumbprint = proofs.check(request, token);
    const dead = !found || found.session.ended || world.clock.now() >= found.endsAt;
    if (dead || found.session.thumbprint !== thumbprint || found.audience !== hostDid(request.origin))
      throw new Refusal({
        status: 401,
        headers: { 'www-authenticate': 'DPoP error="invalid_token", error_description="Invalid token"' },
        body: { error: 'invalid_token', message: 'Invalid token' },
      });
    return atHome(request, found.session.did, found.session.scope.split(' '));
  }

  function byBearer(request: SimRequest, token: string): Caller {
    if (oauth.access(token)) return refuse(400, 'InvalidToken', 'Malformed token');
    const found = passwords.access(token);
    if (!found)
      return refuse(
        400,
        'InvalidToken',
        passwords.isRefresh(token) ? 'Invalid token type' : 'Token could not be verified',
      );
    if (world.clock.now() >= found.endsAt) return refuse(400, 'ExpiredToken', 'Token has expired');
    if (found.audience !== hostDid(request.origin) && !network.hasLeft(found.did, request.origin))
      return refuse(400, 'InvalidToken', 'Token could not be verified');
    return atHome(request, found.did, undefined);
  }

  function atHome(request: SimRequest, did: string, scopes: readonly string[] | undefined): Caller {
    const resident = network.find(did);
    if (!resident) return refuse(403, 'AccountNotFound', 'Could not find account');
    if (resident.pds !== request.origin && network.issuerOf(resident.pds) !== request.origin)
      return network.hasLeft(did, request.origin)
        ? refuse(401, 'AccountDeactivated', 'Account is deactivated')
        : refuse(403, 'AccountNotFound', 'Could not find account');
    if (resident.status === 'takendown') return refuse(401, 'AccountTakedown', 'Account has been taken down');
    if (resident.status === 'deactivated') return refuse(401, 'AccountDeactivated', 'Account is deactivated');
    return { resident, scopes };
  }

  return {
    caller(request) {
      const [, scheme = '', token = ''] =
        /^(\S+) +(\S+)$/u.exec(request.headers['authorization'] ?? '') ?? [];
      if (token === '') return refuse(401, 'AuthMissing', 'Authentication Required');
      return scheme.toLowerCase() === 'dpop'
        ? byProof(request, token)
        : byBearer(request, bearerOf(request) ?? '');
    },
    serviceAuth(request, { resident, scopes }) {
      const { query } = request;
      const aud = query.get('aud') ?? '';
      const lxm = query.get('lxm') ?? undefined;
      if (!/^did:(plc|web):[\w.:%-]+(#\w+)?$/u.test(aud))
        return refuse(400, 'InvalidRequest', 'aud must be a valid did');
      needRpc(scopes, lxm ?? '*', aud);
      const now = Math.floor(world.clock.now() / 1000);
      const asked = query.get('exp');
      const exp = asked === null ? now + 60 : Number(asked);
      if (exp < now) return refuse(400, 'BadExpiration', 'expiration is in past');
      if (exp - now > HOUR_SECONDS)
        return refuse(
          400,
          'BadExpiration',
          'cannot request a token with an expiration more than an hour in the future',
        );
      if (lxm === undefined && exp - now > 60)
        return refuse(
          400,
          'BadExpiration',
          'cannot request a method-less token with an expiration more than a minute in the future',
        );
      const claims = {
        iss: resident.did,
        aud,
        exp,
        ...(lxm ? { lxm } : {}),
        iat: now,
        jti: world.token('', 16),
      };
      const token = jwt({ typ: 'JWT', alg: 'ES256K' }, claims, world.token('', 43));
      services.set(token, { iss: resident.did, aud, lxm, exp });
      return ok({ token });
    },
    serviceToken: (text) => (text === undefined ? undefined : services.get(text)),
  };
}

const scopeMissing = (scope: string): never =>
  refuse(403, 'ScopeMissingError', `Missing required scope "${scope}"`);

/** `rpc:METHOD?aud=*`: an audience with a bare DID never matches. */
function needRpc(scopes: readonly string[] | undefined, lxm: string, aud: string): void {
  if (!scopes || scopes.includes('transition:generic')) return;
  const fits = [`rpc:${lxm}?aud=*`, `rpc:*?aud=${aud}`, `rpc:${lxm}?aud=${aud}`].some(
    (scope) => scopes.includes(scope) && (scope.endsWith('=*') || aud.includes('#')),
  );
  if (!fits) scopeMissing(`rpc:${lxm}?aud=${aud}`);
}

export function needRepo({ scopes }: Caller, collection: string, actions: readonly string[]): void {
  if (!scopes || scopes.includes('transition:generic')) return;
  const plain = `repo:${collection}`;
  for (const action of actions)
    if (![plain, 'repo:*', `${plain}?action=${action}`].some((scope) => scopes.includes(scope)))
      scopeMissing(`${plain}?action=${action}`);
}

export function needBlob({ scopes }: Caller, type: string): void {
  if (!scopes || scopes.includes('transition:generic')) return;
  if (![`blob:${type}`, 'blob:*/*', `blob:${type.split('/')[0]}/*`].some((scope) => scopes.includes(scope)))
    scopeMissing(`blob:${type}`);
}
