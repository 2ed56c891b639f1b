import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { runProgram } from './program-run.ts';
import type { ServiceSpec } from './service-spec.ts';

const FOLDER = '/etc/repost';
const SEALED = `${FOLDER}/vault-key.cred`;
const PLAIN = `${FOLDER}/vault-key`;
const KEY_BYTES = 32;

/**
 * The key of the system service’s vault: sealed to this machine where its systemd can do that (from version 250
 * on), else a file for root’s eyes only. One that is there is kept: without it the vault would never open again.
 */
export async function vaultCredential(
  env: NodeJS.ProcessEnv,
): Promise<NonNullable<ServiceSpec['credential']>> {
  const found = findCredential();
  if (found) return found;
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  const sealed = await runProgram('systemd-creds', ['encrypt', '--name=vault-key', '-', SEALED], {
    env,
    input: key,
  }).catch(() => undefined);
  if (sealed?.code === 0) return { path: SEALED, encrypted: true };
  writeFileSync(PLAIN, key, { mode: 0o400, flag: 'wx' });
  return { path: PLAIN, encrypted: false };
}

/** The key that was made before, if one was. */
export function findCredential(): ServiceSpec['credential'] | undefined {
  if (existsSync(SEALED)) return { path: SEALED, encrypted: true };
  if (existsSync(PLAIN)) return { path: PLAIN, encrypted: false };
  return undefined;
}
