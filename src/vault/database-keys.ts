import { Failure } from '../core/failure.ts';
import { vaultCorrupt, vaultPassphrase } from './failures.ts';
import { isKdf, type Opener, unwrap, type VaultFile, wrap } from './file-format.ts';
import { findOpener, type PassphraseSources, type Wanted } from './passphrase.ts';

/** The data key as one host's key opens it. */
export interface SharedKey {
  name: string;
  dataKey: string;
  kdf: string;
  wrapped: string;
  createdAt: number;
}

/** The data key itself, for as long as a process lives, and what opened it. */
export interface OpenKey {
  id: string;
  dataKey: Buffer;
  opener: Opener;
}

/** What this vault is called within a sentence. */
export const PLACE = 'the vault in the database';

/** The data key under a name and an opener, as the database has it. */
export async function wrapKey(
  name: string,
  { id, dataKey }: Pick<OpenKey, 'id' | 'dataKey'>,
  opener: Opener,
  createdAt: number,
): Promise<SharedKey> {
  const { kdf, wrapped } = await wrap({ id, entries: new Map(), lines: 0 }, dataKey, opener);
  return { name, dataKey: id, kdf: JSON.stringify(kdf), wrapped, createdAt };
}

/** True where that opener opens that key. */
export async function opensKey(key: SharedKey, opener: Opener): Promise<boolean> {
  const file = fileOf(key);
  return fits(file, opener) && (await unwrap(file, opener)) !== undefined;
}

/**
 * The data key, by what this host has: its own key is tried first, then those of the others, since hosts may have one
 * passphrase together. Throws E_VAULT_PASSPHRASE, E_VAULT_CORRUPT.
 */
export async function openKeys(
  keys: readonly SharedKey[],
  host: string,
  sources: PassphraseSources,
): Promise<OpenKey> {
  // Each try costs a third of a second.
  const files = [...keys].sort((a, b) => Number(b.name === host) - Number(a.name === host)).map(fileOf);
  let nothing: Failure | undefined;
  let tried = false;
  for (const wanted of ['key', 'passphrase'] as const) {
    const candidates = files.filter(({ kdf }) => (kdf.name === 'scrypt') === (wanted === 'passphrase'));
    if (candidates.length === 0) continue;
    const opener = await openerOf(sources, wanted);
    if (opener instanceof Failure) {
      // The last one stands: what a person set is a passphrase, most often.
      nothing = opener;
      continue;
    }
    tried = true;
    for (const file of candidates) {
      const dataKey = await unwrap(file, opener);
      if (dataKey) return { id: file.id, dataKey, opener };
    }
  }
  const others = keys.map(({ name }) => name).join(', ');
  const letIn = `let this host in from one that it opens for: repost vault key set ${host} --new-passphrase-file FILE`;
  throw tried || !nothing
    ? vaultPassphrase(
        `What this host has does not open ${PLACE}, which opens for: ${others}.`,
        `Give it the right passphrase, or ${letIn}`,
      )
    : vaultPassphrase(nothing.message, `${nothing.hint} Or ${letIn}`);
}

async function openerOf(sources: PassphraseSources, wanted: Wanted): Promise<Opener | Failure> {
  try {
    return await findOpener(sources, { vault: PLACE, isNew: false }, wanted);
  } catch (error) {
    if (error instanceof Failure && error.code === 'E_VAULT_PASSPHRASE') return error;
    throw error;
  }
}

const fits = ({ kdf }: VaultFile, opener: Opener) => (kdf.name === 'scrypt') === 'passphrase' in opener;

/** A database that somebody changed must not make this process ask for all memory. Throws E_VAULT_CORRUPT. */
function fileOf({ name, dataKey, kdf, wrapped }: SharedKey): VaultFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(kdf);
  } catch {
    parsed = undefined;
  }
  if (isKdf(parsed)) return { id: dataKey, kdf: parsed, wrapped, entries: new Map(), lines: 0 };
  throw vaultCorrupt(
    `The key “${name}” of ${PLACE} is damaged.`,
    `Set it anew on a host that is in: repost vault key set ${name} --new-passphrase-file FILE`,
  );
}
