import { Failure } from '../core/failure.ts';
import type { Vault, VaultRead } from '../core/vault.ts';

/*
 * What goes wrong with a vault is never the job's fault and never a reason to call an account signed out. So
 * none of these is of kind `login` or `reject`, whatever its code's class: the job waits, free of charge,
 * until the vault's person or the machine has put it right.
 */

export function vaultLocked(message: string, hint?: string): Failure {
  return new Failure('E_VAULT_LOCKED', { kind: 'later', reason: 'login', message, ...(hint && { hint }) });
}

export function vaultUnreachable(message: string, hint?: string): Failure {
  return new Failure('E_VAULT_UNREACHABLE', {
    kind: 'later',
    reason: 'backoff',
    message,
    ...(hint && { hint }),
  });
}

export function vaultCorrupt(message: string, hint?: string): Failure {
  return new Failure('E_VAULT_CORRUPT', { kind: 'later', reason: 'login', message, ...(hint && { hint }) });
}

export function vaultPassphrase(message: string, hint?: string): Failure {
  return new Failure('E_VAULT_PASSPHRASE', {
    kind: 'later',
    reason: 'login',
    message,
    ...(hint && { hint }),
  });
}

export function vaultUnsafe(path: string): Failure {
  return new Failure('E_VAULT_UNSAFE', {
    kind: 'later',
    reason: 'login',
    message: `Other people on this machine can read the vault’s file ${path}.`,
    hint: `Take the rights away: chmod 600 ${path}`,
  });
}

/** What a read that threw says about the vault. Failures that aren't a vault's own are thrown on. */
export function readOutcome(error: unknown): VaultRead {
  if (!(error instanceof Failure)) throw error;
  switch (error.code) {
    case 'E_VAULT_LOCKED':
      return { state: 'locked', detail: error.message };
    case 'E_VAULT_PASSPHRASE':
    case 'E_VAULT_UNSAFE':
      // The way out is part of the text, because the state carries no hint of its own.
      return { state: 'locked', detail: `${error.message} ${error.hint}` };
    case 'E_VAULT_CORRUPT':
      return { state: 'corrupt', detail: error.message };
    case 'E_VAULT_UNREACHABLE':
      return { state: 'unreachable', detail: error.message };
    default:
      throw error;
  }
}

/** The value kept under a name; undefined only where the vault is open and there is none. Throws E_VAULT_…. */
export async function readValue(vault: Pick<Vault, 'read'>, name: string): Promise<string | undefined> {
  const found = await vault.read(name);
  switch (found.state) {
    case 'found':
      return found.value;
    case 'absent':
      return undefined;
    case 'locked':
      throw vaultLocked(found.detail);
    case 'unreachable':
      throw vaultUnreachable(found.detail);
    case 'corrupt':
      throw vaultCorrupt(found.detail);
  }
}
