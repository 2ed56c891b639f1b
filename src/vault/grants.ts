import type { Account, Grant } from '../core/account.ts';
import type { PlatformId } from '../core/names.ts';
import type { Vault } from '../core/vault.ts';
import { readValue, vaultCorrupt } from './failures.ts';

/** What names a grant; a whole account fits. */
export type GrantOwner = Pick<Account, 'platform' | 'remoteId'>;

export interface KeptGrant {
  grant: Grant;
  /**
   * Set just before a renewal is sent and cleared with its answer (epoch ms). Still there later: the answer
   * was lost, and a platform whose refresh tokens work once may hold a newer one than we do.
   */
  refreshSentAt?: number;
}

/** The grant's place in the vault, and the name of the lock under which it is changed. */
export function grantName({ platform, remoteId }: GrantOwner): string {
  return `grant/${platform}/${remoteId}`;
}

/** Durable when it resolves. A sign-in calls it under the lock `grantName(owner)`. Throws E_VAULT_…. */
export async function saveGrant(vault: Vault, owner: GrantOwner, grant: Grant): Promise<void> {
  await keepGrant(vault, owner, { grant });
}

/** Undefined where the vault is open and has none. Throws E_VAULT_…. */
export async function readGrant(vault: Vault, owner: GrantOwner): Promise<Grant | undefined> {
  return (await readKept(vault, owner))?.grant;
}

export async function removeGrant(vault: Vault, owner: GrantOwner): Promise<void> {
  await vault.remove(grantName(owner));
}

export async function keepGrant(vault: Vault, owner: GrantOwner, kept: KeptGrant): Promise<void> {
  await vault.write(grantName(owner), JSON.stringify({ v: 1, ...kept }));
}

export async function readKept(vault: Vault, owner: GrantOwner): Promise<KeptGrant | undefined> {
  const text = await readValue(vault, grantName(owner));
  if (text === undefined) return undefined;
  const kept = parse(text);
  if (kept) return kept;
  throw vaultCorrupt(`The sign-in kept as ${grantName(owner)} can’t be read.`, 'Sign in again.');
}

/** The client secret of the user's app; `host` as in App. Throws E_VAULT_…. */
export async function saveSecret(vault: Vault, platform: PlatformId, host: string, secret: string) {
  await vault.write(secretName(platform, host), secret);
}

export async function readSecret(vault: Vault, platform: PlatformId, host = ''): Promise<string | undefined> {
  return await readValue(vault, secretName(platform, host));
}

export async function removeSecret(vault: Vault, platform: PlatformId, host = ''): Promise<void> {
  await vault.remove(secretName(platform, host));
}

function secretName(platform: PlatformId, host: string): string {
  return host === '' ? `app/${platform}` : `app/${platform}/${host}`;
}

/** Undefined where it isn't what `keepGrant` writes. */
function parse(text: string): KeptGrant | undefined {
  let kept: { v?: unknown; grant?: Partial<Grant> | null; refreshSentAt?: unknown } | null;
  try {
    kept = JSON.parse(text) as typeof kept;
  } catch {
    return undefined;
  }
  const grant = kept?.grant;
  if (kept?.v !== 1 || typeof grant !== 'object' || grant === null) return undefined;
  if (typeof grant.accessToken !== 'string' || typeof grant.obtainedAt !== 'number') return undefined;
  if (!Array.isArray(grant.scopes)) return undefined;
  const { refreshSentAt } = kept;
  return {
    grant: grant as Grant,
    ...(typeof refreshSentAt === 'number' && { refreshSentAt }),
  };
}
