import { DAY, HOUR, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { CredentialRow, Store } from '../store/types.ts';
import type { Caller, Role } from './deps.ts';
import { csrfOf, isSame, mintSecret, readSecret, type SecretKind } from './secrets.ts';

/** A code serves once, and only as long as a browser takes to open. */
const CODE_MS = 2 * MINUTE;
const SESSION_MS = 12 * HOUR;
/** `lastUsedAt` is for people: it need not be written at every request. */
const TOUCH_MS = MINUTE;

export interface NewToken {
  name: string;
  user: string | null;
  role: Role;
  /** Epoch ms; null: until revoked. */
  expiresAt: number | null;
}

export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Role[];

export function isAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Makes a token. `secret` is shown once; only its hash is kept. */
export async function addToken(
  store: Store,
  token: NewToken,
  now: number,
): Promise<{ row: CredentialRow; secret: string }> {
  const { id, text, hash } = mintSecret('token');
  const row = await store.credentials.add({ id, kind: 'token', hash, jobId: null, ...token }, now);
  return { row, secret: text };
}

/** A code that a browser signs in with, once: as the person at the machine, who is admin. */
export async function addCode(store: Store, now: number): Promise<string> {
  const { id, text, hash } = mintSecret('code');
  const person = { name: 'dashboard', user: null, role: 'admin', jobId: null } as const;
  await store.credentials.add({ id, kind: 'code', hash, ...person, expiresAt: now + CODE_MS }, now);
  return text;
}

/** Gives a session for a one-time code. Throws E_API_SIGN_IN. */
export async function redeemCode(
  store: Store,
  code: string,
  now: number,
): Promise<{ secret: string; maxAgeSeconds: number }> {
  const row = await verify(store, 'code', code, now);
  const taken = row && (await store.credentials.take(row.id, 'code'));
  if (!taken) {
    throw new Failure('E_API_SIGN_IN', {
      message: 'This code is not valid, or was used already.',
      hint: 'Open the page again.',
      command: 'repost dashboard',
    });
  }
  const { id, text, hash } = mintSecret('session');
  const { name, user, role } = taken;
  const expiresAt = now + SESSION_MS;
  await store.credentials.add({ id, kind: 'session', name, user, role, hash, jobId: null, expiresAt }, now);
  return { secret: text, maxAgeSeconds: SESSION_MS / 1000 };
}

/** Who carries this token or session; undefined where it is none, or none any more. */
export async function callerOf(
  store: Store,
  kind: 'token' | 'session',
  text: string,
  now: number,
): Promise<Caller | undefined> {
  const row = await verify(store, kind, text, now);
  if (!row) return undefined;
  if (row.lastUsedAt === null || now - row.lastUsedAt > TOUCH_MS) await store.credentials.touch(row.id, now);
  const owner =
    row.user === null ? undefined : (await store.users.list()).find(({ name }) => name === row.user);
  // A user who was demoted takes every token along; one who was removed has no token any more.
  const role = owner && !isAtLeast(owner.role, row.role) ? owner.role : row.role;
  return {
    id: row.id,
    kind,
    user: row.user,
    role,
    csrf: kind === 'session' ? csrfOf(text) : null,
  };
}

async function verify(
  store: Store,
  kind: SecretKind,
  text: string,
  now: number,
): Promise<CredentialRow | undefined> {
  const given = readSecret(kind, text);
  if (!given) return undefined;
  const row = await store.credentials.get(given.id);
  const matches = isSame(given.hash, row?.hash ?? '');
  if (!row || row.kind !== kind || !matches) return undefined;
  return row.expiresAt !== null && row.expiresAt <= now ? undefined : row;
}

/** The longest that a token may be given for; longer ones are better made anew. */
export const LONGEST_TOKEN_MS = 3650 * DAY;
