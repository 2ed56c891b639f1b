import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** How a platform spells the PKCE challenge. */
export type ChallengeMethod = 'S256' | 'S256-hex' | 'none';

/** A fresh PKCE verifier: 86 characters of base64url, inside the 43 to 128 that RFC 7636 section 4.1 allows. */
export function newVerifier(): string {
  return randomBytes(64).toString('base64url');
}

/** A fresh `state` of 256 bits. */
export function newState(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The challenge of a verifier: base64url of its SHA-256 (RFC 7636 section 4.2) or, as TikTok's desktop login
 * wants it, lower-case hex (https://developers.tiktok.com/doc/login-kit-desktop/).
 */
export function challengeOf(verifier: string, method: ChallengeMethod): string | undefined {
  if (method === 'none') return undefined;
  return createHash('sha256')
    .update(verifier, 'ascii')
    .digest(method === 'S256' ? 'base64url' : 'hex');
}

/** Compares two secrets in a time that does not tell how much of them agrees. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
