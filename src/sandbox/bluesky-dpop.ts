import { createHash, createPublicKey, verify } from 'node:crypto';
import { oauthRefuse, Refusal } from './bluesky-answers.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import type { SimRequest, World } from './types.ts';

/** A proof's time may be this far off. */
const SKEW_SECONDS = 190;

export interface Proofs {
  /** The newest nonce of a server: every answer to a proof carries it. */
  nonceOf(origin: string): string;
  /**
   * Checks the proof of a request; gives the thumbprint of its key. `accessToken`: at a resource, which words its
   * refusals in its own way.
   */
  check(request: SimRequest, accessToken?: string): string;
  /** Forgets the nonces that are out. */
  rotate(): void;
}

interface Proof {
  head: Record<string, unknown>;
  claims: Record<string, unknown>;
  signed: string;
  signature: Buffer;
}

/** What a server asks of proofs of possession (RFC 9449), nonces included. */
export function createProofs(world: World, quirks: BlueskyQuirks): Proofs {
  let secret = world.token('', 24);
  const seen = new Set<string>();

  const turn = () => Math.floor(world.clock.now() / Math.max(1, quirks.nonceMs));
  const nonceAt = (origin: string, at: number) =>
    createHash('sha256').update(`${secret} ${origin} ${at}`).digest('base64url').slice(0, 32);
  const nonceOf = (origin: string) => nonceAt(origin, turn());

  function refuseProof(request: SimRequest, error: string, description: string, resource: boolean): never {
    const headers = { 'dpop-nonce': nonceOf(request.origin) };
    if (!resource) return oauthRefuse(400, error, description, headers);
    throw new Refusal({
      status: 401,
      headers: {
        ...headers,
        'www-authenticate': `DPoP algs="RS256 ES256 ES256K", error="${error}", error_description="${description}"`,
      },
      body: { error, message: description },
    });
  }

  return {
    nonceOf,
    rotate: () => {
      secret = world.token('', 24);
    },
    check(request, accessToken) {
      const resource = accessToken !== undefined;
      const bad = (why: string) => refuseProof(request, 'invalid_dpop_proof', why, resource);
      const proof = parse(request.headers['dpop']);
      if (!proof) return bad('DPoP proof required');
      const { head, claims } = proof;
      if (head['typ'] !== 'dpop+jwt' || head['alg'] !== 'ES256') return bad('Invalid DPoP proof type');
      const thumbprint = holds(proof) ?? bad('Failed to verify DPoP proof');
      const age = world.clock.now() / 1000 - Number(claims['iat']);
      if (!(Math.abs(age) <= SKEW_SECONDS)) return bad('"iat" claim timestamp check failed');
      if (claims['htm'] !== request.method) return bad('DPoP "htm" mismatch');
      if (claims['htu'] !== request.origin + request.path) return bad('DPoP "htu" mismatch');
      const { jti, nonce } = claims;
      if (typeof jti !== 'string' || jti === '') return bad('DPoP "jti" missing');
      const latest = [nonceAt(request.origin, turn()), nonceAt(request.origin, turn() - 1)];
      if (typeof nonce !== 'string')
        return refuseProof(
          request,
          'use_dpop_nonce',
          `${resource ? 'Resource' : 'Authorization'} server requires nonce in DPoP proof`,
          resource,
        );
      if (!latest.includes(nonce))
        return refuseProof(request, 'use_dpop_nonce', 'DPoP "nonce" mismatch', resource);
      if (seen.has(jti)) {
        world.complain('bluesky', 'a DPoP proof was used twice');
        return bad('DPoP proof replayed');
      }
      seen.add(jti);
      const hash =
        accessToken === undefined ? undefined : createHash('sha256').update(accessToken).digest('base64url');
      if (claims['ath'] !== hash) return bad('DPoP "ath" mismatch');
      return thumbprint;
    },
  };
}

function parse(text: string | undefined): Proof | undefined {
  const [head = '', claims = '', signature = '', more] = (text ?? '').split('.');
  if (signature === '' || more !== undefined) return undefined;
  try {
    return {
      head: JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>,
      claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>,
      signed: `${head}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return undefined;
  }
}

/** The thumbprint (RFC 7638) of the key that signed; undefined where the signature does not hold. */
function holds({ head, signed, signature }: Proof): string | undefined {
  const { kty, crv, x, y, d } = (head['jwk'] ?? {}) as Record<string, string | undefined>;
  // A private key in a proof would be given away with it.
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined || d !== undefined)
    return undefined;
  try {
    const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
    const good = verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
    const members = JSON.stringify({ crv, kty, x, y });
    return good ? createHash('sha256').update(members).digest('base64url') : undefined;
  } catch {
    return undefined;
  }
}
