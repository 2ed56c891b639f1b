import { expect, test } from 'vitest';
import { challengeOf, newState, newVerifier, sameSecret } from '../../src/net/pkce.ts';

test('challenges in both spellings', () => {
  expect(challengeOf('repost-desktop-pkce-vector-0123456789-ABCDEFGHIJKL._~', 'S256-hex')).toBe(
    'e3973d88dfac26476fb6868605cb1783bd384fc6bc4fbc2abdf177894b28a2a5',
  );
  expect(challengeOf('repost-pkce-vector-0123456789-ABCDEFGHIJKLMN._~', 'S256')).toBe(
    '2FeeIJU4O0WrnvnmpfuVKGnym9l7aHg_q_DtMFD4_Bw',
  );
  // RFC 7636, appendix B.
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', 'S256')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
  expect(challengeOf('x', 'none')).toBeUndefined();
});

test('verifier and state are fresh, long enough and of allowed characters', () => {
  const verifiers = new Set(Array.from({ length: 100 }, newVerifier));
  expect(verifiers.size).toBe(100);
  for (const verifier of verifiers) expect(verifier).toMatch(/^[A-Za-z0-9\-._~]{43,128}$/);
  expect(Buffer.from(newState(), 'base64url').length).toBe(32);
  expect(newState()).not.toBe(newState());
});

test('secrets are compared whole', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  expect(sameSecret('abc', 'abd')).toBe(false);
  expect(sameSecret('abc', 'abcd')).toBe(false);
  expect(sameSecret('', '')).toBe(true);
});
