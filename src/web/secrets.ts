import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const prefixes = { token: 'rpt', session: 'rps', code: 'rpc' } as const;

export type SecretKind = keyof typeof prefixes;

export interface Minted {
  id: string;
  /** To be shown once. */
  text: string;
  /** To be kept. */
  hash: string;
}

/** A new credential: 32 random bytes need no slow hash. */
export function mintSecret(kind: SecretKind): Minted {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `${prefixes[kind]}_${id}_${secret}`, hash: hashOf(secret) };
}

/** The parts of what somebody sent, or undefined where it is nothing of ours. */
export function readSecret(kind: SecretKind, text: string): { id: string; hash: string } | undefined {
  const match = /^(rp[tsc])_([0-9a-f]{12})_([\w-]{43})$/u.exec(text);
  const [, prefix, id, secret] = match ?? [];
  return prefix === prefixes[kind] && id && secret ? { id, hash: hashOf(secret) } : undefined;
}

/** Takes as long where they differ early as where they differ late. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(a)), Buffer.from(hashOf(b)));
}

/** What a page of this session must send with every change: follows from the session, and tells nothing about it. */
export function csrfOf(sessionText: string): string {
  return createHmac('sha256', sessionText).update('csrf').digest('base64url');
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
